"""What Django's own check says of the settings for people."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core import checks


def register_checks() -> None:
    checks.register(single_sign_on)


def single_sign_on(**about: Any) -> list[checks.CheckMessage]:
    """A warning, not an error: the button is missing then, and everybody else logs in as before."""
    problem = settings.REMIT_SAML_PROBLEM
    return [checks.Warning(f"{problem} SAML stays off.", id="accounts.W001")] if problem else []
