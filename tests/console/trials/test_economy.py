"""Economy runs: message batches through the SDK, against a scripted server. Time is moved in the rows, not waited for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db.models.functions import Now

from console.accounts.models import Workspace
from console.problems import Invalid
from console.provider import batches as provider
from console.provider import pricing
from console.provider.endpoints import Endpoint, Kind
from console.provider.models import Month
from console.trials import runs
from console.trials.batch_models import MessageBatch
from console.trials.batches import rows
from console.trials.batches.following import look_after
from console.trials.models import Run, Step
from console.trials.runs import Limits
from console.trials.scenarios import Scenario
from tests.console.trials.workers import POOL, scenarios, work
from tests.factories import make_run, make_scenario, make_subject_form, make_workspace
from tests.messages_api import Answer, Fault, MessagesAPI, Request, messages_api

pytestmark = pytest.mark.django_db(transaction=True)
TOOL = {"name": "look_up", "description": "", "input_schema": {"type": "object"}}


@pytest.fixture
def api() -> Iterator[MessagesAPI]:
    with messages_api(key=None) as server:
        yield server


def economy(
    api: MessagesAPI,
    given: int | Sequence[Scenario] = 3,
    workspace: Workspace | None = None,
    **fields: Any,
) -> Run:
    asked = scenarios(given) if isinstance(given, int) else given
    return make_run(workspace, *asked, base_url=api.url, economy=True, **fields)


def go_on(run: Run) -> Run:
    """As if what waits had waited long enough."""
    run.batches.update(run_after=None)
    run.conversations.update(run_after=None)
    work()
    run.refresh_from_db()
    return run


def to_the_end(run: Run) -> Run:
    for _ in range(10):
        if not go_on(run).is_open:
            return run
    raise AssertionError(f"{run} is still {run.status}: {list(run.batches.values())}")


def nothing_is_left(run: Run) -> None:
    month = Month.objects.get(workspace=run.workspace)
    for account in (run, month):
        assert (account.in_flight, account.reserved_tokens, account.reserved_cost) == (0, 0, 0)
    assert run.calls == month.calls == Step.objects.filter(conversation__run=run).count()
    answered = Counter(
        Step.objects.filter(conversation__run=run, ok=True).values_list("conversation", "step")
    )
    assert not answered or set(answered.values()) == {1}
    assert not run.conversations.filter(economy=True).exists()


def statuses(run: Run) -> Counter[str]:
    return Counter(run.conversations.values_list("status", flat=True))


# --- which runs qualify


@pytest.mark.parametrize(
    ("scenario", "subject", "says"),
    [
        (make_scenario("a", "One", "Two"), make_subject_form(), "has 2 turns"),
        (
            make_scenario("a", tools=({"name": "look_up"},)),
            make_subject_form(),
            "has tools: a batch answers one call",
        ),
        (
            make_scenario("a", turns=[], simulated_user={"persona": "p", "goal": "g", "opening": "Hello"}),
            make_subject_form(),
            "has a simulated user",
        ),
        (make_scenario("a"), make_subject_form("r2", tools=[TOOL]), "r2 has tools"),
    ],
)
def test_a_run_that_takes_more_than_one_call_is_refused_with_the_reason(
    api: MessagesAPI, scenario: object, subject: object, says: str
) -> None:
    with pytest.raises(Invalid) as caught:
        make_run(None, scenario, base_url=api.url, subjects=[subject], economy=True)  # type: ignore[arg-type,list-item]
    assert says in str(caught.value) and "Start it as an ordinary run" in caught.value.what_to_do
    assert not Run.objects.exists()


def test_a_platform_or_a_server_without_batches_is_named(api: MessagesAPI) -> None:
    clouds = Endpoint("Ours", "https://x", "key", kind=Kind.BEDROCK)
    assert provider.unsupported(clouds) == "Amazon Bedrock takes no message batches through the SDK."
    api.batches.fail_next(Fault("not_found"))
    with pytest.raises(Invalid, match="takes no message batches"):
        economy(api)


# --- the whole path


def test_a_run_in_a_batch_is_half_the_price_and_graded_as_ever(api: MessagesAPI) -> None:
    api.batches.hold = True
    api.answer = lambda request: Answer("Hello.", usage={"input_tokens": 1000, "output_tokens": 100})
    greets = [make_scenario(f"s{n}", expect=[{"kind": "contains", "value": "Hello"}]) for n in range(3)]
    run = economy(api, greets, subjects=[make_subject_form("r1"), make_subject_form("r2")], samples=2)
    work()
    batch = run.batches.get()
    assert (batch.status, batch.provider_id, batch.requests, batch.answered) == (
        "in_progress",
        "msgbatch_1",
        12,
        0,
    )
    go_on(run)
    assert run.is_open and run.reserved_tokens > 0 and run.calls == 0 and not api.calls
    api.batches.end()
    to_the_end(run)
    assert (run.status, statuses(run)) == ("finished", {"finished": 12}) and run.digest
    assert set(run.conversations.values_list("verdict", flat=True)) == {"pass"}
    assert not api.calls, "no call is made beside the batch"
    full = pricing.price_of(run.model, run.created_at)
    assert full is not None
    assert run.cost == 12 * (1000 * full.rates.input + 100 * full.rates.output) / 2 / 1_000_000
    batch.refresh_from_db()
    assert (batch.status, batch.succeeded, batch.sends) == ("done", 12, 1) and batch.closed_at
    assert set(Step.objects.values_list("request_id", flat=True)) == {"msgbatch_1"}
    # The key goes to the address that was asked, whatever the batch says of its results.
    assert "GET /v1/messages/batches/msgbatch_1/results" in api.batches.asked
    nothing_is_left(run)
    asked = len(api.batches.asked)
    go_on(run)
    assert len(api.batches.asked) == asked, "a batch that is done is not asked for again"


def test_more_requests_than_a_batch_takes_make_several(
    api: MessagesAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.trials.batches.forming.MOST_REQUESTS", 2)
    run = to_the_end(economy(api, 5))
    assert [len(made.requests) for made in api.batches.made] == [2, 2, 1]
    assert statuses(run) == {"finished": 5}
    nothing_is_left(run)
    run.delete()
    assert not MessageBatch.objects.exists()


# --- answers that are none


def test_what_a_batch_does_not_answer_is_asked_again_or_is_an_error(api: MessagesAPI) -> None:
    """Overloaded and expired ones as ordinary calls, at the full price; what is wrong in itself is not."""
    kinds = iter(["overloaded", "expired", "bad_request", "canceled"])

    def answer(request: Request) -> str | Fault:
        return "Hello." if request.number else Fault(next(kinds, "server"))

    api.answer = answer
    run = to_the_end(economy(api, 5))
    ends = Counter(run.conversations.values_list("status", "error_kind", "verdict"))
    assert ends == {
        ("finished", "", "not_graded"): 3,
        ("error", "bad_request", "error"): 1,
        ("error", "canceled", "error"): 1,
    }
    assert len(api.calls) == 3 and run.calls == 8 and len(api.batches.made) == 1
    failed = Step.objects.filter(conversation__run=run, ok=False).values_list("error_kind", flat=True)
    assert sorted(failed) == ["bad_request", "canceled", "expired", "overloaded", "server"]
    nothing_is_left(run)


def test_a_result_that_is_missing_or_unreadable_is_asked_for_again(api: MessagesAPI) -> None:
    run = economy(api, 3)
    api.batches.hold = True
    work()
    made = api.batches.made[0]
    api.batches.end()
    made.results = [
        (made.results[1][0], {"type": "succeeded", "message": {"type": "message"}}),
        made.results[2],
        made.results[2],
    ]
    to_the_end(run)
    assert statuses(run) == {"finished": 3} and len(api.calls) == 2
    nothing_is_left(run)


# --- cancelling, budgets


def test_cancelling_ends_the_batch_at_the_provider_and_keeps_what_came(api: MessagesAPI) -> None:
    api.batches.hold = True
    run = economy(api, 4)
    work()
    runs.cancel_run(run=run)
    go_on(run)
    assert run.status == "cancelling" and "POST /v1/messages/batches/msgbatch_1/cancel" in api.batches.asked
    assert run.batches.get().status == "canceling" and statuses(run) == {"waiting": 4}
    api.batches.end(answered=1)
    to_the_end(run)
    assert (run.status, statuses(run)) == ("cancelled", {"finished": 1, "cancelled": 3})
    assert run.calls == 1
    nothing_is_left(run)


def test_a_run_that_is_cancelled_before_its_batch_is_sent_sends_none(api: MessagesAPI) -> None:
    run = economy(api)
    assert look_after(POOL), "it is formed"
    runs.cancel_run(run=run)
    to_the_end(run)
    assert (run.status, statuses(run), api.batches.made) == ("cancelled", {"cancelled": 3}, [])
    nothing_is_left(run)


def test_a_budget_is_reserved_in_whole_and_what_does_not_fit_waits_for_the_rest(api: MessagesAPI) -> None:
    first = economy(api, 1).conversations.get()
    api.batches.hold = True
    tokens = first.reserved_tokens
    run = economy(api, 5, limits=Limits(tokens=2 * tokens + tokens // 2))
    work()
    assert [len(made.requests) for made in api.batches.made] == [1, 2]
    run.refresh_from_db()
    assert run.reserved_tokens == 2 * tokens
    api.batches.hold = False
    to_the_end(run)
    assert run.input_tokens + run.output_tokens <= 2 * tokens + tokens // 2
    assert run.status == "finished", "what was reserved and not used is there for the next batch"
    assert statuses(run) == {"finished": 5}

    stopped = to_the_end(economy(api, 2, limits=Limits(tokens=tokens - 1)))
    assert stopped.status == "stopped" and "tokens" in stopped.reason
    assert statuses(stopped) == {"cancelled": 2}


def test_the_months_money_holds_at_the_price_of_batches(api: MessagesAPI) -> None:
    workspace = make_workspace()
    cost = economy(api, 1, workspace).conversations.get().reserved_cost
    assert cost > 0
    work()
    Month.objects.filter(workspace=workspace).update(max_cost=Decimal(3) * cost)
    api.batches.hold = True
    run = economy(api, 4, workspace)
    work()
    assert Month.objects.get(workspace=workspace).reserved_cost <= 3 * cost
    assert 0 < run.batches.get().requests < 4


# --- deaths


def died(run: Run) -> None:
    """Whoever held the batches is dead for longer than a lease."""
    run.batches.update(lease_until=Now() - timedelta(seconds=1), lease_token=-1)


def test_a_batch_that_was_made_unseen_is_found_and_not_made_twice(api: MessagesAPI) -> None:
    """Killed between the provider's making it and our commit; somebody else's batch of that size lies before it."""
    run = economy(api, 3)
    assert look_after(POOL)
    api.batches.hold = True
    api.batches.lose_next = 1
    assert look_after(POOL)
    batch = run.batches.get()
    assert (batch.status, batch.provider_id, len(api.batches.made)) == ("sending", "", 1)
    died(run)
    theirs = {"requests": [{"custom_id": f"x{n}", "params": {}} for n in range(3)]}
    assert batch.tried_at is not None
    api.batches.make(theirs, by="other").created_at = batch.tried_at
    go_on(run)
    batch.refresh_from_db()
    assert batch.provider_id.startswith("msgbatch_other") and batch.is_found
    other = api.batches.named(batch.provider_id)
    assert other is not None
    other.results = [("x1", {"type": "canceled"})]
    other.ended_at = other.created_at
    api.batches.hold = False
    to_the_end(run)
    batch.refresh_from_db()
    assert (batch.provider_id, batch.sends, len(batch.not_ours)) == ("msgbatch_1", 1, 1)
    assert len(api.batches.made) == 2 and statuses(run) == {"finished": 3}
    nothing_is_left(run)


def test_a_batch_that_was_not_made_is_sent_again(api: MessagesAPI) -> None:
    run = economy(api, 2)
    assert look_after(POOL)
    held = rows.claim(POOL)
    assert held is not None
    rows.write(held, status="sending", tried_at=Now(), sends=1)
    died(run)  # before the request
    to_the_end(run)
    batch = run.batches.get()
    assert (batch.sends, len(api.batches.made), run.status) == (2, 1, "finished")
    with pytest.raises(rows.BatchLost):
        rows.let_go(held, status="formed")
    nothing_is_left(run)


def test_results_that_break_off_are_taken_as_far_as_they_came_and_the_rest_later(api: MessagesAPI) -> None:
    run = economy(api, 6)
    api.batches.cut_next = 0.6
    work()
    go_on(run)
    batch = run.batches.get()
    taken = run.conversations.filter(economy=False).count()
    assert run.is_open and 0 < taken < 6 and batch.attempt == 2 and "cut short" in batch.error
    to_the_end(run)
    assert statuses(run) == {"finished": 6} and run.calls == 6 and not api.calls
    nothing_is_left(run)


def test_a_message_that_comes_twice_does_one_thing(api: MessagesAPI) -> None:
    run = economy(api, 2)
    assert look_after(POOL)
    held = rows.claim(POOL)
    assert held is not None and rows.claim(POOL) is None, "two at once: one of them finds nothing"
    rows.let_go(held)
    to_the_end(run)
    assert len(api.batches.made) == 1
    nothing_is_left(run)


# --- a provider that does not answer


def test_a_limited_sending_waits_and_a_refused_one_stops_the_run(api: MessagesAPI) -> None:
    run = economy(api, 2)
    assert look_after(POOL)
    api.batches.fail_next(Fault("limited", retry_after="7"))
    assert look_after(POOL)
    batch = run.batches.get()
    assert (batch.status, batch.attempt, batch.sends) == ("formed", 2, 0) and "limits" in batch.error
    api.batches.fail_next(Fault("refused_key"))
    to_the_end(run)
    assert run.status == "stopped" and "refuses the key" in run.reason
    assert statuses(run) == {"cancelled": 2} and run.batches.get().status == "given_up"
    nothing_is_left(run)


def test_a_batch_that_the_provider_lost_is_an_error_of_its_conversations(api: MessagesAPI) -> None:
    run = economy(api, 2)
    api.batches.hold = True
    work()
    api.batches.made.clear()
    for _ in range(2):
        go_on(run)
        assert run.is_open and MessageBatch.objects.get().error
    to_the_end(run)
    assert Counter(run.conversations.values_list("status", "error_kind")) == {("error", "batch"): 2}
    assert run.status == "finished" and not run.conversations.filter(verdict="fail").exists()
    nothing_is_left(run)
