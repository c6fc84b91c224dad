"""The real SDK against a real server: what comes back, and what every failure is called."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from console.embedded.processes import wait_until
from console.provider import client
from console.provider.calls import Call, Limit, Limits, Refusal, Reply, TextDelta, ToolUse, Usage
from console.provider.endpoints import Endpoint
from console.provider.errors import ProviderError
from console.provider.stopping import Stop
from tests.messages_api import Answer, Fault, MessagesAPI, messages_api

TOOL = {"name": "freeze_card", "description": "Freeze a card.", "input_schema": {"type": "object"}}


def failure(endpoint: Endpoint, call: Call, *, streamed: bool = False) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        list(client.stream(endpoint, call)) if streamed else client.create(endpoint, call)
    return caught.value


def test_a_whole_message(api: MessagesAPI, endpoint: Endpoint, call: Call) -> None:
    api.answer = lambda request: Answer("Good morning.", usage={"input_tokens": 12, "output_tokens": 3})
    reply = client.create(endpoint, call)
    assert reply.text == "Good morning."
    assert (reply.stop_reason, reply.model, reply.request_id) == ("end_turn", "claude-sonnet-5-5", "req_1")
    assert reply.usage == Usage(12, 3)
    assert reply.rehearsal is False and reply.refusal is None
    assert reply.seconds > 0


def test_only_what_the_call_states_is_sent(api: MessagesAPI, endpoint: Endpoint, call: Call) -> None:
    client.create(endpoint, call)
    assert api.calls[0].request.body == {
        "model": "claude-sonnet-5-5",
        "max_tokens": 1024,
        "system": "You are Aria.",
        "messages": [{"role": "user", "content": "Hello"}],
    }


def test_every_parameter_is_sent(api: MessagesAPI, endpoint: Endpoint, call: Call) -> None:
    schema = {"type": "object", "properties": {}, "additionalProperties": False}
    full = replace(
        call,
        max_tokens=50,
        tools=(TOOL,),
        tool_choice={"type": "auto"},
        effort="low",
        thinking={"type": "adaptive"},
        stop_sequences=("END",),
        output_schema=schema,
    )
    client.create(endpoint, full)
    body = api.calls[0].request.body
    assert body["output_config"] == {"effort": "low", "format": {"type": "json_schema", "schema": schema}}
    assert (body["thinking"], body["stop_sequences"], body["max_tokens"]) == (
        {"type": "adaptive"},
        ["END"],
        50,
    )
    assert body["tools"] == [TOOL]


@pytest.mark.parametrize("streamed", [False, True])
def test_a_tool_use_can_be_answered(api: MessagesAPI, endpoint: Endpoint, call: Call, streamed: bool) -> None:
    api.answer = lambda request: Answer(
        "One moment.", tool_uses=(("freeze_card", {"card": "4242", "now": True}),)
    )
    reply = last(endpoint, call) if streamed else client.create(endpoint, call)
    assert reply.stop_reason == "tool_use"
    assert reply.tool_uses == (ToolUse("toolu_1_0", "freeze_card", {"card": "4242", "now": True}),)
    back = ({"role": "assistant", "content": list(reply.content)}, {"role": "user", "content": "thanks"})
    client.create(endpoint, replace(call, messages=(*call.messages, *back)))
    assert api.calls[1].request.body["messages"][1]["content"] == [
        {"type": "text", "text": "One moment."},
        {
            "type": "tool_use",
            "id": "toolu_1_0",
            "name": "freeze_card",
            "input": {"card": "4242", "now": True},
        },
    ]


def last(endpoint: Endpoint, call: Call) -> Reply:
    *_deltas, reply = client.stream(endpoint, call)
    assert isinstance(reply, Reply)
    return reply


def test_a_stream_brings_text_and_then_the_reply(api: MessagesAPI, endpoint: Endpoint, call: Call) -> None:
    api.answer = lambda request: Answer("A longer answer in several pieces.", usage={"output_tokens": 9})
    *deltas, reply = client.stream(endpoint, call)
    assert all(isinstance(delta, TextDelta) for delta in deltas) and len(deltas) > 1
    assert isinstance(reply, Reply)
    assert "".join(delta.text for delta in deltas) == reply.text == "A longer answer in several pieces."
    assert reply.usage.output_tokens == 9
    assert 0 < reply.first_text_seconds <= reply.seconds


def test_text_arrives_while_the_answer_is_written(api: MessagesAPI, endpoint: Endpoint, call: Call) -> None:
    api.go_on.clear()
    api.answer = lambda request: "This takes several events to say."
    events = client.stream(endpoint, call)
    first = next(events)
    assert isinstance(first, TextDelta) and api.calls[0].ended is None
    api.go_on.set()
    *_, reply = events
    assert isinstance(reply, Reply) and reply.text == "This takes several events to say." != first.text


def test_closing_a_stream_hangs_up(api: MessagesAPI, endpoint: Endpoint, call: Call) -> None:
    api.gap = 0.02
    api.answer = lambda request: "word " * 2000
    events = client.stream(endpoint, call)
    next(events)
    events.close()
    until = time.monotonic() + 5
    while api.calls[0].ended is None and time.monotonic() < until:
        time.sleep(0.01)
    assert api.calls[0].ended, "the server noticed that nobody reads on"


@pytest.mark.parametrize("streamed", [False, True])
def test_a_refusal_keeps_its_category(
    api: MessagesAPI, endpoint: Endpoint, call: Call, streamed: bool
) -> None:
    api.answer = lambda request: Answer("", refusal={"category": "bio", "explanation": "Could enable harm."})
    reply = last(endpoint, call) if streamed else client.create(endpoint, call)
    assert reply.stop_reason == "refusal"
    assert reply.refusal == Refusal("bio", "Could enable harm.")


def test_cache_use_is_counted_apart(api: MessagesAPI, endpoint: Endpoint, call: Call) -> None:
    used = {
        "input_tokens": 5,
        "output_tokens": 1,
        "cache_read_input_tokens": 900,
        "cache_creation_input_tokens": 300,
        "cache_creation": {"ephemeral_1h_input_tokens": 100, "ephemeral_5m_input_tokens": 200},
    }
    api.answer = lambda request: Answer("Yes.", usage=used)
    usage = client.create(endpoint, call).usage
    assert usage == Usage(5, 1, cache_read_tokens=900, cache_write_tokens=200, cache_write_1h_tokens=100)
    assert usage.total_input == 1205


def test_a_long_system_prompt_is_marked_for_the_cache(
    api: MessagesAPI, endpoint: Endpoint, call: Call
) -> None:
    long = replace(call, system="Answer from the product pages. " * 300)
    client.create(endpoint, long)
    client.create(endpoint, replace(long, cache="off"))
    client.create(endpoint, replace(long, cache="conversation"))
    marked, plain, both = (served.request.body for served in api.calls)
    assert marked["system"][0]["cache_control"] == {"type": "ephemeral"}
    assert plain["system"] == long.system
    assert both["messages"][-1]["content"][0]["cache_control"] == {"type": "ephemeral"}


def test_a_short_system_prompt_is_not_marked(api: MessagesAPI, endpoint: Endpoint, call: Call) -> None:
    client.create(endpoint, replace(call, cache="conversation"))
    assert "cache_control" not in str(api.calls[0].request.body)


def test_limits_are_read_from_the_headers(api: MessagesAPI, endpoint: Endpoint, call: Call) -> None:
    name = "anthropic-ratelimit"
    api.headers = {
        f"{name}-requests-limit": "50",
        f"{name}-requests-remaining": "49",
        f"{name}-input-tokens-limit": "30000",
        f"{name}-input-tokens-remaining": "29000",
        f"{name}-output-tokens-limit": "nonsense",
    }
    assert client.create(endpoint, call).limits == Limits(Limit(50, 49), Limit(30000, 29000), None)


def test_tokens_are_counted(endpoint: Endpoint, call: Call) -> None:
    assert client.count_tokens(endpoint, call) > 5


@pytest.mark.parametrize(
    ("fault", "kind", "retryable"),
    [
        ("bad_request", "bad_request", False),
        ("refused_key", "refused_key", False),
        ("not_found", "not_found", False),
        ("too_large", "bad_request", False),
        ("limited", "limited", True),
        ("server", "server", True),
        ("overloaded", "overloaded", True),
        ("reset", "network", True),
        ("truncated", "malformed", True),
        ("malformed", "malformed", True),
        ("redirect", "malformed", False),
    ],
)
@pytest.mark.parametrize("streamed", [False, True])
def test_every_failure_has_a_kind(
    api: MessagesAPI, endpoint: Endpoint, call: Call, fault: str, kind: str, retryable: bool, streamed: bool
) -> None:
    api.fail_next(Fault(fault))
    error = failure(endpoint, call, streamed=streamed)
    assert (error.kind, error.retryable) == (kind, retryable)
    assert str(error).endswith(".") and error.what_to_do
    assert len(api.calls) <= 1, "one attempt, no hidden retries"


def test_the_providers_own_words_are_kept(api: MessagesAPI, endpoint: Endpoint, call: Call) -> None:
    api.fail_next(Fault("bad_request", message="tools.0.name:\n too long, key sk-ant-abcdefgh1234"))
    error = failure(endpoint, call)
    assert error.message == "The provider does not accept this request: tools.0.name: too long, key [key]."
    assert (error.http_status, error.request_id) == (400, "req_bad_request")


@pytest.mark.parametrize(
    ("header", "seconds"), [("7", 7.0), ("0.5", 0.5), ("99999999", 3600.0), ("soon", None)]
)
def test_retry_after_is_kept(
    api: MessagesAPI, endpoint: Endpoint, call: Call, header: str, seconds: float | None
) -> None:
    api.fail_next(Fault("limited", retry_after=header))
    assert failure(endpoint, call).retry_after == seconds


def test_an_error_in_the_middle_of_a_stream_is_what_it_says(
    api: MessagesAPI, endpoint: Endpoint, call: Call
) -> None:
    api.fail_next(Fault("error_event"))
    error = failure(endpoint, call, streamed=True)
    assert (error.kind, error.retryable) == ("overloaded", True)


def test_a_wrong_key_is_refused(api: MessagesAPI, call: Call) -> None:
    error = failure(Endpoint("Test", api.url, "another-key"), call)
    assert error.kind == "refused_key" and "another-key" not in str(error)


def test_an_endpoint_that_is_down_is_said_to_be_down(call: Call) -> None:
    with messages_api() as api:
        gone = Endpoint("Test", api.url, api.key)
    error = failure(gone, call)
    assert error.kind == "network" and error.retryable
    assert error.message == "The provider cannot be reached: nothing listens at its address."


def test_an_endpoint_that_came_back_is_found_again(call: Call) -> None:
    with messages_api() as first:
        endpoint = Endpoint("Test", first.url, first.key)
        client.create(endpoint, call)
    with messages_api(port=int(endpoint.base_url.rsplit(":", 1)[1])) as second:
        assert client.create(endpoint, call).text
        assert len(second.calls) == 1


def test_a_missing_socket_is_said_to_be_down(call: Call) -> None:
    assert failure(Endpoint("Test", "unix:/tmp/remit-nowhere.sock", "x"), call).kind == "network"


@pytest.mark.parametrize("fault", ["hang", "drip"])
def test_the_deadline_bounds_the_whole_call(
    api: MessagesAPI, endpoint: Endpoint, call: Call, fault: str
) -> None:
    api.fail_next(Fault(fault))
    started = time.monotonic()
    assert failure(endpoint, replace(call, deadline=0.3)).kind == "timeout"
    assert time.monotonic() - started < 10


def test_the_deadline_bounds_a_stream_that_trickles(api: MessagesAPI, endpoint: Endpoint, call: Call) -> None:
    api.gap = 0.05
    api.answer = lambda request: "word " * 1000
    started = time.monotonic()
    assert failure(endpoint, replace(call, deadline=0.5), streamed=True).kind == "timeout"
    assert 0.4 < time.monotonic() - started < 10  # the whole answer takes fifty


def test_threads_share_one_client_and_its_connections(
    api: MessagesAPI, endpoint: Endpoint, call: Call
) -> None:
    api.latency = 0.05
    clients = set()

    def one(number: int) -> str:
        clients.add(id(client.sdk_client(endpoint)))
        return client.create(
            endpoint, replace(call, messages=({"role": "user", "content": f"no. {number}"},))
        ).text

    with ThreadPoolExecutor(16) as pool:
        texts = list(pool.map(one, range(64)))
    assert texts == [f"Answer 1: no. {number}" for number in range(64)]
    assert len(clients) == 1 and api.max_in_flight == 16


def test_a_deadline_is_the_calls_own_and_not_its_threads(
    api: MessagesAPI, endpoint: Endpoint, call: Call
) -> None:
    api.fail_next(Fault("hang"))
    assert failure(endpoint, replace(call, deadline=0.2)).kind == "timeout"
    api.latency = 0.4
    assert client.create(endpoint, call).text.startswith("Answer")


def test_a_stream_may_be_read_by_another_thread(api: MessagesAPI, endpoint: Endpoint, call: Call) -> None:
    events = client.stream(endpoint, call)
    next(events)
    rest: list[object] = []
    thread = threading.Thread(target=lambda: rest.extend(events))
    thread.start()
    thread.join(5)
    assert isinstance(rest[-1], Reply)


@pytest.mark.parametrize(
    "body",
    [
        "[]",
        '"text"',
        "<html>hello</html>",
        '{"type": "message"}',
        '{"type": "message", "content": [{"type": "text"}], "stop_reason": "end_turn", "usage": {}}',
        '{"type": "message", "content": [], "stop_reason": "end_turn", "usage": {"input_tokens": "many"}}',
    ],
)
def test_what_is_no_message_is_malformed(api: MessagesAPI, endpoint: Endpoint, call: Call, body: str) -> None:
    api.fail_next(Fault("raw", message=body))
    assert failure(endpoint, call).kind == "malformed"


def test_a_stop_cuts_off_what_is_being_written(api: MessagesAPI, endpoint: Endpoint, call: Call) -> None:
    api.gap = 0.02
    api.answer = lambda request: "word " * 2000
    stop = Stop()
    events = client.stream(endpoint, call, stop)
    said = [next(events) for _ in range(3)]
    threading.Timer(0.1, stop.ask).start()
    *more, reply = events
    text = "".join(delta.text for delta in [*said, *more] if isinstance(delta, TextDelta))
    assert isinstance(reply, Reply)
    assert (reply.stop_reason, reply.text) == ("stopped", text)
    assert len(text) < 5000
    assert reply.usage.input_tokens > 0 and reply.usage.output_tokens == pytest.approx(len(text) / 4, rel=0.5)
    assert wait_until(lambda: api.calls[0].ended is not None, within=5), "the server noticed it"


@pytest.mark.parametrize("silence", ["before the answer", "inside it"])
def test_a_stop_wakes_who_waits_for_a_silent_provider(
    api: MessagesAPI, endpoint: Endpoint, call: Call, silence: str
) -> None:
    if silence == "inside it":
        api.gap = 20.0
    else:
        api.fail_next(Fault("hang"))
    stop = Stop()
    threading.Timer(0.3, stop.ask).start()
    started = time.monotonic()
    *_, reply = client.stream(endpoint, call, stop)
    assert time.monotonic() - started < 5
    assert isinstance(reply, Reply) and reply.stop_reason == "stopped" and reply.content == ()
    assert reply.usage.input_tokens > 0 and reply.model == call.model


def test_a_call_that_is_stopped_already_is_never_read(
    api: MessagesAPI, endpoint: Endpoint, call: Call
) -> None:
    stop = Stop()
    stop.ask()
    (reply,) = client.stream(endpoint, call, stop)
    assert isinstance(reply, Reply) and reply.stop_reason == "stopped"


def test_a_stop_that_comes_too_late_changes_nothing(api: MessagesAPI, endpoint: Endpoint, call: Call) -> None:
    stop = Stop()
    *_, reply = client.stream(endpoint, call, stop)
    stop.ask()
    assert isinstance(reply, Reply) and reply.stop_reason == "end_turn"
    assert client.create(endpoint, call).stop_reason == "end_turn", (
        "the connection may be another call's by now"
    )


def test_a_provider_is_told_nothing_of_samples(api: MessagesAPI, endpoint: Endpoint, call: Call) -> None:
    client.create(endpoint, replace(call, sample=3))
    assert not [name for name in api.calls[0].request.headers if name.startswith("x-remit")]
    assert "sample" not in api.calls[0].request.body
