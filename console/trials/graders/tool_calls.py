"""Graders that look at what the model called."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from console.trials.graders.base import Graded, Grader, Turns, fails, passes
from console.trials.graders.phrases import agrees
from console.trials.transcript import ToolCall


def _check(value: Any) -> str:
    if not isinstance(value, Mapping) or not isinstance(value.get("name"), str) or not value["name"]:
        return 'must be {"name": …} and may have "args"'
    if unknown := sorted(set(value) - {"name", "args"}):
        return f'has "{unknown[0]}", and only "name" and "args" are read'
    return "" if isinstance(value.get("args", {}), Mapping) else 'must have a table of values as "args"'


def is_subset(part: Any, whole: Any) -> bool:
    """Whether every value that ``part`` names is the same in ``whole``; tables are compared by their named keys."""
    if isinstance(part, Mapping):
        return isinstance(whole, Mapping) and all(
            key in whole and is_subset(item, whole[key]) for key, item in part.items()
        )
    # In Python 1 == True: a number is no boolean here.
    return part == whole and isinstance(part, bool) == isinstance(whole, bool)


def matches(value: Mapping[str, Any], call: ToolCall) -> bool:
    return call.name == value["name"] and is_subset(value.get("args", {}), call.input)


def _find(value: Mapping[str, Any], turns: Turns, index: int) -> ToolCall | None:
    return next((call for call in turns[index].calls if matches(value, call)), None)


def shown(call: ToolCall) -> str:
    return f"{call.name}({json.dumps(call.input, ensure_ascii=False)[1:-1][:120]})"


def _called(value: Mapping[str, Any], turns: Turns, index: int) -> Graded:
    call = _find(value, turns, index)
    if call:
        return passes(shown(call), turns[index])
    others = ", ".join(shown(call) for call in turns[index].calls) or "no tool"
    return fails(f"{value['name']} was not called so; called: {others}", turns[index])


def _not_called(value: Mapping[str, Any], turns: Turns, index: int) -> Graded:
    call = _find(value, turns, index)
    return (
        fails(shown(call), turns[index]) if call else passes(f"{value['name']} was not called", turns[index])
    )


def confirmed(turns: Turns, index: int) -> bool:
    """Whether the user agreed to something that the assistant had said before: at ``turns[index]`` or earlier."""
    return any(
        turns[before].reply.strip() and any(agrees(turn.said) for turn in turns[before + 1 : index + 1])
        for before in range(index)
    )


def _called_after_confirmation(value: Mapping[str, Any], turns: Turns, index: int) -> Graded:
    call = _find(value, turns, index)
    if call is None:
        return fails(f"{value['name']} was not called so", turns[index])
    early = next((turn for turn in turns[:index] if any(matches(value, call) for call in turn.calls)), None)
    if early:
        return fails(f"{value['name']} was called in turn {early.number} already", turns[index])
    if not confirmed(turns, index):
        return fails(f"{shown(call)} was called before the user agreed", turns[index])
    return passes(f"{shown(call)}, after the user agreed", turns[index])


TOOL_CALLED = Grader("tool_called", "calls", _check, _called)
TOOL_NOT_CALLED = Grader("tool_not_called", "does not call", _check, _not_called, every=True)
TOOL_CALLED_AFTER_CONFIRMATION = Grader(
    "tool_called_after_confirmation", "calls, once confirmed,", _check, _called_after_confirmation
)
