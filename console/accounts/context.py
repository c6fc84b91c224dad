"""What every template may use."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from console.accounts.permissions import Action, can


class Allowed:
    """``{% if may.edit %}``: the member's permissions, by the action's name in lower case."""

    def __init__(self, member: Any) -> None:
        self._member = member

    def __getitem__(self, name: str) -> bool:
        return can(self._member, Action[name.upper()])


_LOGINS = {"openid_connect": ("openid_connect_login", "provider_id"), "saml": ("saml_login", "client_id")}


def single_sign_on() -> list[tuple[str, str]]:
    """The identity providers that are set: the name on the button, and where it leads."""
    return [
        (app["name"], reverse(_LOGINS[kind][0], args=[app[_LOGINS[kind][1]]]))
        for kind, entry in settings.SOCIALACCOUNT_PROVIDERS.items()
        for app in entry["APPS"]
    ]


def workspace(request: HttpRequest) -> dict[str, Any]:
    member = getattr(request, "member", None)
    everywhere: dict[str, Any] = {"single_sign_on": single_sign_on}
    if member is None:
        return everywhere
    return {**everywhere, "member": member, "workspace": member.workspace, "may": Allowed(member)}
