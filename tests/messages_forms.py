"""What the scripted Messages API reads and says: requests, answers, faults, and their bytes on the wire."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

STATUSES = {
    "bad_request": (400, "invalid_request_error", "max_tokens: must be at least 1"),
    "refused_key": (401, "authentication_error", "invalid x-api-key"),
    "not_found": (404, "not_found_error", "model: nobody-1"),
    "too_large": (413, "request_too_large", "Request exceeds the maximum size"),
    "limited": (429, "rate_limit_error", "This request would exceed your rate limit"),
    "server": (500, "api_error", "Internal server error"),
    "overloaded": (529, "overloaded_error", "Overloaded"),
}
# Kinds without a status of their own: reset (RST instead of an answer), truncated (half the answer, then closed),
# malformed (200 with what is no message), error_event (an error in the middle of a stream), redirect, hang (no answer
# until the client gives up), drip (an answer a byte at a time), raw (200 with ``message`` as the whole body).


@dataclass(frozen=True, slots=True)
class Fault:
    kind: str
    retry_after: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Faults:
    """Shares of calls that fail."""

    limited: float = 0.0
    overloaded: float = 0.0
    server: float = 0.0
    reset: float = 0.0
    truncated: float = 0.0
    malformed: float = 0.0
    seed: int = 1
    retry_after: str | None = "1"

    def draw(self, number: int) -> Fault | None:
        value = random.Random(f"{self.seed}/{number}").random()
        for kind in ("limited", "overloaded", "server", "reset", "truncated", "malformed"):
            value -= getattr(self, kind)
            if value < 0:
                return Fault(kind, self.retry_after if kind == "limited" else None)
        return None


@dataclass(frozen=True, slots=True)
class Request:
    """One call as the server read it. ``number`` counts from 1."""

    number: int
    body: Mapping[str, Any]
    headers: Mapping[str, str]

    @property
    def system(self) -> str:
        system = self.body.get("system", "")
        return system if isinstance(system, str) else "".join(block["text"] for block in system)

    @property
    def last_text(self) -> str:
        return text_of(self.body["messages"][-1]["content"])

    @property
    def turn(self) -> int:
        """User messages so far that say something, tool results not counted."""
        return sum(
            1
            for message in self.body["messages"]
            if message["role"] == "user" and text_of(message["content"])
        )


@dataclass(frozen=True, slots=True)
class Answer:
    text: str = "Hello."
    tool_uses: tuple[tuple[str, Mapping[str, Any]], ...] = ()  # (name, input)
    stop_reason: str | None = None
    refusal: Mapping[str, Any] | None = None  # {"category": …, "explanation": …}
    usage: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Served:
    """One call and what became of it, listed as soon as it arrives. ``outcome``: "ok" or the kind of fault."""

    request: Request
    started: float
    fault: Fault | None = None
    outcome: str = "begun"
    spoke: float | None = None  # when its first piece of text was sent, where it was streamed
    ended: float | None = None


def text_of(content: object) -> str:
    if isinstance(content, str):
        return content
    return "".join(block["text"] for block in content if block["type"] == "text")  # type: ignore[attr-defined]


def message_of(answer: Answer, request: Request) -> dict[str, Any]:
    content: list[dict[str, Any]] = [{"type": "text", "text": answer.text}] if answer.text else []
    for index, (name, given) in enumerate(answer.tool_uses):
        content.append(
            {"type": "tool_use", "id": f"toolu_{request.number}_{index}", "name": name, "input": given}
        )
    stop = answer.stop_reason or (
        "refusal" if answer.refusal else "tool_use" if answer.tool_uses else "end_turn"
    )
    return {
        "id": f"msg_{request.number}",
        "type": "message",
        "role": "assistant",
        "model": request.body["model"],
        "content": content,
        "stop_reason": stop,
        "stop_sequence": None,
        "stop_details": {"type": "refusal", **answer.refusal} if answer.refusal else None,
        "usage": {
            "input_tokens": len(json.dumps(request.body["messages"])) // 4,
            "output_tokens": max(1, len(answer.text) // 4),
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            **answer.usage,
        },
    }


def events_of(message: dict[str, Any]) -> Iterator[bytes]:
    usage = message["usage"]
    start = {
        **message,
        "content": [],
        "stop_reason": None,
        "stop_details": None,
        "usage": {**usage, "output_tokens": 1},
    }
    yield event_of("message_start", {"message": start})
    for index, block in enumerate(message["content"]):
        is_text = block["type"] == "text"
        empty = {**block, "text": ""} if is_text else {**block, "input": {}}
        yield event_of("content_block_start", {"index": index, "content_block": empty})
        pieces = _pieces(block["text"] if is_text else json.dumps(block["input"]))
        for piece in pieces:
            delta = (
                {"type": "text_delta", "text": piece}
                if is_text
                else {"type": "input_json_delta", "partial_json": piece}
            )
            yield event_of("content_block_delta", {"index": index, "delta": delta})
        yield event_of("content_block_stop", {"index": index})
    stop = {name: message[name] for name in ("stop_reason", "stop_sequence", "stop_details")}
    yield event_of("message_delta", {"delta": stop, "usage": {"output_tokens": usage["output_tokens"]}})
    yield event_of("message_stop", {})


def _pieces(text: str, size: int = 12) -> Iterator[str]:
    return (text[start : start + size] for start in range(0, len(text), size))


def event_of(name: str, data: dict[str, Any]) -> bytes:
    return f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n".encode()


def model_of(name: str) -> dict[str, Any]:
    return {
        "type": "model",
        "id": name,
        "display_name": name.title(),
        "created_at": "2026-09-01T00:00:00Z",
        "lifecycle": "active",
    }
