"""A real Celery worker with beat, a real broker, a real endpoint."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from console import queue
from console.embedded.processes import wait_until
from console.trials.runs import cancel_run
from tests import live
from tests.console.trials.workers import check_nothing_is_lost_or_doubled, ended, scenarios
from tests.factories import make_run
from tests.messages_api import Faults, messages_api

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def worker(django_db_setup: None) -> Iterator[live.Process]:
    with live.worker() as process:
        yield process


def test_a_run_is_worked_on_as_soon_as_it_is_started(worker: live.Process) -> None:
    with messages_api(key=None, latency=0.05) as api:
        run = make_run(None, *scenarios(60, "One", "Two"), base_url=api.url, pool="", concurrency=16)
        assert wait_until(lambda: ended(run), within=60), worker.log.read_text()[-2000:]
        check_nothing_is_lost_or_doubled(run, api, turns=2)
    assert len(api.calls) == 120 and 8 <= api.max_in_flight <= 16


def test_faults_of_every_kind_are_retried_until_all_is_done(worker: live.Process) -> None:
    faults = Faults(
        limited=0.03, overloaded=0.02, server=0.01, reset=0.01, truncated=0.01, seed=7, retry_after="0"
    )
    with messages_api(key=None, latency=0.02, faults=faults) as api:
        run = make_run(None, *scenarios(200), base_url=api.url, pool="", concurrency=16)
        assert wait_until(lambda: ended(run), within=90), worker.log.read_text()[-2000:]
        check_nothing_is_lost_or_doubled(run, api)
        failed = sum(count for outcome, count in api.outcomes.items() if outcome != "ok")
    assert failed > 5 and len(api.calls) == 200 + failed


def test_messages_may_be_doubled_out_of_order_or_forged(worker: live.Process) -> None:
    with messages_api(key=None, latency=0.02) as api:
        run = make_run(None, *scenarios(30), base_url=api.url, pool="", concurrency=4)
        for forged in (run.pk, run.pk + 999, -1, run.pk, 10**15, run.pk):
            queue.wake("trials.advance", forged)
            queue.wake("trials.sweep")
        assert wait_until(lambda: ended(run), within=60), worker.log.read_text()[-2000:]
        check_nothing_is_lost_or_doubled(run, api)
    assert len(api.calls) == 30 and api.max_in_flight <= 4


def test_a_lost_message_only_delays_a_run_until_the_sweep(
    worker: live.Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.queue._send", lambda *_: None)
    with messages_api(key=None) as api:
        run = make_run(None, *scenarios(5), base_url=api.url, pool="")
        assert wait_until(lambda: ended(run), within=30), worker.log.read_text()[-2000:]
        check_nothing_is_lost_or_doubled(run, api)


def test_cancelling_ends_a_run_within_a_second_of_its_calls(worker: live.Process) -> None:
    with messages_api(key=None, latency=0.2) as api:
        run = make_run(None, *scenarios(200), base_url=api.url, pool="", concurrency=8)
        assert wait_until(lambda: len(api.calls) >= 8, within=60)
        cancel_run(run=run)
        begun = len(api.calls)
        assert wait_until(lambda: ended(run), within=1.5)
        assert run.status == "cancelled" and len(api.calls) <= begun + 8
        assert run.calls == len(api.calls)
