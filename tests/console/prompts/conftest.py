"""What the tests of pages share: somebody logged in, and the addresses of a prompt."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from console.accounts.models import Membership

LogIn = Callable[[Membership], Client]
Address = Callable[..., str]


@pytest.fixture
def log_in() -> LogIn:
    def enter(member: Membership) -> Client:
        client = Client()
        client.force_login(member.user, backend=settings.AUTHENTICATION_BACKENDS[0])
        return client

    return enter


@pytest.fixture
def address() -> Address:
    """``address(prompt, "compose")``: a page of a prompt."""

    def url(prompt: object, name: str, *rest: object) -> str:
        return reverse(f"prompts:{name}", args=[prompt.workspace.slug, prompt.slug, *rest])  # type: ignore[attr-defined]

    return url
