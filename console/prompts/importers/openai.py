"""OpenAI: requests to Chat Completions and Responses, stored responses and assistants; a prompt object is only a reference."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from console.prompts.importers.base import Left, Read, Skipped
from console.prompts.importers.building import build
from console.prompts.importers.chat import are_messages

TITLE = "a request to OpenAI's API"
_CHAT, _RESPONSES, _ASSISTANT = "a Chat Completions request", "a Responses request", "an OpenAI assistant"
_API = frozenset(
    [
        "model",
        "input",
        "messages",
        "tools",
        "object",
        "text",
        "reasoning",
        "max_output_tokens",
        "temperature",
        "store",
        "prompt",
    ]
)
# Of a stored object: what it is and what came of it, nothing that was asked for.
_RECORD = frozenset(
    [
        "id",
        "object",
        "created",
        "created_at",
        "status",
        "output",
        "output_text",
        "usage",
        "error",
        "incomplete_details",
        "billing",
        "completed_at",
        "description",
    ]
)


def recognises(name: str, data: Any) -> bool:
    if isinstance(data, list):
        return are_messages(data)
    if not isinstance(data, Mapping):
        return False
    if _reference(data) or data.get("object") in ("response", "assistant", "prompt"):
        return True
    if isinstance(data.get("instructions"), str | list) and (
        set(data) == {"instructions"} or _API & set(data)
    ):
        return True
    if are_messages(data.get("input")):
        return True
    return are_messages(data.get("messages")) and not isinstance(data.get("system"), str | list)


def read(name: str, data: Any) -> Iterator[Read]:
    if isinstance(data, list):
        data = {"messages": data}
    messages = [
        *_items(data.get("instructions"), "system"),
        *_items(data.get("messages"), "user"),
        *_items(data.get("input"), "user"),
    ]
    left: list[Left] = []
    if reference := _reference(data):
        why = "its words are kept by OpenAI: copy them from its dashboard, or from the instructions of a stored response"
        if not _has_orders(messages):
            yield Skipped(reference, f"It only names a prompt object: {why}.")
            return
        left.append(Left(f"the prompt object {reference}", why))
    title = data.get("name")
    yield build(
        _form(data),
        name=title if isinstance(title, str) else "",
        messages=messages,
        syntax="mustache" if reference else "plain",
        config=data,
        own=_RECORD | {"messages", "input", "instructions", "prompt", "name", "version", "variables"},
        left=left,
    )


def _has_orders(messages: Iterable[Any]) -> bool:
    """Whether any message is the operator's: what a user said beside a stored prompt is no prompt."""
    return any(isinstance(one, Mapping) and one.get("role") in ("system", "developer") for one in messages)


def _form(data: Mapping[str, Any]) -> str:
    if data.get("object") == "assistant":
        return _ASSISTANT
    return _CHAT if "messages" in data else _RESPONSES


def _items(value: Any, role: str) -> list[Any]:
    """Messages, or one of ``role`` where it is a bare text."""
    if isinstance(value, str):
        return [{"role": role, "content": value}]
    return value if isinstance(value, list) else []


def _reference(data: Mapping[str, Any]) -> str:
    """The id of a prompt object, where the request names one or is one."""
    prompt = data.get("prompt", data)
    id = prompt.get("id") if isinstance(prompt, Mapping) else None
    return id[:100] if isinstance(id, str) and id.startswith("pmpt_") else ""
