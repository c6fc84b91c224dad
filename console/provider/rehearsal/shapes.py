"""An answer in the shapes of the Messages API: a message, the events of a stream, what it used."""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

from console.provider.rehearsal.answer import Answer, answer

PREFIX = "rehearsal-"  # before the model's name: nobody can take the answer for a model's
CACHE_MINIMUM = 1024
CACHE_SECONDS = 300.0
EXPLANATION = "This request was stopped in rehearsal because it asks for something that could cause harm."
Json = dict[str, Any]


def message(request: Mapping[str, Any], cache: PromptCache, sample: int = 1) -> Json:
    """The whole message that answers a checked request. ``sample``: which of several answers to it."""
    given = answer(request, sample)
    text, stop, sequence = _cut(given, request)
    content = _content(given, text, stop, request)
    return {
        "id": f"msg_rehearsal_{_digest(request, content)}",
        "type": "message",
        "role": "assistant",
        "model": PREFIX + request["model"],
        "content": content,
        "stop_reason": stop,
        "stop_sequence": sequence,
        "stop_details": {"type": "refusal", "category": given.refusal, "explanation": EXPLANATION}
        if given.refusal
        else None,
        "usage": _usage(request, content, cache),
    }


def _cut(given: Answer, request: Mapping[str, Any]) -> tuple[str, str, str | None]:
    """The text up to the first stop sequence and the most tokens, and why it stops there."""
    if given.refusal:
        return "", "refusal", None
    text, stop, sequence = given.text, "tool_use" if given.tool else "end_turn", None
    found = [(text.find(stop), stop) for stop in request.get("stop_sequences", ()) if stop in text]
    if found:
        position, sequence = min(found)
        text, stop = text[:position], "stop_sequence"
    pieces = re.findall(r"\s*\S+\s?", text)
    room = request["max_tokens"]
    for index, piece in enumerate(pieces):
        room -= tokens_in(piece)
        if room < 0:
            return "".join(pieces[:index]).rstrip(), "max_tokens", None
    return text, stop, sequence


def _content(given: Answer, text: str, stop: str, request: Mapping[str, Any]) -> list[Json]:
    content: list[Json] = [{"type": "text", "text": text}] if text else []
    if given.tool and stop == "tool_use":
        use = {"name": given.tool.name, "input": dict(given.tool.input)}
        content.append({"type": "tool_use", "id": f"toolu_rehearsal_{_digest(request, use)}", **use})
    return content


def _digest(*values: Any) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:24]


def events(whole: Json) -> Iterator[tuple[str, Json]]:
    """The events that stream a message, in the API's order."""
    begun = {**whole, "content": [], "stop_reason": None, "stop_sequence": None, "stop_details": None}
    yield "message_start", {"message": {**begun, "usage": {**whole["usage"], "output_tokens": 1}}}
    for index, block in enumerate(whole["content"]):
        is_text = block["type"] == "text"
        yield (
            "content_block_start",
            {"index": index, "content_block": {**block, **({"text": ""} if is_text else {"input": {}})}},
        )
        if index == 0:
            yield "ping", {}
        for piece in _pieces(block["text"] if is_text else json.dumps(block["input"])):
            delta = (
                {"type": "text_delta", "text": piece}
                if is_text
                else {"type": "input_json_delta", "partial_json": piece}
            )
            yield "content_block_delta", {"index": index, "delta": delta}
        yield "content_block_stop", {"index": index}
    ended = {name: whole[name] for name in ("stop_reason", "stop_sequence", "stop_details")}
    yield "message_delta", {"delta": ended, "usage": whole["usage"]}
    yield "message_stop", {}


def _pieces(text: str) -> list[str]:
    """A few words at a time; together they are the text, space for space."""
    return re.findall(r"(?:\s*\S+){1,4}\s*|\s+", text)


def tokens_in(text: str) -> int:
    return max(1, round(len(text.encode("utf-8", "surrogatepass")) / 4)) if text else 0


def input_tokens(request: Mapping[str, Any]) -> int:
    parts = (request.get("system", ""), request.get("tools", ""), request.get("messages", ""))
    return sum(tokens_in(part if isinstance(part, str) else json.dumps(part)) for part in parts if part) + 4


def _usage(request: Mapping[str, Any], content: list[Json], cache: PromptCache) -> Json:
    read, written = cache.use(request)
    return {
        "input_tokens": max(1, input_tokens(request) - read - written),
        "output_tokens": max(1, tokens_in(json.dumps(content))),
        "cache_read_input_tokens": read,
        "cache_creation_input_tokens": written,
        "cache_creation": {"ephemeral_5m_input_tokens": written, "ephemeral_1h_input_tokens": 0},
        "service_tier": "standard",
    }


class PromptCache:
    """Remembers marked prefixes for five minutes, so that usage tells of reading and writing them. Changes no answer."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}
        self._lock = threading.Lock()

    def use(self, request: Mapping[str, Any]) -> tuple[int, int]:
        """Tokens read from the cache, and written to it."""
        system = request.get("system", "")
        if not isinstance(system, list) or not any("cache_control" in block for block in system):
            return 0, 0
        prefix = json.dumps([request["model"], request.get("tools", []), system], sort_keys=True)
        tokens = tokens_in(prefix)
        if tokens < CACHE_MINIMUM:
            return 0, 0
        return (tokens, 0) if self._known(prefix) else (0, tokens)

    def _known(self, prefix: str) -> bool:
        name, now = hashlib.sha256(prefix.encode()).hexdigest(), time.monotonic()
        with self._lock:
            self._until = {key: until for key, until in self._until.items() if until > now}
            known = name in self._until
            self._until[name] = now + CACHE_SECONDS
            return known
