"""Any order of claims, answers, deaths, pauses, cancels and sweeps: nothing lost, nothing doubled, nothing left booked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from console.problems import DomainError
from console.trials import leases, ledger, runs, sweeps
from console.trials.leases import Lease, LeaseLost
from console.trials.ledger import Outcome, StepRow
from console.trials.models import Conversation, Month, Run, Step, Verdict
from tests.console.trials.workers import POOL
from tests.factories import make_run, make_scenario
from tests.messages_api import messages_api

TURNS = 2
TOKENS = 10


class Worker(RuleBasedStateMachine):
    """Workers that hold leases, some of them long dead; ``answered`` is what the endpoint answered and was written."""

    api_url = ""
    held = Bundle("held")

    @initialize(cells=st.integers(1, 3), concurrency=st.integers(1, 3))
    def start(self, cells: int, concurrency: int) -> None:
        scenarios = [make_scenario(f"s{n}", "One", "Two") for n in range(cells)]
        self.run = make_run(None, *scenarios, base_url=self.api_url, concurrency=concurrency)
        self.written: dict[int, int] = {}
        self.tokens = 0

    @rule(target=held)
    def take(self) -> Lease | None:
        return leases.take(POOL)

    @rule(lease=consumes(held))
    def answer(self, lease: Lease | None) -> None:
        """A call ended well: the turn is over."""
        if lease is None:
            return
        turn = lease.turns + 1
        over = turn == TURNS
        outcome = Outcome(
            "finished" if over else "waiting",
            lease.messages,
            turns=turn,
            step=lease.step + 1,
            verdict="pass" if over else "",
        )
        if self._written(lease, StepRow(ok=True, output_tokens=TOKENS), outcome):
            self.written[lease.id] = self.written.get(lease.id, 0) + 1
            self.tokens += TOKENS

    @rule(lease=consumes(held))
    def fail(self, lease: Lease | None) -> None:
        """A call failed and is to be tried again."""
        if lease is not None:
            outcome = Outcome(
                "waiting",
                turns=lease.turns,
                step=lease.step,
                attempt=lease.attempt + 1,
                next=lease.reservation,
            )
            self._written(lease, StepRow(ok=False, error_kind="server"), outcome)

    @rule(lease=consumes(held))
    def wait(self, lease: Lease | None) -> None:
        """The rate limiter asks to wait."""
        if lease is not None:
            with suppressed():
                leases.give_back(lease)

    @rule(lease=held)
    def run_out(self, lease: Lease | None) -> None:
        """The worker is paused or dead; its lease ends. It may still come back and write."""
        if lease is not None:
            ended = Conversation.objects.filter(pk=lease.id, lease_token=lease.token)
            ended.update(lease_until="2020-01-01T00:00Z")

    @rule()
    def sweep(self) -> None:
        sweeps.sweep()

    @rule()
    def close(self) -> None:
        runs.close(self.run.pk)

    @rule()
    def cancel(self) -> None:
        with suppressed():
            runs.cancel_run(run=self.run)

    def _written(self, lease: Lease, step: StepRow, outcome: Outcome) -> bool:
        try:
            with transaction.atomic():
                ledger.write(lease, step, outcome)
        except LeaseLost:
            return False
        return True

    @invariant()
    def accounts_hold_what_the_leases_hold(self) -> None:
        if not hasattr(self, "run"):
            return
        run = Run.objects.get(pk=self.run.pk)
        held = Conversation.objects.filter(run=run, status="running")
        reserved = sum(held.values_list("reserved_tokens", flat=True))
        assert run.in_flight == held.count() <= run.concurrency
        assert run.reserved_tokens == reserved
        month = Month.objects.filter(workspace=run.workspace_id).first()
        if month is not None:
            assert (month.in_flight, month.reserved_tokens) == (run.in_flight, run.reserved_tokens)
        assert run.output_tokens == self.tokens
        assert run.calls == Step.objects.filter(conversation__run=run).count()

    @invariant()
    def each_answer_that_was_written_counts_once(self) -> None:
        if not hasattr(self, "run"):
            return
        for cell in Conversation.objects.filter(run=self.run):
            assert cell.turns == self.written.get(cell.pk, 0) == cell.steps.filter(ok=True).count()
            if cell.status == "finished":
                assert cell.turns == TURNS
            if cell.status == "waiting":
                assert cell.lease_token is None

    @invariant()
    def a_run_ends_only_when_nothing_is_left(self) -> None:
        if not hasattr(self, "run"):
            return
        run = Run.objects.get(pk=self.run.pk)
        left = Conversation.objects.filter(run=run, status__in=("waiting", "running")).exists()
        if not run.is_open:
            assert not left
        if run.is_complete:
            assert run.result is not None and run.digest

    def teardown(self) -> None:
        """Whatever happened, honest workers bring it to its end."""
        if not hasattr(self, "run"):
            return
        Conversation.objects.filter(status="running").update(lease_until="2020-01-01T00:00Z")
        for _ in range(40):
            sweeps.sweep()
            Conversation.objects.filter(status="waiting").update(run_after=None)
            lease = leases.take(POOL)
            if lease is None:
                continue
            self.answer(lease)
            if not Run.objects.get(pk=self.run.pk).is_open:
                break
        sweeps.sweep()
        run = Run.objects.get(pk=self.run.pk)
        assert not run.is_open, f"the run is still {run.status}"
        assert (run.in_flight, run.reserved_tokens) == (0, 0)
        Verdict.objects.all().delete()


@contextmanager
def suppressed() -> Iterator[None]:
    """What may be refused is refused without leaving anything behind."""
    try:
        with transaction.atomic():
            yield
    except (DomainError, LeaseLost):
        pass


@pytest.mark.hypothesis
@pytest.mark.django_db
def test_no_order_of_events_loses_doubles_or_leaves_anything_booked() -> None:
    with messages_api(key=None) as api:
        Worker.api_url = api.url
        run_state_machine_as_test(
            Worker,
            settings=settings(
                max_examples=settings().max_examples // 2,
                stateful_step_count=25,
                suppress_health_check=list(HealthCheck),
                database=None,
                derandomize=True,
            ),
        )
