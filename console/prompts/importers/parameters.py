"""What a request or a tool's configuration says beside the words: model, parameters, tools; and what a draft has no place for."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from console.prompts.importers.base import Left

_EFFORTS = ("low", "medium", "high", "xhigh", "max")
_THINKING = ("disabled", "adaptive", "between_tools")
_MOST_TOKENS = 1_000_000
_MOST_TOOLS = 128
_TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_READ = frozenset(
    [
        "model",
        "max_tokens",
        "max_completion_tokens",
        "max_output_tokens",
        "maxOutputTokens",
        "stop",
        "stop_sequences",
        "stopSequences",
        "tools",
        "functions",
        "output_config",
        "reasoning",
        "reasoning_effort",
        "thinking",
    ]
)
_SAMPLING = "a request of Remit has no sampling parameters; creativity is a setting"
_PER_REQUEST = "it belongs to a single request; your application sets it"
_WHY = {
    **dict.fromkeys(
        [
            "temperature",
            "top_p",
            "top_k",
            "topP",
            "topK",
            "presence_penalty",
            "frequency_penalty",
            "seed",
            "n",
            "best_of",
            "logit_bias",
            "logprobs",
            "top_logprobs",
        ],
        _SAMPLING,
    ),
    **dict.fromkeys(
        ("response_format", "output_format", "text", "json_schema"),
        "say in a section of the kind format what answers look like, or set it in your application",
    ),
    **dict.fromkeys(
        [
            "stream",
            "store",
            "metadata",
            "user",
            "service_tier",
            "previous_response_id",
            "include",
            "truncation",
            "tool_choice",
            "parallel_tool_calls",
            "function_call",
            "conversation",
            "background",
            "prompt_cache_key",
            "safety_identifier",
            "betas",
            "context_management",
        ],
        _PER_REQUEST,
    ),
}
_NUMBERS = frozenset(
    ["temperature", "top_p", "top_k", "topP", "topK", "presence_penalty", "frequency_penalty", "seed", "n"]
)
_UNKNOWN = "a draft has no such field"


def read_parameters(
    request: Mapping[str, Any], own: Collection[str] = ()
) -> tuple[dict[str, Any], list[Left]]:
    """Fields of a draft, and what stays behind. ``own``: keys that the reader deals with itself."""
    left: list[Left] = []
    fields: dict[str, Any] = {}
    if found := {**_limits(request, left), **_effort(request, left), **_thinking(request, left)}:
        fields["parameters"] = found
    if model := _model(request.get("model"), left):
        fields["model"] = model
    if tools := list(_tools([*_list(request.get("tools")), *_list(request.get("functions"))], left)):
        fields["tools"] = tools
    left += _rest(request, own)
    return fields, left


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if isinstance(value, str) else []


def _first(request: Mapping[str, Any], *keys: str) -> Any:
    return next((request[key] for key in keys if request.get(key) is not None), None)


def _limits(request: Mapping[str, Any], left: list[Left]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    tokens = _first(request, "max_tokens", "max_completion_tokens", "max_output_tokens", "maxOutputTokens")
    if type(tokens) is int and 0 < tokens <= _MOST_TOKENS:
        found["max_tokens"] = tokens
    elif tokens is not None:
        left.append(Left("the longest answer", f"it must be a whole number from 1 to {_MOST_TOKENS:,}"))
    stops = [stop for stop in _list(_first(request, "stop_sequences", "stop", "stopSequences")) if stop]
    if stops and len(stops) <= 16 and all(isinstance(stop, str) and len(stop) <= 200 for stop in stops):
        found["stop_sequences"] = stops
    elif stops:
        left.append(Left("the stop sequences", "there may be 16 texts of at most 200 characters"))
    return found


def _effort(request: Mapping[str, Any], left: list[Left]) -> dict[str, Any]:
    value = request.get("reasoning_effort")
    for key in ("output_config", "reasoning"):
        inside = request.get(key)
        value = value or (inside.get("effort") if isinstance(inside, Mapping) else None)
    if value in _EFFORTS:
        return {"effort": value}
    if value is not None:
        left.append(Left(f"the effort {_short(value)}", f"the efforts here are {', '.join(_EFFORTS)}"))
    return {}


def _thinking(request: Mapping[str, Any], left: list[Left]) -> dict[str, Any]:
    thinking = request.get("thinking")
    kind = thinking.get("type") if isinstance(thinking, Mapping) else None
    budget = thinking.get("budget_tokens") if isinstance(thinking, Mapping) else None
    if kind in _THINKING:
        return {"thinking": {"type": kind}}
    if kind == "enabled" and type(budget) is int and 1024 <= budget <= _MOST_TOKENS:
        return {"thinking": {"type": kind, "budget_tokens": budget}}
    if thinking is not None:
        left.append(
            Left("thinking", f"it is one of {', '.join(_THINKING)}, or enabled with a budget from 1,024")
        )
    return {}


# How gateways and tools write whose model it is: anthropic/claude-…, anthropic:messages:claude-…, openrouter/anthropic/….
_ROUTED = re.compile(r"\A(?:openrouter/|litellm/)?anthropic(?:/|:(?:messages:)?)")


def _model(model: Any, left: list[Left]) -> str:
    if not isinstance(model, str) or not model.strip():
        return ""
    named = _ROUTED.sub("", model)
    if re.fullmatch(r"claude[\w.@:-]{1,120}", named):
        return named
    left.append(Left(f"the model {_short(model)}", "it is none of Claude's; choose one in the composer"))
    return ""


def _rest(request: Mapping[str, Any], own: Collection[str]) -> Iterable[Left]:
    for key, value in request.items():
        if key in own or key in _READ or value in (None, [], {}, ""):
            continue
        number = f" {value}" if key in _NUMBERS and type(value) in (int, float) else ""
        yield Left(f"{_short(key)}{number}", _WHY.get(key, _UNKNOWN))


def _tools(tools: list[Any], left: list[Left]) -> Iterable[dict[str, Any]]:
    """All APIs' function tools; a tool that the provider runs itself has no schema and stays behind."""
    taken: set[str] = set()
    for tool in tools:
        inside = tool.get("function", tool) if isinstance(tool, Mapping) else {}
        spec = inside if isinstance(inside, Mapping) else {}
        schema = _first(spec, "input_schema", "parameters", "inputSchema")
        name = spec.get("name") or spec.get("type") or (tool if isinstance(tool, str) else "without a name")
        problem = _problem(str(name), spec.get("description"), schema, taken)
        if problem:
            left.append(Left(f"the tool {_short(name)}", problem))
            continue
        taken.add(str(name))
        description = spec.get("description")
        yield {"name": name, "input_schema": dict(schema)} | (
            {"description": description} if description else {}
        )


def _problem(name: str, description: Any, schema: Any, taken: set[str]) -> str:
    if not isinstance(schema, Mapping):
        return "it has no schema here: a tool that a provider runs itself, or a file that is not followed"
    if not _TOOL_NAME.fullmatch(name):
        return "a tool's name has 1 to 128 letters, digits, _ and -"
    if name in taken:
        return "a tool above has the same name"
    if len(taken) >= _MOST_TOOLS:
        return f"a draft has at most {_MOST_TOOLS} tools"
    if description is not None and (not isinstance(description, str) or len(description) > 20_000):
        return "its description is no text, or longer than 20,000 characters"
    return ""


def _short(value: Any) -> str:
    """A key or a name on one line of a sentence."""
    shown = " ".join("".join(c if c.isprintable() else " " for c in str(value)[:200]).split())
    return shown if len(shown) <= 60 else f"{shown[:59]}…"
