"""What comes back, checked: the SDK does not validate, and half a message must not pass for one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from console.provider.calls import Block, Limit, Limits, Refusal, Reply, Usage
from console.provider.errors import ProviderError

REHEARSAL_HEADER = "x-remit-rehearsal"
BLOCK_FIELDS: Mapping[str, Mapping[str, type]] = {
    "text": {"text": str},
    "tool_use": {"id": str, "name": str, "input": dict},
}


def reply_from(
    raw: object,
    headers: Mapping[str, str],
    *,
    rehearsal: bool,
    seconds: float,
    first_text_seconds: float | None = None,
) -> Reply:
    """The reply for a message's JSON. Raises ProviderError(malformed) for anything less than a message."""
    if not isinstance(raw, dict):
        raise ProviderError("malformed", detail="its answer is not a message")
    content = raw.get("content")
    if (
        raw.get("type") != "message"
        or not isinstance(raw.get("stop_reason"), str)
        or not isinstance(content, list)
    ):
        raise ProviderError("malformed", detail="its answer lacks a type, content or stop reason")
    return Reply(
        id=str(raw.get("id", "")),
        model=str(raw.get("model", "")),
        content=tuple(_block(block) for block in content),
        stop_reason=str(raw["stop_reason"]),
        stop_sequence=raw.get("stop_sequence"),
        refusal=_refusal(raw),
        usage=_usage(raw.get("usage")),
        rehearsal=rehearsal or headers.get(REHEARSAL_HEADER) == "true",
        request_id=headers.get("request-id"),
        seconds=seconds,
        first_text_seconds=first_text_seconds,
        limits=limits_from(headers),
    )


def _block(block: object) -> Block:
    if not isinstance(block, dict) or not isinstance(block.get("type"), str):
        raise ProviderError("malformed", detail="its answer holds a block without a type")
    for name, kind in BLOCK_FIELDS.get(block["type"], {}).items():
        if not isinstance(block.get(name), kind):
            raise ProviderError("malformed", detail=f"its {block['type']} block lacks {name}")
    # Fields that say nothing are left out: some servers do not take them back.
    return {name: value for name, value in block.items() if value is not None}


def _refusal(raw: Mapping[str, Any]) -> Refusal | None:
    if raw["stop_reason"] != "refusal":
        return None
    details = raw.get("stop_details")
    details = details if isinstance(details, dict) else {}
    return Refusal(details.get("category"), details.get("explanation"))


def _usage(raw: object) -> Usage:
    if not isinstance(raw, dict) or not all(
        isinstance(raw.get(name), int) for name in ("input_tokens", "output_tokens")
    ):
        raise ProviderError("malformed", detail="its answer does not say what it used")
    written = _count(raw, "cache_creation_input_tokens")
    breakdown = raw.get("cache_creation")
    for_an_hour = _count(breakdown, "ephemeral_1h_input_tokens") if isinstance(breakdown, dict) else 0
    return Usage(
        input_tokens=raw["input_tokens"],
        output_tokens=raw["output_tokens"],
        cache_read_tokens=_count(raw, "cache_read_input_tokens"),
        cache_write_tokens=max(0, written - for_an_hour),
        cache_write_1h_tokens=for_an_hour,
    )


def _count(raw: Mapping[str, Any], name: str) -> int:
    value = raw.get(name)
    return value if isinstance(value, int) else 0


def limits_from(headers: Mapping[str, str]) -> Limits:
    """The rate limits that an answer's headers state.

    Servers that count all tokens together say ``tokens``; input is what is reserved first, so it stands for both.
    """
    return Limits(
        requests=_limit(headers, "requests"),
        input_tokens=_limit(headers, "input-tokens") or _limit(headers, "tokens"),
        output_tokens=_limit(headers, "output-tokens"),
    )


def _limit(headers: Mapping[str, str], name: str) -> Limit | None:
    try:
        per_minute = int(headers[f"anthropic-ratelimit-{name}-limit"])
        remaining = int(headers[f"anthropic-ratelimit-{name}-remaining"])
    except (KeyError, ValueError):
        return None
    return Limit(per_minute, max(0, min(remaining, per_minute))) if per_minute > 0 else None
