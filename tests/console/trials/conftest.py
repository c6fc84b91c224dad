"""The heartbeat outlives a test's block: what it still has to tell is told before the database is taken away."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from console.accounts.models import Membership
from console.embedded.processes import wait_until
from console.trials.pulse import pulse
from tests.console.trials.compared import Get
from tests.factories import make_member, make_workspace


@pytest.fixture(autouse=True)
def resting_pulse(request: pytest.FixtureRequest) -> Iterator[None]:
    needs_database = {"db", "transactional_db"} & set(request.fixturenames)
    yield
    if needs_database or request.node.get_closest_marker("django_db"):
        assert wait_until(lambda: pulse.is_at_rest, within=5)


@pytest.fixture
def author() -> Membership:
    return make_member(make_workspace())


@pytest.fixture
def get(client: Client) -> Get:
    def fetch(member: Membership, name: str, *args: object, **query: object) -> HttpResponse:
        client.force_login(member.user)
        return client.get(reverse(f"trials:{name}", args=[member.workspace.slug, *args]), query)

    return fetch
