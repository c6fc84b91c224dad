"""A view of the messages of one request: who said what last, what tools answered."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Message = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ToolAnswer:
    """What a tool gave back for one use of it."""

    name: str
    input: Mapping[str, Any]
    content: Any  # decoded JSON where it is JSON
    failed: bool


@dataclass(frozen=True, slots=True)
class Conversation:
    said: tuple[str, ...]  # by the user, in order; tool results left out
    replies: tuple[str, ...]  # the assistant's text after each of them, whatever number of steps it took
    answers: tuple[ToolAnswer, ...]  # everything that tools gave back
    fresh: tuple[ToolAnswer, ...]  # those since the user last said something

    @property
    def last(self) -> str:
        return self.said[-1] if self.said else ""

    @property
    def last_reply(self) -> str:
        """What the assistant said before the user's last words."""
        return self.replies[-2] if len(self.replies) > 1 else ""


def view(messages: Sequence[Message]) -> Conversation:
    said: list[str] = []
    replies: list[str] = []
    uses: dict[str, Mapping[str, Any]] = {}
    answers: list[ToolAnswer] = []
    fresh: list[ToolAnswer] = []
    for message in messages:
        blocks = blocks_of(message)
        text = "\n".join(block["text"] for block in blocks if block["type"] == "text").strip()
        if message["role"] == "assistant":
            uses.update({block["id"]: block for block in blocks if block["type"] == "tool_use"})
            if replies:
                replies[-1] = f"{replies[-1]} {text}".strip()
            continue
        given = [_answer(block, uses) for block in blocks if block["type"] == "tool_result"]
        answers += given
        fresh = given if text else fresh + given
        if text:
            said.append(text)
            replies.append("")
    return Conversation(tuple(said), tuple(replies), tuple(answers), tuple(fresh))


def blocks_of(message: Message) -> list[Mapping[str, Any]]:
    content = message["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) else list(content)


def _answer(block: Mapping[str, Any], uses: Mapping[str, Mapping[str, Any]]) -> ToolAnswer:
    use = uses.get(block.get("tool_use_id", ""), {})
    return ToolAnswer(use.get("name", ""), use.get("input", {}), _content(block), bool(block.get("is_error")))


def _content(block: Mapping[str, Any]) -> Any:
    content = block.get("content", "")
    text = content if isinstance(content, str) else "".join(part.get("text", "") for part in content)
    try:
        return json.loads(text)
    except ValueError:
        return text
