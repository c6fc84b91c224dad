"""A real worker that is killed while users are played and judges read: nothing is lost, at most the call in flight is repeated."""

from __future__ import annotations

from collections import Counter

import pytest

from console.embedded.processes import wait_until
from console.trials.models import Month, Step
from tests import live
from tests.console.trials.judges import is_judged, is_played, judging, plays, says
from tests.console.trials.workers import ended
from tests.factories import make_run, make_scenario
from tests.messages_api import messages_api

pytestmark = pytest.mark.django_db(transaction=True)

CELLS = 8
USER = {"persona": "p", "goal": "g", "opening": "Hello", "max_turns": 3}
JUDGED = [{"kind": "judge", "value": f"Pass if {what}.", "turn": "any"} for what in ("polite", "short")]


def test_a_worker_killed_among_users_and_judges_repeats_only_what_was_in_flight() -> None:
    answer = judging(says("pass"), user=plays("Again", "Once more"))
    scenarios = [make_scenario(f"s{n}", turns=[], simulated_user=USER, expect=JUDGED) for n in range(CELLS)]
    with messages_api(key=None, latency=0.2, answer=answer) as api:
        with live.worker(REMIT_LEASE_SECONDS="2") as first:
            run = make_run(None, *scenarios, base_url=api.url, pool="", concurrency=4)
            seen = lambda kind: sum(kind(call.request) for call in api.calls)  # noqa: E731
            assert wait_until(lambda: seen(is_played) > 2, within=60), first.log.read_text()[-2000:]
            first.kill()
        at_first = api.max_in_flight
        with live.worker(REMIT_LEASE_SECONDS="2") as second:
            assert wait_until(lambda: seen(is_judged) > 2, within=60), second.log.read_text()[-2000:]
            second.kill()
        with live.worker() as third:
            assert wait_until(lambda: ended(run), within=60), third.log.read_text()[-2000:]
        calls = len(api.calls)
    steps = Step.objects.filter(conversation__run=run)
    assert Counter(steps.filter(ok=True).values_list("role", flat=True)) == {
        "assistant": 3 * CELLS, "user": 2 * CELLS, "judge": 2 * CELLS,
    }  # fmt: skip
    assert set(run.conversations.values_list("status", "verdict", "turns")) == {("finished", "pass", 3)}
    assert {cell.verdicts.count() for cell in run.conversations.all()} == {2}
    whole, lost = 7 * CELLS, steps.filter(error_kind="lost").count()
    assert whole <= calls <= whole + 2 * at_first and run.calls == steps.count() == whole + lost
    assert (run.in_flight, run.reserved_tokens, run.reserved_cost) == (0, 0, 0)
    assert Month.objects.get().in_flight == 0
