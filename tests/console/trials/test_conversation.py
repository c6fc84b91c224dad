"""How conversations go on, against a server that speaks the Messages API."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from console.trials.models import Conversation, Run, Step
from console.trials.transcript import turns
from tests.console.trials.workers import finished, work
from tests.factories import make_run, make_scenario
from tests.messages_api import MessagesAPI, messages_api

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def api() -> Iterator[MessagesAPI]:
    with messages_api(key=None) as server:
        yield server


def only(run: Run) -> Conversation:
    return run.conversations.get()


def test_a_conversation_of_several_turns_is_held_to_its_expectations(api: MessagesAPI) -> None:
    scenario = make_scenario(
        "card",
        "My card is lost",
        "Thanks",
        expect=[
            {"turn": 1, "kind": "contains", "value": "lost"},
            {"turn": "last", "kind": "contains", "value": "goodbye"},
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
    assert [verdict.verdict for verdict in cell.verdicts.all()] == ["pass", "fail"]
    assert [turn.reply for turn in turns(cell.messages)] == ["Answer 1: My card is lost", "Answer 2: Thanks"]
    assert [len(call.request.body["messages"]) for call in api.calls] == [1, 3]
    assert (run.calls, run.in_flight, run.reserved_tokens) == (2, 0, 0)
    assert run.input_tokens == sum(step.input_tokens for step in Step.objects.all()) > 0
    assert run.digest
