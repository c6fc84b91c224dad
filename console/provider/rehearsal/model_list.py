"""The models that the stand-in stands in for, described as the Models API describes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ALL_EFFORTS = ("low", "medium", "high", "xhigh", "max")


@dataclass(frozen=True, slots=True)
class Described:
    id: str
    name: str
    line: str
    released: str
    context: int = 1_000_000
    output: int = 128_000
    effort: tuple[str, ...] = ALL_EFFORTS
    thinking: tuple[str, ...] = ("adaptive", "disabled")
    deprecated: str | None = None
    retires: str | None = None

    @property
    def lifecycle(self) -> str:
        return "deprecated" if self.deprecated else "active"


# Newest first, as the API lists them.
MODELS = (
    Described("claude-haiku-5-5", "Claude Haiku 5.5", "haiku", "2026-10-07", thinking=("adaptive", "between_tools", "disabled")),
    Described("claude-sonnet-5-5", "Claude Sonnet 5.5", "sonnet", "2026-09-28", thinking=("adaptive", "between_tools")),
    Described("claude-opus-5-5", "Claude Opus 5.5", "opus", "2026-09-22", thinking=("adaptive",)),
    Described("claude-fable-5-1", "Claude Fable 5.1", "fable", "2026-09-01", thinking=("adaptive",)),
    Described("claude-opus-5", "Claude Opus 5", "opus", "2026-07-24"),
    Described("claude-sonnet-5", "Claude Sonnet 5", "sonnet", "2026-06-30"),
    Described("claude-haiku-4-5", "Claude Haiku 4.5", "haiku", "2025-10-01", 200_000, 64_000, (), ("enabled", "disabled")),
    Described(
        "claude-sonnet-4-5", "Claude Sonnet 4.5", "sonnet", "2025-09-29", 200_000, 64_000, (), ("enabled", "disabled"),
        deprecated="2026-05-30", retires="2026-11-30",
    ),
)  # fmt: skip
BY_ID = {model.id: model for model in MODELS}


def described(model: Described) -> dict[str, Any]:
    return {
        "type": "model",
        "id": model.id,
        "display_name": f"{model.name} (rehearsal)",
        "line": model.line,
        "created_at": f"{model.released}T00:00:00Z",
        "lifecycle": model.lifecycle,
        "deprecated_at": _moment(model.deprecated),
        "retires_at": _moment(model.retires),
        "max_input_tokens": model.context,
        "max_tokens": model.output,
        "capabilities": _capabilities(model),
    }


def _moment(day: str | None) -> str | None:
    return day and f"{day}T00:00:00Z"


def _capabilities(model: Described) -> dict[str, Any]:
    yes, no = {"supported": True}, {"supported": False}
    return {
        "batch": no,
        "citations": no,
        "code_execution": no,
        "context_management": no,
        "effort": {
            "supported": bool(model.effort),
            **{name: {"supported": name in model.effort} for name in ALL_EFFORTS},
        },
        "image_input": no,
        "pdf_input": no,
        "server_tools": {"supported": False, "code_execution": no, "web_search": no},
        "structured_outputs": yes,
        "thinking": {
            "supported": True,
            "types": {
                name: {"supported": name in model.thinking}
                for name in ("adaptive", "between_tools", "disabled", "enabled")
            },
        },
    }


def page(query: Mapping[str, list[str]]) -> dict[str, Any]:
    """One page of the list: ``limit``, ``after_id``, ``before_id`` and ``lifecycle`` as in the API."""
    wanted = query.get("lifecycle") or query.get("lifecycle[]") or ["active", "deprecated"]
    listed = [model for model in MODELS if model.lifecycle in wanted]
    ids = [model.id for model in listed]
    after, before = query.get("after_id", [""])[0], query.get("before_id", [""])[0]
    start = ids.index(after) + 1 if after in ids else 0
    end = ids.index(before) if before in ids else len(ids)
    limit = max(1, min(1000, int(query.get("limit", ["20"])[0])))
    shown = listed[start : min(end, start + limit)]
    return {
        "data": [described(model) for model in shown],
        "has_more": start + len(shown) < end,
        "first_id": shown[0].id if shown else None,
        "last_id": shown[-1].id if shown else None,
    }
