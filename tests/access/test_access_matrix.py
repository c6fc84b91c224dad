"""Every address × role × own, foreign and absent objects × verb: nothing leaks, and a new address must say who may."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import transaction
from django.test import override_settings

from tests.access import planted
from tests.access.probes import Asker, leaks
from tests.access.routes import Route, routes
from tests.access.table import TABLE
from tests.access.world import make_world

ROUTES = {route.name: route for route in routes()}
HOW = (
    "has no line in tests/access/table.py, so nobody knows who may use it. Add one, for example "
    '"{name}": reads(),  or  "{name}": writes(A.EDIT),  – the top of that file says what there is.'
)


@pytest.fixture(scope="module")
def asker(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[Asker]:
    """One world for all tests of this file, taken back at its end."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield Asker(make_world())
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def database(
    asker: Asker, django_db_blocker: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    # The session says once a minute when it was seen, in whichever request that falls.
    monkeypatch.setattr("console.accounts.sessions.TICK", 1e9)
    with django_db_blocker.unblock():
        yield


def test_every_address_is_classified():
    missing = [name for name in ROUTES if name not in TABLE]
    assert not missing, "\n".join(f"{name} {HOW.format(name=name)}" for name in missing)
    assert not (gone := TABLE.keys() - ROUTES.keys()), (
        f"tests/access/table.py names addresses that are gone: {gone}"
    )


@pytest.mark.parametrize("name", [name for name in ROUTES if name in TABLE])
def test_nothing_leaks(asker, name):
    found = leaks(asker, ROUTES[name], TABLE[name])
    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", planted.TABLE)
def test_the_matrix_finds_what_was_planted(asker, name):
    with override_settings(ROOT_URLCONF="tests.access.planted"):
        found = leaks(asker, Route(name, planted.PATTERNS[name]), planted.TABLE[name])
    assert bool(found) == (name != "sound"), found or "not found"
    assert any(planted.SIGNS[name] in leak for leak in found) or name == "sound", found


def test_an_address_that_is_new_fails():
    with override_settings(ROOT_URLCONF="tests.access.planted"):
        assert {route.name for route in routes()} - TABLE.keys() >= set(planted.TABLE)
