"""The values that go to a provider and come back: a call, a reply, what it used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Block = Mapping[str, Any]  # one content block, exactly as the Messages API writes it
Message = Mapping[str, Any]  # {"role": …, "content": text or blocks}
Caching = Literal["off", "system", "conversation"]
STOPPED = "stopped"  # the stop reason of a reply that somebody here ended; the API has none of this name


@dataclass(frozen=True, slots=True)
class Call:
    """One request for one message."""

    model: str
    messages: tuple[Message, ...]
    system: str = ""
    max_tokens: int = 1024
    tools: tuple[Block, ...] = ()  # name, description, input_schema: nothing else crosses the wire
    tool_choice: Block | None = None
    effort: str | None = None
    thinking: Block | None = None
    stop_sequences: tuple[str, ...] = ()
    output_schema: Mapping[str, Any] | None = None
    # "conversation" also marks the last message: worth its price only when another turn will follow.
    cache: Caching = "system"
    deadline: float = 120.0  # seconds, from connect to the last byte
    sample: int = 1  # of a conversation that is held several times: only the rehearsal needs to be told


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one or more calls. The three kinds of input do not overlap."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0  # kept for five minutes
    cache_write_1h_tokens: int = 0

    @property
    def total_input(self) -> int:
        return (
            self.input_tokens + self.cache_read_tokens + self.cache_write_tokens + self.cache_write_1h_tokens
        )

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cache_read_tokens + other.cache_read_tokens,
            self.cache_write_tokens + other.cache_write_tokens,
            self.cache_write_1h_tokens + other.cache_write_1h_tokens,
        )


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the provider's classifiers stopped the answer, as far as it says."""

    category: str | None = None
    explanation: str | None = None


@dataclass(frozen=True, slots=True)
class ToolUse:
    id: str
    name: str
    input: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Limit:
    """One rate limit as the headers of an answer state it: so many a minute, so many left."""

    per_minute: int
    remaining: int


@dataclass(frozen=True, slots=True)
class Limits:
    requests: Limit | None = None
    input_tokens: Limit | None = None
    output_tokens: Limit | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole message, with what it used."""

    id: str
    model: str
    content: tuple[Block, ...]
    stop_reason: str
    usage: Usage
    stop_sequence: str | None = None
    refusal: Refusal | None = None
    rehearsal: bool = False
    request_id: str | None = None
    seconds: float = 0.0
    first_text_seconds: float | None = None
    limits: Limits = field(default=Limits())
    batch: bool = False  # answered in a message batch, and so at its prices

    @property
    def text(self) -> str:
        return "".join(block["text"] for block in self.content if block["type"] == "text")

    @property
    def tool_uses(self) -> tuple[ToolUse, ...]:
        return tuple(
            ToolUse(block["id"], block["name"], block["input"])
            for block in self.content
            if block["type"] == "tool_use"
        )


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of text as it arrives."""

    text: str
