"""The matrix of a run of 4,000 cells: statements, and how long the first byte takes (``make bench``)."""

from __future__ import annotations

import statistics
import time

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.factories import make_measured_run, make_member, make_revision, make_scenario, make_workspace

SCENARIOS, SAMPLES = 500, 4
MOST_STATEMENTS, MOST_SECONDS = 25, 0.3
EXPECT = [{"turn": "last", "kind": "contains", "value": "fee", "limit": "limit.user_rights"}]


@pytest.mark.bench
@pytest.mark.django_db
def test_a_matrix_of_four_thousand_cells(client: Client) -> None:
    """In process, so that the whole of view and template is counted; a server sends nothing before."""
    author = make_member(make_workspace())
    first = make_revision(author)
    second = make_revision(author, first.prompt, text="You are Aria. You are an AI. Be brief.")
    scenarios = [
        make_scenario(f"s{n:03}", purpose="limit", covers=["limit.user_rights"], expect=EXPECT)
        for n in range(SCENARIOS)
    ]
    run = make_measured_run(
        [first, second],
        scenarios,
        lambda revision, scenario, sample: (
            ["A fee."],
            ["fail" if revision.number == 2 and scenario.id < "s020" else "pass"],
        ),
        samples=SAMPLES,
    )
    client.force_login(author.user)
    print()
    pages = {
        "matrix": reverse("trials:run", args=[author.workspace.slug, run.number]),
        "regressions": reverse("trials:run", args=[author.workspace.slug, run.number]) + "?show=regressions",
        "cell": reverse("trials:cell", args=[author.workspace.slug, run.number, "s010"]),
        "quality": reverse("trials:quality", args=[author.workspace.slug, first.prompt.slug]),
    }
    for name, address in pages.items():
        with CaptureQueriesContext(connection):
            assert client.get(address).status_code == 200
            statements = len(connection.queries)
        assert 0 < statements <= MOST_STATEMENTS
        taken = [_seconds(client, address) for _ in range(9)]
        spent, passed = ([each[part] * 1000 for each in taken] for part in (0, 1))
        print(
            f"{name}, {run.planned:,} cells: {statements} statements (at most {MOST_STATEMENTS});"
            f" median {statistics.median(passed):.0f} ms, least {min(passed):.0f} ms (goal {MOST_SECONDS * 1000:.0f}),"
            f" {statistics.median(spent):.0f} ms of them this process's CPU"
        )


def _seconds(client: Client, address: str) -> tuple[float, float]:
    """CPU of this process, and time that passed: on a busy machine the two differ."""
    spent, started = time.process_time(), time.perf_counter()
    client.get(address)
    return time.process_time() - spent, time.perf_counter() - started
