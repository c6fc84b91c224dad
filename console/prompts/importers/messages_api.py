"""The Messages API: a request's parameters, as programs send them, or as Remit and batches wrap them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from console.prompts.importers.base import Read
from console.prompts.importers.building import build
from console.prompts.importers.chat import are_messages, text_of

TITLE = "a request to the Messages API"
_API = frozenset(
    ["model", "messages", "max_tokens", "tools", "thinking", "output_config", "anthropic_version"]
)


def recognises(name: str, data: Any) -> bool:
    request = _request(data)
    if not isinstance(request, Mapping) or not isinstance(request.get("system"), str | list):
        return False
    return set(request) == {"system"} or bool(_API & set(request))


def read(name: str, data: Any) -> Iterator[Read]:
    request = _request(data)
    messages = request.get("messages")
    named = [data.get("slug"), data.get("name"), data.get("title")]
    yield build(
        TITLE,
        name=next((name for name in named if isinstance(name, str) and name.strip()), ""),
        system=text_of(request["system"]),
        messages=messages if are_messages(messages) else (),
        config=request,
        own=("system", "messages", "anthropic_version", "slug", "name", "title"),
    )


def _request(data: Any) -> Any:
    """The parameters themselves, out of what an export of Remit or a line of a batch puts around them."""
    if not isinstance(data, Mapping):
        return None
    return next(
        (data[key] for key in ("config", "params", "body") if isinstance(data.get(key), Mapping)), data
    )
