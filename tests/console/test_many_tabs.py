"""Many open tabs against the real web server: streams take threads of their own half, and no database connection."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import reverse

from console import live as events
from console.embedded.processes import wait_until
from tests import live
from tests.factories import make_finished_run, make_member, make_prompt, make_revision, make_workspace
from tests.open_tabs import fetch, tabs

CAP = 32
POOL = 4
NAME = "many-tabs"  # of the site's database connections


@pytest.fixture(scope="module")
def site(django_db_setup: None) -> Iterator[live.Site]:
    """A site whose pool is far smaller than the number of its streams."""
    with live.site(REMIT_STREAMS=str(CAP), REMIT_DB_POOL=str(POOL), PGAPPNAME=NAME) as site:
        yield site


@pytest.fixture
def member(transactional_db):
    return make_member(make_workspace("meridian"), "author")


@pytest.fixture
def run(member):
    return make_finished_run(make_revision(member, make_prompt(member, "aria")))


@pytest.fixture
def cookie(member) -> str:
    client = Client()
    client.force_login(member.user, backend=settings.AUTHENTICATION_BACKENDS[0])
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def connections_of_the_site() -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT state, query FROM pg_stat_activity WHERE application_name = %s", [NAME])
        return cursor.fetchall()


def listeners() -> list[str]:
    return [query for _, query in connections_of_the_site() if query.startswith("LISTEN")]


def test_open_tabs_leave_the_others_their_threads_and_connections(site, member, run, cookie):
    stream = reverse("trials:events", args=["meridian", run.number])
    pages = [
        reverse("home:index", args=["meridian"]),
        reverse("prompts:list", args=["meridian"]),
        reverse("trials:run", args=["meridian", run.number]),
    ]
    with tabs(CAP + 8, site.url, stream, cookie) as opened:
        assert [tab.status for tab in opened] == [200] * CAP + [204] * 8, "beyond the cap a tab polls"
        answered = fetch(site.url, pages * 12, cookie, at_a_time=8)
        assert {status for status, _ in answered} == {200}

        held = connections_of_the_site()
        assert len(held) <= POOL + 1, "the pool of the pages, and one that listens for all streams"
        assert "idle in transaction" not in {state for state, _ in held}
        assert len(listeners()) == 1

        events.publish(f"run:{run.pk}", "probe")
        assert all(tab.hears("probe") for tab in opened[:CAP])

    def room_for_all() -> bool:
        events.publish(
            f"run:{run.pk}"
        )  # what is written finds closed tabs; where nothing is, the next heartbeat does
        with tabs(CAP, site.url, stream, cookie) as opened:
            return {tab.status for tab in opened} == {200}

    assert wait_until(room_for_all, within=2 * events.HEARTBEAT), "closed tabs make room"
