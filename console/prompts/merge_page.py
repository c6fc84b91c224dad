"""How a merge is shown: each changed unit with both texts beside each other, and what a form says to take."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from console.prompts.diff_rows import Row, side_by_side
from console.prompts.merging import Unit
from policies import Pack


@dataclass(frozen=True, slots=True)
class Shown:
    """A unit with its texts beside each other: theirs, then mine."""

    unit: Unit
    name: str
    rows: tuple[Row, ...]
    absent: str


def shown(unit: Unit, pack: Pack) -> Shown:
    rows = side_by_side(_words(unit.theirs), _words(unit.mine), context=1)
    absent = "mine" if unit.mine is None else "theirs" if unit.theirs is None else ""
    return Shown(unit, _name(unit, pack), rows, absent)


def _name(unit: Unit, pack: Pack) -> str:
    if unit.kind in ("setting", "grant"):
        return pack.title_of(unit.name)
    if unit.kind == "parameter":
        return pack.title_of(f"parameter.{unit.name}")
    kind = {"section": "Section", "head": "Kind and title of", "variable": "Variable", "tool": "Tool"}.get(
        unit.kind, ""
    )
    return f"{kind} {unit.name}".strip()


def _words(value: Any) -> str:
    """A value as somebody reads it: a text as it is, anything else as it is written in a draft."""
    if value is None:
        return ""
    if isinstance(value, Mapping) and set(value) <= {"value", "when"}:
        return f"{value.get('value')}" + (f" while {value['when']}" if value.get("when") else "")
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ", ".join(value)
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)


def choices_of(form: Mapping[str, Any]) -> dict[str, str]:
    """What the form says to take of each unit."""
    return {k.removeprefix("take."): str(value) for k, value in form.items() if k.startswith("take.")}
