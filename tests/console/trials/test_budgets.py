"""Budgets: never over, however many race for the last of it; a clean stop with the reason."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from console.trials.models import Month, Run
from console.trials.runs import Limits
from tests.console.trials.workers import finished, work, workers
from tests.factories import make_run, make_scenario, make_workspace
from tests.messages_api import Answer, MessagesAPI, messages_api

pytestmark = pytest.mark.django_db(transaction=True)

USES = {"input_tokens": 50, "output_tokens": 150}


@pytest.fixture
def api() -> Iterator[MessagesAPI]:
    with messages_api(key=None, latency=0.01, answer=lambda request: Answer("Hello.", usage=USES)) as server:
        yield server


def many(count: int) -> list[Any]:
    return [make_scenario(f"s{n}") for n in range(count)]


def test_a_budget_raced_by_many_workers_is_never_exceeded(api: MessagesAPI) -> None:
    """The last of it is reserved by one; the others find none and the run stops with the reason."""
    run = make_run(None, *many(100), base_url=api.url, concurrency=64, limits=Limits(tokens=2_000))
    with workers(64):
        finished(run)
    assert run.status == "stopped" and "of its 2,000 tokens" in run.reason
    assert run.input_tokens + run.output_tokens == 200 * len(api.calls) <= 2_000
    assert len(api.calls) >= 8, "most of the budget is used before it stops"
    assert (run.reserved_tokens, run.in_flight) == (0, 0)
    assert run.conversations.filter(status="cancelled").count() == 100 - len(api.calls)
    assert run.result is None


def test_a_budget_of_money_counts_what_a_call_may_cost(api: MessagesAPI) -> None:
    run = make_run(None, *many(20), base_url=api.url, limits=Limits(cost=Decimal("0.02")))
    with workers(8):
        finished(run)
    assert run.status == "stopped" and "of its $0.02" in run.reason
    assert Decimal(0) < run.cost <= Decimal("0.02")


def test_a_run_may_not_take_longer_than_it_was_given(api: MessagesAPI) -> None:
    run = make_run(None, *many(3), base_url=api.url)
    Run.objects.filter(pk=run.pk).update(max_seconds=1, created_at="2020-01-01T00:00Z")
    work()
    finished(run)
    assert (run.status, run.reason, len(api.calls)) == ("stopped", "The run used up its 1 seconds.", 0)


def test_a_workspaces_month_is_shared_by_its_runs(api: MessagesAPI, settings: Any) -> None:
    settings.REMIT_MONTH_TOKENS = 1_000
    workspace = make_workspace()
    runs = [make_run(workspace, *many(10), base_url=api.url) for _ in range(2)]
    with workers(8):
        for run in runs:
            finished(run)
    month = Month.objects.get(workspace=workspace)
    assert month.input_tokens + month.output_tokens == 200 * len(api.calls) <= 1_000
    assert (month.in_flight, month.reserved_tokens) == (0, 0)
    assert all(run.status == "stopped" and "this month's budget" in run.reason for run in runs)


def test_budgets_of_other_workspaces_are_left_alone(api: MessagesAPI, settings: Any) -> None:
    settings.REMIT_MONTH_TOKENS = 500
    used_up, other = make_workspace(), make_workspace()
    first = make_run(used_up, *many(10), base_url=api.url)
    work()
    assert finished(first).status == "stopped"
    second = make_run(other, *many(1), base_url=api.url)
    work()
    assert finished(second).status == "finished"
