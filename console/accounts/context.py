"""What every template may use."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from console.accounts.permissions import Action, can


class Allowed:
    """``{% if may.edit %}``: the member's permissions, by the action's name in lower case."""

    def __init__(self, member: Any) -> None:
        self._member = member

    def __getitem__(self, name: str) -> bool:
        return can(self._member, Action[name.upper()])


def workspace(request: HttpRequest) -> dict[str, Any]:
    member = getattr(request, "member", None)
    everywhere = {"oidc_name": settings.REMIT_OIDC_NAME if settings.REMIT_OIDC else ""}
    if member is None:
        return everywhere
    return {**everywhere, "member": member, "workspace": member.workspace, "may": Allowed(member)}
