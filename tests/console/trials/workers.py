"""Workers for tests: the real loop, on threads of the test's own process."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from console.embedded.processes import wait_until
from console.trials import sweeps, worker
from console.trials.models import Run, Step
from console.trials.scenarios import Scenario
from tests.factories import make_scenario
from tests.messages_api import MessagesAPI

POOL = "tests"


def work(pool: str = POOL) -> None:
    """One worker on this thread, until nothing is due."""
    worker.work(pool, lambda run: None, threading.Event())


@contextmanager
def workers(count: int, pool: str = POOL) -> Iterator[threading.Event]:
    """So many workers that look again when they found nothing; the event stops them."""
    stopping = threading.Event()

    def serve() -> None:
        while not stopping.wait(0.01):
            worker.work(pool, lambda run: None, stopping)

    threads = [threading.Thread(target=serve, daemon=True) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield stopping
    finally:
        stopping.set()
        for thread in threads:
            thread.join(20)


def finished(run: Run, within: float = 30) -> Run:
    """The run once it ended; a sweep helps as beat would."""

    def ended() -> bool:
        sweeps.sweep()
        run.refresh_from_db()
        return not run.is_open

    assert wait_until(ended, within=within), f"{run} is still {run.status}"
    connection.close()
    return run


def ended(run: Run) -> bool:
    run.refresh_from_db()
    return not run.is_open


def scenarios(count: int, *says: str) -> list[Scenario]:
    return [make_scenario(f"s{n:03}", *says) for n in range(count)]


def check_nothing_is_lost_or_doubled(run: Run, api: MessagesAPI, *, turns: int = 1) -> None:
    cells = list(run.conversations.values_list("status", "turns"))
    assert Counter(cells) == {("finished", turns): run.planned}
    answered = Counter(
        Step.objects.filter(conversation__run=run, ok=True).values_list("conversation", "step")
    )
    assert set(answered.values()) == {1} and len(answered) == run.planned * turns
    lost = Step.objects.filter(conversation__run=run, error_kind="lost").count()
    # Every call that reached the endpoint is in the ledger: answered, failed, or lost with its worker.
    assert len(api.calls) <= run.calls == Step.objects.filter(conversation__run=run).count()
    assert len(api.calls) >= run.calls - lost
    assert (run.in_flight, run.reserved_tokens) == (0, 0)
