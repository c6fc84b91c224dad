"""A conversation as the chat APIs and tools write it: what of it is the prompt, what are examples, what stays behind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from console.prompts.importers.base import Left

_SYSTEM = ("system", "developer")
_USER = ("user", "human")
_ASSISTANT = ("assistant", "model", "ai")
_WHY = {
    "image": "a prompt of Remit is text; send it with the conversation",
    "file": "a prompt of Remit is text; send it with the conversation",
    "sound": "a prompt of Remit is text; send it with the conversation",
    "tool call": "a prompt holds no calls; say in a section when a tool is to be used",
}


@dataclass(slots=True)
class Chat:
    """``system``: texts of the system and developer messages. ``examples``: answered turns. ``opening``: the user's unanswered words."""

    system: list[str] = field(default_factory=list)
    examples: list[tuple[str, str]] = field(default_factory=list)
    opening: list[str] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)


def is_message(value: Any) -> bool:
    """Whether it has the form that all of them share."""
    return (
        isinstance(value, Mapping)
        and isinstance(value.get("role"), str)
        and isinstance(value.get("content"), str | list | None)
    )


def are_messages(value: Any) -> bool:
    return isinstance(value, list) and any(is_message(message) for message in value)


def read_chat(messages: Iterable[Any]) -> Chat:
    chat, counts = Chat(), Counter[str]()
    for message in messages:
        if not isinstance(message, Mapping):
            continue
        if message.get("type") == "placeholder":  # Langfuse: the application puts messages there
            name = str(message.get("name", ""))[:60]
            chat.left.append(Left(f"the placeholder {name}", "the messages there come from your application"))
            continue
        text = text_of(message.get("content"), counts)
        _take(chat, str(message.get("role", "")).lower(), text, counts)
        calls = message.get("tool_calls")
        counts["tool call"] += len(calls) if isinstance(calls, list) else 0
    chat.left += [Left(_counted(n, what), _WHY[what]) for what, n in counts.items() if n]
    return chat


def _take(chat: Chat, role: str, text: str, counts: Counter[str]) -> None:
    if role in _SYSTEM:
        chat.system.append(text)
    elif role in _USER and text.strip():
        chat.opening.append(text)
    elif role in _ASSISTANT and text.strip():
        chat.examples.append(("\n\n".join(chat.opening), text))
        chat.opening = []
    elif (
        role not in _USER + _ASSISTANT
    ):  # results of tools, and items of the Responses API that are no message
        counts["tool call"] += 1


def examples_text(examples: Iterable[tuple[str, str]]) -> str:
    """Answered turns as a section of examples shows them."""
    blocks = []
    for user, answer in examples:
        said = f"User: {user.strip()}\n" if user.strip() else ""
        blocks.append(f"<example>\n{said}Assistant: {answer.strip()}\n</example>")
    return "\n\n".join(blocks)


def text_of(value: Any, counts: Counter[str] | None = None) -> str:
    """A text, or the text blocks of a list; what is no text is counted."""
    if isinstance(value, str):
        return value
    texts = []
    for block in value if isinstance(value, list) else []:
        text = block if isinstance(block, str) else block.get("text") if isinstance(block, Mapping) else None
        if isinstance(text, str):
            texts.append(text)
        elif counts is not None and isinstance(block, Mapping):
            counts[_kind(str(block.get("type", "")))] += 1
    return "\n\n".join(texts)


def _kind(type: str) -> str:
    if "image" in type:
        return "image"
    return "sound" if "audio" in type else "tool call" if "tool" in type else "file"


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number > 1)}"
