"""A call in the words of the Messages API."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from console.provider.calls import Call, Message
from console.provider.pricing import cache_minimum

CACHED = {"cache_control": {"type": "ephemeral"}}
CHARACTERS_PER_TOKEN = 3.6  # of English; a little low, so that an estimate errs on the large side


def parameters(call: Call) -> dict[str, Any]:
    """Keyword arguments for ``messages.create``: only what the call states."""
    given: dict[str, Any] = {
        "model": call.model,
        "max_tokens": call.max_tokens,
        **prompt_parameters(call),
    }
    if call.stop_sequences:
        given["stop_sequences"] = list(call.stop_sequences)
    return given


def prompt_parameters(call: Call) -> dict[str, Any]:
    """The part that counting tokens takes too: without max_tokens and stop sequences."""
    given: dict[str, Any] = {"messages": _messages(call)}
    if call.system:
        given["system"] = _system(call)
    if call.tools:
        given["tools"] = [dict(tool) for tool in call.tools]
        if call.tool_choice:
            given["tool_choice"] = dict(call.tool_choice)
    if call.thinking:
        given["thinking"] = dict(call.thinking)
    output = _output_config(call)
    return {**given, "output_config": output} if output else given


def _output_config(call: Call) -> dict[str, Any]:
    config: dict[str, Any] = {}
    if call.effort:
        config["effort"] = call.effort
    if call.output_schema:
        config["format"] = {"type": "json_schema", "schema": dict(call.output_schema)}
    return config


def _system(call: Call) -> str | list[dict[str, Any]]:
    # Tools come before the system text in the prompt, so that one mark covers both.
    prefix = tokens_in(call.system) + sum(tokens_in(json.dumps(tool)) for tool in call.tools)
    if call.cache == "off" or prefix < cache_minimum(call.model, datetime.now(UTC)):
        return call.system
    return [{"type": "text", "text": call.system, **CACHED}]


def _messages(call: Call) -> list[dict[str, Any]]:
    messages = [dict(message) for message in call.messages]
    if call.cache != "conversation" or input_tokens(call) < cache_minimum(call.model, datetime.now(UTC)):
        return messages
    return [*messages[:-1], _marked(messages[-1])]


def _marked(message: Message) -> dict[str, Any]:
    content = message["content"]
    if isinstance(content, str):
        return (
            {**message, "content": [{"type": "text", "text": content, **CACHED}]}
            if content
            else dict(message)
        )
    *earlier, last = content
    return {**message, "content": [*earlier, {**last, **CACHED}]}


def input_tokens(call: Call) -> int:
    """An estimate of the input that needs no request."""
    texts = (call.system, *(json.dumps(tool) for tool in call.tools), *_texts(call.messages))
    return sum(tokens_in(text) for text in texts)


def _texts(messages: tuple[Message, ...]) -> Iterator[str]:
    for message in messages:
        content = message["content"]
        if isinstance(content, str):
            yield content
        else:
            yield from (_block_text(block) for block in content)


def _block_text(block: Mapping[str, Any]) -> str:
    text = block.get("text")
    return text if isinstance(text, str) else json.dumps(block, default=str)


def tokens_in(text: str) -> int:
    """A token is some four characters of English, and one or two of scripts that UTF-8 writes with more bytes."""
    return round(len(text.encode("utf-8", "surrogatepass")) / CHARACTERS_PER_TOKEN) if text else 0
