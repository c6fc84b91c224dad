"""Chats: what answers, what is kept, and that an answer goes on when nobody reads it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from console.embedded.processes import wait_until
from console.problems import DomainError, Invalid, NotAllowed
from console.trials import chat as chats
from console.trials import chat_answers
from console.trials.chat_answers import Delta, Ended
from console.trials.chat_page import chat_page
from console.trials.models import Chat, Conversation, Month, Step
from console.trials.suites import create_suite
from tests.factories import make_member, make_prompt, make_revision, make_scenario, make_workspace
from tests.messages_api import Answer, Fault, MessagesAPI, messages_api

pytestmark = pytest.mark.django_db(transaction=True)

TOOL = {
    "name": "freeze_card",
    "description": "Freezes a card.",
    "input_schema": {"type": "object", "properties": {"card": {"type": "string"}}, "required": ["card"]},
    "reversible": True,
    "requires_confirmation": False,
}


@pytest.fixture
def api(settings: Any) -> Iterator[MessagesAPI]:
    with messages_api(key=None) as server:
        settings.ANTHROPIC_BASE_URL = server.url
        yield server


@pytest.fixture
def member():
    return make_member(make_workspace(), "author")


def start(member, prompt=None, *keys: str, **fields: Any) -> Chat:
    prompt = prompt or make_prompt(member)
    answering = [chats.what_answers(prompt, key) for key in keys or (chats.DRAFT,)]
    return chats.start_chat(member=member, prompt=prompt, answering=answering, **fields)


def send(chat: Chat, member, message: str) -> list[Delta | Ended]:
    said = chats.say(chat=chat, message=message, member=member)
    return [event for event in chat_answers.events(chat_answers.answer(said), len(said.columns)) if event]


def again(chat: Chat, member) -> list[Delta | Ended]:
    said = chats.say_again(chat=chat, member=member)
    return [event for event in chat_answers.events(chat_answers.answer(said), len(said.columns)) if event]


def problems(events: list[Delta | Ended]) -> list[str]:
    return [event.problem for event in events if isinstance(event, Ended) and event.problem]


def exchanges(chat: Chat, member) -> list:
    return [column.exchanges for column in chat_page(chat.prompt, member, chat).columns]


def test_an_answer_streams_and_is_kept_with_what_it_took(api: MessagesAPI, member) -> None:
    chat = start(member)
    events = send(chat, member, "Hello\r\nthere")
    assert "".join(event.text for event in events if isinstance(event, Delta))
    (exchange,) = exchanges(chat, member)[0]
    assert exchange.said == "Hello\nthere"
    assert exchange.parts[0].text
    assert exchange.stop == "end_turn" and exchange.facts.output_tokens > 0 and not exchange.problem
    assert api.calls[0].request.system.startswith("<role>")
    assert Month.objects.get().in_flight == 0


def test_the_history_goes_along(api: MessagesAPI, member) -> None:
    chat = start(member)
    send(chat, member, "One")
    send(chat, member, "Two")
    assert [message["role"] for message in api.calls[1].request.body["messages"]] == [
        "user",
        "assistant",
        "user",
    ]


def test_two_answer_at_the_same_time(api: MessagesAPI, member) -> None:
    api.latency = 0.3
    prompt = make_prompt(member)
    make_revision(member, prompt)
    chat = start(member, prompt, "draft", "1")
    assert not problems(send(chat, member, "Hello"))
    assert api.max_in_flight == 2
    assert [len(column) for column in exchanges(chat, member)] == [1, 1]


def test_an_answer_goes_on_when_nobody_reads_it(api: MessagesAPI, member) -> None:
    api.latency = 0.2
    chat = start(member)
    said = chats.say(chat=chat, message="Hello", member=member)
    chat_answers.answer(said)  # its mailbox is dropped, as when a browser leaves
    assert wait_until(lambda: Conversation.objects.get(chat=chat).turns == 1, within=10)


def test_a_second_message_waits_for_the_first_answer(api: MessagesAPI, member) -> None:
    release = threading.Event()
    api.answer = lambda request: (release.wait(10), "Here.")[1]
    chat = start(member)
    said = chats.say(chat=chat, message="Hello", member=member)
    mailbox = chat_answers.answer(said)
    assert wait_until(lambda: Conversation.objects.get(chat=chat).status == "running", within=10)
    with pytest.raises(chats.Busy, match="still being written"):
        chats.say(chat=chat, message="And?", member=member)
    release.set()
    assert not problems(list(chat_answers.events(mailbox, 1)))


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("refused_key", "key"),
        ("limited", "limit"),
        ("overloaded", "overloaded"),
        ("server", ""),
        ("reset", ""),
        ("truncated", ""),
        ("error_event", ""),
    ],
)
def test_what_goes_wrong_is_said_and_the_message_can_be_sent_again(
    api: MessagesAPI, member, fault: str, words: str
) -> None:
    chat = start(member)
    api.fail_next(Fault(fault))
    (problem,) = problems(send(chat, member, "Hello"))
    assert words in problem.lower() and problem.endswith(".") and "Traceback" not in problem
    page = chat_page(chat.prompt, member, chat)
    assert page.message == "Hello" and page.problem and not page.columns[0].exchanges
    assert Month.objects.get().in_flight == 0
    if fault != "limited":  # the limiter holds everybody back for a while then
        assert not problems(send(chat, member, "Hello!"))
        (exchange,) = exchanges(chat, member)[0]
        assert exchange.said == "Hello!"
        assert Step.objects.filter(ok=False).count() == 1


def test_an_endpoint_that_is_down_is_said(settings: Any, member) -> None:
    settings.ANTHROPIC_BASE_URL = "http://127.0.0.1:9"
    chat = start(member)
    (problem,) = problems(send(chat, member, "Hello"))
    assert problem
    assert chat_page(chat.prompt, member, chat).message == "Hello"


def test_one_of_two_fails_and_is_asked_again(api: MessagesAPI, member) -> None:
    prompt = make_prompt(member)
    make_revision(member, prompt)
    chat = start(member, prompt, "draft", "1")
    api.fail_next(Fault("server"))
    assert len(problems(send(chat, member, "Hello"))) == 1
    page = chat_page(prompt, member, chat)
    assert not page.message
    failed = [column for column in page.columns if column.exchanges[0].problem]
    assert len(failed) == 1 and failed[0].exchanges[0].open
    assert not problems(again(chat, member))
    assert [column[0].stop for column in exchanges(chat, member)] == ["end_turn", "end_turn"]
    with pytest.raises(Invalid, match="has its answer"):
        again(chat, member)


def test_going_on_leaves_what_one_did_not_answer(api: MessagesAPI, member) -> None:
    prompt = make_prompt(member)
    make_revision(member, prompt)
    chat = start(member, prompt, "draft", "1")
    api.fail_next(Fault("server"))
    send(chat, member, "One")
    assert not problems(send(chat, member, "Two"))
    columns = exchanges(chat, member)
    assert [[exchange.said for exchange in column] for column in columns] == [["One", "Two"]] * 2
    assert sum(exchange.problem == "No answer came." for column in columns for exchange in column) == 1


def test_tools_are_simulated_and_generated_results_say_so(api: MessagesAPI, member) -> None:
    api.answer = lambda request: (
        "Done."
        if "tool_result" in str(request.body["messages"][-1])
        else Answer("One moment.", tool_uses=(("freeze_card", {"card": "81"}),))
    )
    chat = start(member, make_prompt(member, tools=[TOOL]))
    send(chat, member, "Freeze 81")
    (exchange,) = exchanges(chat, member)[0]
    text, call, last = exchange.parts
    assert (text.text, call.call.name, last.text) == ("One moment.", "freeze_card", "Done.")
    assert call.origin == "simulated, generated" and '"card": "81"' in call.call.result


def test_fixtures_of_the_prompts_suites_come_first(api: MessagesAPI, member) -> None:
    api.answer = lambda request: (
        "Done."
        if "tool_result" in str(request.body["messages"][-1])
        else Answer("", tool_uses=(("freeze_card", {"card": "81"}),))
    )
    prompt = make_prompt(member, tools=[TOOL])
    fixtures = [{"when": {}, "error": "no such card"}, {"when": {"card": "81"}, "result": {"frozen": 81}}]
    scenario = make_scenario(tools=[TOOL | {"fixtures": fixtures}])
    create_suite(workspace=member.workspace, slug="s", title="S", scenarios=[scenario], prompts=[prompt])
    chat = start(member, prompt)
    send(chat, member, "Freeze 81")
    call = next(part for part in exchanges(chat, member)[0][0].parts if part.call)
    assert call.call.result == '{"frozen": 81}' and call.origin == "simulated"


def test_a_refusal_is_shown_with_its_category_and_left_out_later(api: MessagesAPI, member) -> None:
    api.answer = lambda request: Answer("", stop_reason="refusal", refusal={"category": "cyber"})
    chat = start(member)
    send(chat, member, "Something")
    (exchange,) = exchanges(chat, member)[0]
    assert (exchange.stop, exchange.refusal) == ("refusal", "cyber")
    api.answer = lambda request: "Fine."
    assert not problems(send(chat, member, "Something else"))
    assert len(api.calls[-1].request.body["messages"]) == 1


VARIABLES = {
    "name": {"type": "string", "required": True, "max_length": 20},
    "visits": {"type": "integer", "required": False, "default": 1},
}
GREETS = [{"id": "role", "kind": "role", "text": "You are Aria, an AI. Greet {{name}}, visit {{visits}}."}]


def test_variables_get_values(api: MessagesAPI, member) -> None:
    prompt = make_prompt(member, variables=VARIABLES, sections=GREETS)
    form = chats.what_answers(prompt, chats.DRAFT)
    values = chats.values_of([form.variables], {"name": "Mo {{visits}}", "visits": "3", "other": "x"})
    assert values == {"name": "Mo {{visits}}", "visits": 3}
    chat = start(member, prompt, values=values)
    send(chat, member, "Hello")
    assert "Greet Mo {{visits}}, visit 3." in api.calls[0].request.system


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({}, "needs a value"),
        ({"name": "x" * 21}, "longer than 20"),
        ({"name": "x", "visits": "many"}, "whole number"),
    ],
)
def test_a_value_that_does_not_fit_opens_no_chat(member, typed: dict[str, str], words: str) -> None:
    prompt = make_prompt(member, variables=VARIABLES, sections=GREETS)
    form = chats.what_answers(prompt, chats.DRAFT)
    with pytest.raises(Invalid, match=words):
        start(member, prompt, values=chats.values_of([form.variables], typed))
    assert not Chat.objects.exists()


def test_each_answers_on_its_own_model_or_on_one_for_both(api: MessagesAPI, member) -> None:
    send(start(member), member, "Hello")
    send(start(member, model="claude-opus-5-5"), member, "Hello")
    assert [call.request.body["model"] for call in api.calls] == ["claude-sonnet-5-5", "claude-opus-5-5"]


def test_a_budget_that_is_used_up_is_said(api: MessagesAPI, settings: Any, member) -> None:
    settings.REMIT_MONTH_TOKENS = 10
    chat = start(member)
    (problem,) = problems(send(chat, member, "Hello"))
    assert "budget" in problem
    assert not api.calls
    assert chat_page(chat.prompt, member, chat).message == "Hello"


def test_a_chat_has_no_wall_time(api: MessagesAPI, settings: Any, member) -> None:
    settings.REMIT_CONVERSATION_SECONDS = 0
    assert not problems(send(start(member), member, "Hello"))


def test_the_same_key_is_the_same_chat(member) -> None:
    key = Chat._meta.get_field("key").default()
    prompt = make_prompt(member)
    assert start(member, prompt, key=key) == start(member, prompt, key=key)


@pytest.mark.parametrize("message", ["", " \n", "x" * 50_001])
def test_a_message_that_cannot_be_sent(member, message: str) -> None:
    with pytest.raises(Invalid):
        chats.say(chat=start(member), message=message, member=member)


@pytest.mark.parametrize("key", ["9", "nothing", "²", "99999999999999999999"])
def test_what_is_not_there_cannot_answer(member, key: str) -> None:
    with pytest.raises(Invalid, match="no revision"):
        chats.what_answers(make_prompt(member), key)


def test_viewers_do_not_chat(member) -> None:
    viewer = make_member(member.workspace, "viewer")
    with pytest.raises(NotAllowed):
        start(viewer, make_prompt(member))
    with pytest.raises(DomainError):
        chats.say(chat=start(member), message="Hello", member=viewer)


# --- stopping


def stopped_while(api: MessagesAPI, member, chat: Chat, when) -> list[Delta | Ended]:
    """Send a message and stop the answer once ``when()`` holds."""
    said = chats.say(chat=chat, message="Hello", member=member)
    mailbox = chat_answers.answer(said)
    assert wait_until(when, within=10)
    chat_answers.stop(chat=chat, member=member)
    return [event for event in chat_answers.events(mailbox, len(said.columns)) if event]


def test_a_stopped_answer_keeps_what_came_and_is_booked(api: MessagesAPI, member) -> None:
    api.gap, api.answer = 0.05, lambda request: "word " * 500
    chat = start(member)
    said = chats.say(chat=chat, message="Hello", member=member)
    mailbox = chat_answers.answer(said)
    events = chat_answers.events(mailbox, 1)
    first = next(event for event in events if event)
    chat_answers.stop(chat=chat, member=member)
    rest = [event for event in events if event]
    assert isinstance(first, Delta) and not problems(rest)
    assert wait_until(lambda: api.calls[0].ended is not None, within=5), "the provider's stream was closed"
    (exchange,) = exchanges(chat, member)[0]
    said = "".join(event.text for event in [first, *rest] if isinstance(event, Delta))
    assert exchange.stop == "stopped" and exchange.stopped == "stopped by you"
    assert exchange.parts[0].text == said and len(said) < 2400
    assert exchange.facts.estimated and exchange.facts.output_tokens > 0
    month, step = Month.objects.get(), Step.objects.get()
    assert (month.calls, month.in_flight, month.reserved_tokens, month.reserved_cost) == (1, 0, 0, 0)
    assert month.output_tokens == step.output_tokens == exchange.facts.output_tokens
    assert month.cost == step.cost > 0


def test_after_a_stop_the_chat_goes_on_with_what_was_said(api: MessagesAPI, member) -> None:
    api.gap, api.answer = 0.05, lambda request: "word " * 500
    chat = start(member)
    said = chats.say(chat=chat, message="Hello", member=member)
    events = chat_answers.events(chat_answers.answer(said), 1)
    next(event for event in events if event)
    chat_answers.stop(chat=chat, member=member)
    list(events)
    api.gap, api.answer = 0.0, lambda request: "Yes."
    assert not problems(send(chat, member, "Briefly, please"))
    sent = api.calls[1].request.body["messages"]
    assert [message["role"] for message in sent] == ["user", "assistant", "user"]
    assert sent[1]["content"][0]["text"].startswith("word")


def test_a_stop_before_the_first_word_gives_the_message_back(api: MessagesAPI, member) -> None:
    api.fail_next(Fault("hang"))
    chat = start(member)
    events = stopped_while(api, member, chat, lambda: len(api.calls) == 1)
    assert problems(events) == ["Stopped before an answer came."]
    page = chat_page(chat.prompt, member, chat)
    assert page.message == "Hello" and not page.columns[0].exchanges
    assert Month.objects.get().in_flight == 0 and Step.objects.get().stop_reason == "stopped"
    assert not problems(send(chat, member, "Hello"))


def test_a_stop_ends_both_columns(api: MessagesAPI, member) -> None:
    api.gap, api.answer = 0.05, lambda request: "word " * 500
    prompt = make_prompt(member)
    make_revision(member, prompt)
    chat = start(member, prompt, "draft", "1")
    events = stopped_while(api, member, chat, lambda: len(api.calls) == 2)
    assert len([event for event in events if isinstance(event, Ended)]) == 2
    assert set(Step.objects.values_list("stop_reason", flat=True)) == {"stopped"}


def test_no_call_begins_after_a_stop(api: MessagesAPI, member) -> None:
    asked = threading.Event()

    def tool(request) -> Answer:
        asked.set()
        return Answer("One moment.", tool_uses=(("freeze_card", {"card": "81"}),))

    api.gap, api.answer = 0.1, tool
    chat = start(member, make_prompt(member, tools=[TOOL]))
    stopped_while(api, member, chat, asked.is_set)
    assert len(api.calls) == 1


def test_a_stop_that_has_nothing_to_end_is_no_error(api: MessagesAPI, member) -> None:
    chat = start(member)
    chat_answers.stop(chat=chat, member=member)
    assert not problems(send(chat, member, "Hello"))
    viewer = make_member(member.workspace, "viewer")
    with pytest.raises(NotAllowed):
        chat_answers.stop(chat=chat, member=viewer)
