"""Workers that are killed or stopped while calls are in flight."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from console.embedded import parts
from console.embedded.layout import REPOSITORY
from console.embedded.processes import wait_until
from console.trials.models import Step
from tests import live
from tests.console.trials.workers import check_nothing_is_lost_or_doubled, ended, scenarios
from tests.factories import make_run
from tests.messages_api import messages_api

pytestmark = pytest.mark.django_db(transaction=True)

LEASE = "2"  # seconds


def test_a_worker_killed_half_way_loses_nothing_and_repeats_only_what_was_in_flight() -> None:
    with messages_api(key=None, latency=0.1) as api:
        with live.worker(REMIT_LEASE_SECONDS=LEASE) as first:
            run = make_run(None, *scenarios(150), base_url=api.url, pool="", concurrency=16)
            assert wait_until(lambda: len(api.calls) > 60, within=60), first.log.read_text()[-2000:]
            first.kill()
        at_kill = api.max_in_flight
        with live.worker() as second:
            assert wait_until(lambda: ended(run), within=60), second.log.read_text()[-2000:]
        check_nothing_is_lost_or_doubled(run, api)
    assert 150 <= len(api.calls) <= 150 + at_kill


def test_a_paused_workers_late_answers_are_refused() -> None:
    """Stopped (SIGSTOP) for longer than its leases, then continued, beside another worker."""
    with messages_api(key=None, latency=0.3) as api, live.worker(REMIT_LEASE_SECONDS=LEASE) as paused:
        run = make_run(None, *scenarios(24, "One", "Two"), base_url=api.url, pool="", concurrency=8)
        assert wait_until(lambda: len(api.calls) >= 8, within=60)
        os.killpg(paused.pid, signal.SIGSTOP)
        try:
            with another_worker() as other:
                lost = Step.objects.filter(conversation__run=run, error_kind="lost")
                assert wait_until(lambda: lost.count() >= 8, within=60), other.communicate(timeout=1)
                os.killpg(paused.pid, signal.SIGCONT)
                assert wait_until(lambda: ended(run), within=60)
        finally:
            os.killpg(paused.pid, signal.SIGCONT)
        check_nothing_is_lost_or_doubled(run, api, turns=2)


def another_worker() -> subprocess.Popen[bytes]:
    """A second worker, as `python -m celery` starts it; it shares the broker and the database."""

    class Ending(subprocess.Popen):  # type: ignore[type-arg]
        def __exit__(self, *exc: object) -> None:
            os.killpg(self.pid, signal.SIGKILL)  # its beat is a process of its own
            super().__exit__(*exc)

    return Ending(
        [sys.executable, *parts.worker(beat=True)],
        cwd=REPOSITORY,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
