"""The real SDK against the stand-in: it must take it for the provider in everything but its name."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import urllib.request
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from console.provider import batches, catalogue, client
from console.provider.calls import Call, Refusal, Reply, TextDelta
from console.provider.endpoints import NO_KEY, Endpoint
from console.provider.errors import ProviderError
from console.provider.pricing import REHEARSAL_PREFIX
from console.provider.rehearsal.batches import Batches
from console.provider.rehearsal.server import RehearsalServer, serve
from console.provider.rehearsal.shapes import PREFIX

BANK = "You are Aria, the assistant of Meridian Bank. You help customers with accounts, cards, payments and savings."
FREEZE = {
    "name": "freeze_card",
    "description": "Freeze a lost card.",
    "input_schema": {
        "type": "object",
        "properties": {"card_ref": {"type": "string"}},
        "required": ["card_ref"],
    },
}


def call(text: str, **given: object) -> Call:
    return replace(Call("claude-sonnet-5-5", ({"role": "user", "content": text},), BANK), **given)


def test_a_message_is_marked_as_rehearsal(rehearsal: Endpoint) -> None:
    reply = client.create(rehearsal, call("How do I freeze a lost card?"))
    assert "Freeze the card first" in reply.text
    assert reply.model == "rehearsal-claude-sonnet-5-5"
    assert reply.rehearsal and reply.stop_reason == "end_turn"
    assert reply.usage.input_tokens > 20 and reply.usage.output_tokens > 20
    assert reply.request_id and reply.limits.requests


def test_the_mark_does_not_depend_on_who_calls(rehearsal: Endpoint) -> None:
    disguised = Endpoint("Gateway", rehearsal.base_url, "sk-ant-1", rehearsal=False)
    assert client.create(disguised, call("Hello")).rehearsal


def test_a_rehearsal_has_the_prefix_that_costs_nothing() -> None:
    assert PREFIX == REHEARSAL_PREFIX


def test_a_stream_says_what_the_whole_message_says(rehearsal: Endpoint) -> None:
    *deltas, streamed = client.stream(rehearsal, call("How do I freeze a lost card?"))
    whole = client.create(rehearsal, call("How do I freeze a lost card?"))
    assert isinstance(streamed, Reply) and len(deltas) > 5
    assert "".join(delta.text for delta in deltas if isinstance(delta, TextDelta)) == whole.text
    assert (streamed.content, streamed.usage) == (whole.content, whole.usage)


@pytest.mark.parametrize("streamed", [False, True])
def test_a_tool_is_used_and_its_answer_reported(rehearsal: Endpoint, streamed: bool) -> None:
    def last(made: Call) -> Reply:
        reply = [*client.stream(rehearsal, made)][-1] if streamed else client.create(rehearsal, made)
        assert isinstance(reply, Reply)
        return reply

    first = call("My card CD-4242 is lost, please freeze it", tools=(FREEZE,))
    reply = last(first)
    assert reply.stop_reason == "tool_use"
    (use,) = reply.tool_uses
    assert (use.name, use.input) == ("freeze_card", {"card_ref": "CD-4242"})
    result = {"type": "tool_result", "tool_use_id": use.id, "content": '{"status": "frozen"}'}
    more = ({"role": "assistant", "content": list(reply.content)}, {"role": "user", "content": [result]})
    told = last(replace(first, messages=(*first.messages, *more)))
    assert told.stop_reason == "end_turn" and "status frozen" in told.text


def test_a_batch_is_answered_as_its_calls_would_be(rehearsal: Endpoint) -> None:
    asked = call("How do I freeze a lost card?")
    made = batches.send(
        rehearsal, [("x_1_1", asked), ("x_2_2", asked), ("x_3_1", replace(asked, model="nobody"))]
    )
    seen = batches.look(rehearsal, made.id)
    assert (seen.status, seen.counts.succeeded, seen.counts.errored) == ("ended", 2, 1)
    assert made.id in [sent.id for sent in batches.recent(rehearsal, made.created_at)]
    outcomes = {answer.custom_id: answer.outcome for answer in batches.answers(rehearsal, made.id)}
    first, second, third = (outcomes[name] for name in ("x_1_1", "x_2_2", "x_3_1"))
    assert isinstance(first, Reply) and first.batch and first.rehearsal and first.request_id == made.id
    assert first.content == client.create(rehearsal, asked).content
    assert isinstance(second, Reply)
    assert second.content == client.create(rehearsal, replace(asked, sample=2)).content
    assert isinstance(third, ProviderError) and third.kind == "not_found"
    with pytest.raises(ProviderError, match="msgbatch_none"):
        batches.look(rehearsal, "msgbatch_none")
    with pytest.raises(ProviderError, match="not unique"):
        batches.send(rehearsal, [("x", asked), ("x", asked)])


def test_a_batch_that_is_cancelled_keeps_what_was_answered() -> None:
    kept = Batches()
    params = {"model": "claude-sonnet-5-5", "max_tokens": 5, "messages": [{"role": "user", "content": "Hi"}]}
    made = kept.make({"requests": [{"custom_id": f"x{n}", "params": params} for n in range(8)]}, seconds=3600)
    batch = kept.get(made["id"])
    assert made["processing_status"] == "in_progress" and made["request_counts"]["processing"] == 8
    batch.created_at -= timedelta(seconds=1800)
    batch.done_at -= timedelta(seconds=1800)
    counts = kept.cancel(batch.id)["request_counts"]
    assert (counts["succeeded"], counts["canceled"], counts["processing"]) == (4, 4, 0)


def test_a_refusal_has_its_category(rehearsal: Endpoint) -> None:
    reply = client.create(rehearsal, call("Write me ransomware for a hospital"))
    assert reply.stop_reason == "refusal" and reply.content == ()
    assert isinstance(reply.refusal, Refusal) and reply.refusal.category == "cyber"


def test_the_most_tokens_are_kept_to(rehearsal: Endpoint) -> None:
    whole = client.create(rehearsal, call("How do I freeze a lost card?"))
    cut = client.create(rehearsal, call("How do I freeze a lost card?", max_tokens=10))
    assert cut.stop_reason == "max_tokens"
    assert whole.text.startswith(cut.text) and 10 < len(cut.text) < 60


def test_a_stop_sequence_stops(rehearsal: Endpoint) -> None:
    reply = client.create(
        rehearsal, call("How do I freeze a lost card?", stop_sequences=("nowhere", " wait"))
    )
    assert (reply.stop_reason, reply.stop_sequence) == ("stop_sequence", " wait")
    assert reply.text == "Freeze the card first; everything else can"


def test_structured_output_fits_its_schema(rehearsal: Endpoint) -> None:
    import json

    import jsonschema

    schema = {
        "type": "object",
        "properties": {
            "verdict": {"enum": ["pass", "fail"]},
            "score": {"type": "integer", "minimum": 1},
            "why": {"type": "string"},
        },
        "required": ["verdict", "score", "why"],
        "additionalProperties": False,
    }
    reply = client.create(rehearsal, call("Judge this", output_schema=schema))
    jsonschema.validate(json.loads(reply.text), schema)


def test_a_long_prompt_is_cached_and_read_again(rehearsal: Endpoint) -> None:
    long = call("Hello", system=BANK + " Answer from the product pages." * 300)
    first, second = (client.create(rehearsal, long) for _ in range(2))
    assert first.usage.cache_write_tokens > 1024 and first.usage.cache_read_tokens == 0
    assert second.usage.cache_read_tokens == first.usage.cache_write_tokens
    assert first.text == second.text


def test_tokens_are_counted(rehearsal: Endpoint) -> None:
    short, long = (client.count_tokens(rehearsal, call(text)) for text in ("Hi", "Hi " * 400))
    assert 20 < short < long - 200


def test_models_are_listed_with_lifecycle_and_abilities(rehearsal: Endpoint) -> None:
    models = {model.id: model for model in catalogue.list_models(rehearsal)}
    sonnet, old = models["claude-sonnet-5-5"], models["claude-sonnet-4-5"]
    assert sonnet.lifecycle == "active" and sonnet.effort == catalogue.EFFORTS
    assert sonnet.thinking == ("adaptive", "between_tools") and sonnet.structured_outputs
    assert old.lifecycle == "deprecated" and old.retires_at and old.retires_at.year == 2026
    assert "(rehearsal)" in sonnet.name
    assert catalogue.find_model(rehearsal, "claude-sonnet-5-5") == sonnet
    assert catalogue.find_model(rehearsal, "nobody-1") is None


def test_one_model_and_pages_of_models(rehearsal: Endpoint) -> None:
    sdk = client.sdk_client(rehearsal)
    assert sdk.models.retrieve("claude-opus-5-5").line == "opus"
    assert [model.id for model in sdk.models.list(limit=3)] == [model.id for model in sdk.models.list()]
    assert [model.id for model in sdk.models.list(lifecycle=["deprecated"])] == ["claude-sonnet-4-5"]


@pytest.mark.parametrize(
    ("key", "kind", "status"),
    [
        ("rehearse-refused", "refused_key", 401),
        ("rehearse-limited", "limited", 429),
        ("rehearse-overloaded", "overloaded", 529),
        ("rehearse-failed", "server", 500),
    ],
)
def test_failures_can_be_rehearsed(rehearsal: Endpoint, key: str, kind: str, status: int) -> None:
    with pytest.raises(ProviderError) as caught:
        client.create(Endpoint("Rehearsal", rehearsal.base_url, key), call("Hello"))
    assert (caught.value.kind, caught.value.http_status) == (kind, status)
    assert caught.value.retry_after == (1.0 if status == 429 else None)


@pytest.mark.parametrize(
    ("given", "kind", "words"),
    [
        ({"model": "nobody-1"}, "not_found", "model: nobody-1"),
        ({"max_tokens": -1}, "bad_request", "max_tokens"),
        ({"max_tokens": 10**6}, "bad_request", "maximum allowed number of output tokens"),
        ({"messages": ()}, "bad_request", "at least one message"),
        ({"messages": ({"role": "user", "content": ""},)}, "bad_request", "non-empty content"),
        ({"messages": ({"role": "assistant", "content": "Hi"},)}, "bad_request", "first message"),
        ({"effort": "huge"}, "bad_request", "output_config.effort"),
        ({"thinking": {"type": "disabled"}}, "bad_request", "thinking.type"),
        ({"stop_sequences": (" ",)}, "bad_request", "non-whitespace"),
        ({"tools": (FREEZE, FREEZE)}, "bad_request", "unique"),
        ({"tools": ({**FREEZE, "name": "freeze card"},)}, "bad_request", "tools.0.name"),
        ({"tools": ({**FREEZE, "reversible": True},)}, "bad_request", "tools.0.reversible"),
    ],
)
def test_what_the_api_would_not_take_is_not_taken(
    rehearsal: Endpoint, given: dict[str, object], kind: str, words: str
) -> None:
    with pytest.raises(ProviderError) as caught:
        client.create(rehearsal, call("Hello", **given))
    assert caught.value.kind == kind and words in caught.value.detail


def test_a_tool_use_without_its_result_is_not_taken(rehearsal: Endpoint) -> None:
    use = {"type": "tool_use", "id": "t1", "name": "freeze_card", "input": {}}
    messages = (
        {"role": "user", "content": "Freeze it"},
        {"role": "assistant", "content": [use]},
        {"role": "user", "content": "Well?"},
    )
    with pytest.raises(ProviderError, match="tool_result"):
        client.create(rehearsal, call("", messages=messages))


def test_unknown_paths_and_bodies_are_answered_like_errors(rehearsal: Endpoint) -> None:
    import json

    def post(path: str, body: bytes) -> tuple[int, str]:
        headers = {"x-api-key": "x", "anthropic-version": "2023-06-01"}
        request = urllib.request.Request(rehearsal.base_url + path, body, headers)
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request)
        return caught.value.code, json.load(caught.value)["error"]["type"]

    assert post("/v1/messages", b"{nonsense") == (400, "invalid_request_error")
    assert post("/v1/messages", b"[1]") == (400, "invalid_request_error")
    assert post("/v1/messages", b"[" * 100_000) == (400, "invalid_request_error")
    assert post("/v1/nothing", b"{}") == (404, "not_found_error")


def test_it_listens_on_a_unix_socket(tmp_path: Path) -> None:
    path = tmp_path / "r.sock"
    server = RehearsalServer(path, latency=0.0)
    serve(server)
    reply = client.create(Endpoint("Rehearsal", f"unix:{path}", NO_KEY), call("Hello"))
    server.shutdown()
    server.server_close()
    assert reply.text and path.stat().st_mode & 0o777 == 0o600
    # What a killed process leaves behind is in nobody's way.
    again = RehearsalServer(path, latency=0.0)
    again.server_close()


def test_the_process_says_where_it_listens_and_ends_when_told() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "console.provider.rehearsal", "--port", "0", "--latency-ms", "0"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    address = process.stdout.readline().removeprefix("Rehearsal endpoint ready at ").strip()
    assert urllib.request.urlopen(f"{address}/healthz").status == 200
    assert client.create(Endpoint("Rehearsal", address, NO_KEY), call("Hello")).text
    process.send_signal(signal.SIGTERM)
    assert process.wait(5) == 0


def test_a_taken_port_is_one_clear_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = subprocess.run(
            [sys.executable, "-m", "console.provider.rehearsal", "--port", str(port)],
            capture_output=True,
            text=True,
            timeout=20,
        )
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1 and "cannot listen" in ended.stderr


def test_the_part_that_the_supervisor_starts_serves(live_rehearsal: str) -> None:
    assert client.create(Endpoint("Rehearsal", live_rehearsal, NO_KEY), call("Hello")).rehearsal


def test_another_sample_is_another_answer_by_the_same_path(rehearsal: Endpoint) -> None:
    asked = ({"role": "user", "content": "I lost my card, how do I freeze it and what happens then?"},)
    call = Call(model="claude-sonnet-5-5", system="You are Aria of Meridian Bank.", messages=asked)
    said = {sample: client.create(rehearsal, replace(call, sample=sample)).text for sample in range(1, 7)}
    assert len(set(said.values())) > 1
    *_, reply = client.stream(rehearsal, replace(call, sample=6))
    assert isinstance(reply, Reply) and reply.text == said[6]
