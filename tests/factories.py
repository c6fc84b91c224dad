"""Makers of what tests are about: plain functions that go through the same services as people do."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from console.accounts.models import Membership, User, Workspace
from console.accounts.services import add_member, create_workspace

_numbers = itertools.count(1)
PASSWORD = "correct horse"


def make_user(name: str = "") -> User:
    name = name or f"person{next(_numbers)}"
    return User.objects.create_user(username=name, password=PASSWORD, name=name.title())


def make_workspace(slug: str = "", *, playground: bool = True) -> Workspace:
    slug = slug or f"workspace{next(_numbers)}"
    return create_workspace(slug=slug, name=slug.title(), playground=playground)


def make_member(
    workspace: Workspace, *roles: str, name: str = "", user: User | None = None, domains: Sequence[str] = ()
) -> Membership:
    return add_member(
        workspace=workspace, user=user or make_user(name), roles=roles or ("author",), domains=domains
    )
