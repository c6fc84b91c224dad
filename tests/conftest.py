"""Fixtures that any test may ask for. Nothing of ours is replaced: databases, broker, worker and web are real."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator

import pytest

from tests import live, services

# What starts programs and browsers takes long: it comes first, so that the processes of a run end together.
SLOW = (
    "tests/embedded/test_up",  # has a database of its own while the others wait for that of the run
    "tests/browser/test_main_job",
    "tests/access/test_access_matrix",
    "tests/console/home/test_backups",
    "tests/embedded",
    "tests/browser",
    "tests/console/trials/test_run_suite",
    "tests/console/trials/test_worker",
    "tests/console/trials/test_judging_death",
    "tests/console/trials/test_state_machine",
    "tests/console/prompts/test_judge_death",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(
        key=lambda item: next((n for n, path in enumerate(SLOW) if item.nodeid.startswith(path)), len(SLOW))
    )


def pytest_collection_finish() -> None:
    """What was imported by now stays to the end: the collector need not look through it again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def running_services() -> Iterator[None]:
    """PostgreSQL and the broker of this test run."""
    with services.running():
        yield


@pytest.fixture(scope="session")
def django_db_setup(
    running_services: None, django_test_environment: None, django_db_blocker: pytest.FixtureRequest
) -> Iterator[None]:
    """This process's database: migrated by the owner, used as the application (pytest-django's own is replaced)."""
    from django.db import connections
    from django.test import TransactionTestCase

    from console import live as live_updates

    services.make_database()
    TransactionTestCase._fixture_teardown = lambda self: services.empty_tables()
    yield
    live_updates.end()
    with django_db_blocker.unblock():
        for connection in connections.all():
            connection.close()
            connection.close_pool()


@pytest.fixture(scope="module")
def rows_of_module(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    """What the fixtures of a module write while this is open is taken back at its end, and what a test writes after it.

    For modules without transactional tests. Objects are handed to each test as a ``copy.deepcopy``, as it may change them.
    """
    from django.db import transaction

    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="session")
def live_rehearsal(running_services: None) -> Iterator[str]:
    """The rehearsal endpoint as a process of its own; settings and the live parts use this one."""
    from django.conf import settings

    with live.rehearsal() as url:
        settings.REMIT_REHEARSAL_URL = os.environ["REMIT_REHEARSAL_URL"] = url
        yield url


@pytest.fixture(scope="module")
def live_worker(django_db_setup: None, live_rehearsal: str) -> Iterator[live.Process]:
    """A Celery worker with beat on this process's database and broker. Use with ``transactional_db``.

    It ends with the module: it would do the work of later tests, which bring workers of their own or count steps.
    """
    with live.worker() as process:
        yield process


@pytest.fixture(scope="session")
def live_site(django_db_setup: None, live_rehearsal: str) -> Iterator[live.Site]:
    """The web server with built, hashed assets on this process's database. Use with ``transactional_db``."""
    with live.site() as site:
        yield site
