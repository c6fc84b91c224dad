"""How conversations go on, against a server that speaks the Messages API."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from console.trials.exports import FORMATS
from console.trials.models import Conversation, Run, Step
from console.trials.transcript import turns
from tests.console.trials.workers import finished, work, workers
from tests.factories import make_run, make_scenario, make_subject_form
from tests.messages_api import Answer, Fault, MessagesAPI, Request, messages_api

pytestmark = pytest.mark.django_db(transaction=True)

FREEZE = {
    "name": "freeze_card",
    "description": "Freeze a card.",
    "input_schema": {"type": "object", "properties": {"card": {"type": "string"}}, "required": ["card"]},
    "reversible": False,
    "requires_confirmation": True,
}
FIXTURES = {
    "name": "freeze_card",
    "fixtures": [{"when": {"card": "81"}, "result": {"frozen": True}}, {"when": {}, "error": "no such card"}],
}


@pytest.fixture
def api() -> Iterator[MessagesAPI]:
    with messages_api(key=None) as server:
        yield server


def only(run: Run) -> Conversation:
    return run.conversations.get()


def quick(error: object, attempt: int, **_: object) -> float | None:
    return None if attempt >= 4 or not getattr(error, "retryable", False) else 0.01


def test_a_conversation_of_several_turns_is_held_to_its_expectations(api: MessagesAPI) -> None:
    scenario = make_scenario(
        "card",
        "My card is lost",
        "Thanks",
        expect=[
            {"turn": 1, "kind": "contains", "value": "lost"},
            {"turn": "last", "kind": "contains", "value": "goodbye"},
            {"turn": "any", "kind": "max_seconds", "value": 60},
        ],
    )
    run = make_run(None, scenario, base_url=api.url)
    work()
    cell = only(finished(run))
    assert (run.status, cell.status, cell.verdict, cell.turns, cell.calls) == (
        "finished",
        "finished",
        "fail",
        2,
        2,
    )
    assert [verdict.verdict for verdict in cell.verdicts.all()] == ["pass", "fail", "pass"]
    assert [turn.reply for turn in turns(cell.messages)] == ["Answer 1: My card is lost", "Answer 2: Thanks"]
    assert [len(call.request.body["messages"]) for call in api.calls] == [1, 3]
    assert (run.calls, run.in_flight, run.reserved_tokens) == (2, 0, 0)
    assert run.input_tokens == sum(step.input_tokens for step in Step.objects.all()) > 0
    assert run.digest


def test_the_system_prompt_is_filled_with_the_scenarios_values(api: MessagesAPI) -> None:
    form = make_subject_form(system="You help {{name}}.")
    form.variables["name"] = {
        "type": "string",
        "required": True,
        "default": None,
        "max_length": 80,
        "trusted": True,
        "description": "",
    }
    finished_run = make_run(
        None, make_scenario(variables={"name": "Ines"}), base_url=api.url, subjects=[form]
    )
    work()
    finished(finished_run)
    assert api.calls[0].request.system == "You help Ines."


def test_a_tool_is_simulated_from_its_fixtures_and_the_turn_goes_on() -> None:
    def answer(request: Request) -> Answer:
        if isinstance(request.body["messages"][-1]["content"], list):
            return Answer("It is frozen.")
        return Answer(
            "One moment.",
            tool_uses=(
                ("freeze_card", {"card": "81"}),
                ("freeze_card", {"card": "12"}),
                ("freeze_card", {}),
                ("call_police", {}),
            ),
        )

    with messages_api(key=None, answer=answer) as api:
        expect = [
            {"kind": "tool_called", "value": {"name": "freeze_card", "args": {"card": "81"}}, "turn": 1}
        ]
        run = make_run(
            None,
            make_scenario("freeze", "Freeze it", expect=expect, tools=[FIXTURES]),
            base_url=api.url,
            subjects=[make_subject_form(tools=[FREEZE])],
        )
        work()
        cell = only(finished(run))
    (turn,) = turns(cell.messages)
    assert (cell.verdict, cell.calls, turn.reply) == ("pass", 2, "One moment.\n\nIt is frozen.")
    assert [(call.result, call.is_error) for call in turn.calls] == [
        ('{"frozen": true}', False),
        ("no such card", True),
        ("The arguments are not valid: 'card' is a required property", True),
        ("There is no tool named call_police.", True),
    ]
    assert turn.calls[0].notes == ("irreversible, not confirmed",)
    assert [tool["name"] for tool in api.calls[0].request.body["tools"]] == ["freeze_card"]
    results = api.calls[1].request.body["messages"][-1]["content"]
    assert [block["type"] for block in results] == ["tool_result"] * 4
    (line,) = FORMATS["jsonl"].write(run)
    (said,) = json.loads(line)["said"]
    assert said["seconds"] > 0 and said["tools"][1] == {
        "name": "freeze_card", "input": {"card": "12"}, "result": "no such card", "error": True
    }  # fmt: skip


def test_a_model_that_calls_tools_for_ever_is_stopped() -> None:
    with messages_api(
        key=None, answer=lambda request: Answer("", tool_uses=(("freeze_card", {"card": "81"}),))
    ) as api:
        run = make_run(
            None,
            make_scenario("freeze", tools=[FIXTURES]),
            base_url=api.url,
            subjects=[make_subject_form(tools=[FREEZE])],
        )
        work()
        cell = only(finished(run))
    assert (cell.status, cell.error_kind, len(api.calls)) == ("error", "budget", 12)
    assert cell.error == "The model went on calling tools: 12 calls in turn 1."


def test_what_the_provider_refused_is_kept_shown_and_not_sent_again() -> None:
    def answer(request: Request) -> str | Answer:
        return (
            Answer("", refusal={"category": "cyber", "explanation": "…"})
            if request.turn == 1 and "poison" in request.last_text
            else "Fine."
        )

    with messages_api(key=None, answer=answer) as api:
        expect = [
            {"turn": 1, "kind": "refusal", "value": True},
            {"turn": 2, "kind": "no_refusal", "value": True},
        ]
        run = make_run(
            None, make_scenario("p", "poison", "and the weather?", expect=expect), base_url=api.url
        )
        work()
        cell = only(finished(run))
    assert cell.verdict == "pass" and turns(cell.messages)[0].refusal == "cyber"
    assert Step.objects.get(step=1).stop_details == {"category": "cyber", "explanation": "…"}
    assert [message["content"] for message in api.calls[1].request.body["messages"]] == ["and the weather?"]


def test_an_empty_answer_is_an_error_neither_refusal_nor_pass() -> None:
    with messages_api(key=None, answer=lambda request: Answer("")) as api:
        run = make_run(None, make_scenario(expect=[{"kind": "no_refusal", "value": True}]), base_url=api.url)
        work()
        cell = only(finished(run))
    assert (cell.status, cell.verdict, cell.error_kind, len(api.calls)) == ("error", "error", "empty", 1)
    assert not cell.verdicts.exists()


@pytest.mark.parametrize("kind", ["limited", "overloaded", "server", "reset", "truncated", "malformed"])
def test_a_passing_fault_is_tried_again_and_leaves_its_trace(api: MessagesAPI, kind: str) -> None:
    api.fail_next(Fault(kind, "0"))
    run = make_run(base_url=api.url)
    with workers(1):
        cell = only(finished(run))
    assert cell.status == "finished" and run.calls == cell.calls == len(api.calls) == 2
    assert list(cell.steps.values_list("step", "attempt", "ok")) == [(1, 1, False), (1, 2, True)]
    assert cell.steps.get(attempt=1).error


def test_a_fault_that_lasts_is_recorded_as_what_it_is(
    api: MessagesAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.provider.retries.delay", quick)
    api.fail_next(*[Fault("overloaded")] * 4)
    run = make_run(base_url=api.url)
    with workers(1):
        cell = only(finished(run))
    assert (run.status, cell.status, cell.verdict, cell.error_kind, len(api.calls)) == (
        "finished",
        "error",
        "error",
        "overloaded",
        4,
    )
    assert "overloaded" in cell.error


def test_a_call_that_cannot_succeed_is_not_repeated(api: MessagesAPI) -> None:
    api.fail_next(Fault("bad_request"))
    run = make_run(None, make_scenario("one"), make_scenario("two"), base_url=api.url)
    work()
    finished(run)
    assert (run.status, len(api.calls)) == ("finished", 2)
    assert sorted(run.conversations.values_list("status", flat=True)) == ["error", "finished"]


def test_a_refused_key_stops_the_run_with_the_reason() -> None:
    with messages_api(key="right") as api, pytest.MonkeyPatch.context() as patched:
        patched.setattr("console.trials.runs.check_model", lambda *_: None)
        run = make_run(None, *(make_scenario(f"s{n}") for n in range(5)), base_url=api.url, concurrency=1)
        work()
        finished(run)
    assert run.status == "stopped" and "refuses the key" in run.reason
    assert sorted(run.conversations.values_list("status", flat=True)) == ["cancelled"] * 4 + ["error"]
    assert run.result is None and not run.digest


def test_a_retry_waits_as_long_as_the_provider_says_and_frees_its_slot() -> None:
    with messages_api(key=None) as api:
        api.fail_next(Fault("overloaded", "1"))
        run = make_run(None, make_scenario("one"), make_scenario("two"), base_url=api.url, concurrency=1)
        work()  # the first is put back, the second is held meanwhile
        run.refresh_from_db()
        assert (len(api.calls), run.in_flight) == (2, 0)
        waiting = run.conversations.get(status="waiting")
        assert waiting.run_after is not None and waiting.attempt == 2 and waiting.waited > 0


def test_what_cannot_be_stored_does_not_lose_the_conversation() -> None:
    with messages_api(key=None, answer=lambda request: "NUL \0 half \ud800 and \\u0000 as text") as api:
        run = make_run(None, make_scenario("odd", "Hello", "Again"), base_url=api.url)
        work()
        cell = only(finished(run))
    assert turns(cell.messages)[0].reply == "NUL � half � and \\u0000 as text"


def test_budgets_of_a_conversation_end_it_cleanly(api: MessagesAPI, settings: object) -> None:
    settings.REMIT_CONVERSATION_TOKENS = 215  # type: ignore[attr-defined]
    run = make_run(None, make_scenario("long", "One", "Two", "Three"), base_url=api.url)
    work()
    cell = only(finished(run))
    assert (cell.status, cell.error_kind, cell.turns) == ("error", "budget", 1)
    assert re.fullmatch(
        r"The conversation used \d+ of its 215 tokens, and the next call may take \d+\.", cell.error
    )
    assert cell.input_tokens + cell.output_tokens <= 215


def test_turns_of_many_conversations_share_the_slots_fewest_turns_first() -> None:
    with messages_api(key=None, latency=0.02) as api:
        scenarios = [make_scenario(f"s{n}", f"One, {n}", f"Two, {n}", f"Three, {n}") for n in range(6)]
        run = make_run(None, *scenarios, base_url=api.url, concurrency=2)
        with workers(2):
            finished(run)
    turns = {str(n): 0 for n in range(6)}
    for call in sorted(api.calls, key=lambda call: call.started):
        turns[call.request.last_text[-1]] = call.request.turn
        # Two more than the fewest: who is in the other slot may reach the endpoint later.
        assert call.request.turn - min(turns.values()) <= 2, (
            "a conversation went ahead of others of its batch"
        )
    assert set(turns.values()) == {3}
    assert api.max_in_flight == 2
