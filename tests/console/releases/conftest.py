"""For modules that make their releases once: ``world`` is theirs, a team and a release or two (see ``rows_of_module``)."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from console.accounts.models import Membership
from console.releases.models import Release


@pytest.fixture
def as_new(world: Any) -> Any:
    """A copy for each test, which may change it."""
    return copy.deepcopy(world)


@pytest.fixture
def team(as_new: Any) -> dict[str, Membership]:
    team: dict[str, Membership] = as_new[0]
    return team


@pytest.fixture
def two(as_new: Any) -> tuple[Release, Release]:
    two: tuple[Release, Release] = as_new[1]
    return two
