"""The bounds page's form: the policy's reach of each behaviour, and what of it the organisation leaves open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

import policies
from console.problems import Invalid
from policies.bounds import Choice, Level, Range, Toggle


@dataclass(frozen=True, slots=True)
class Stop:
    """One value: whether the policy has it anywhere, and whether the organisation leaves it open."""

    value: str
    label: str
    open: bool
    is_default: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One behaviour in the form. ``stops`` for named values, ``lowest``/``highest`` for numbers."""

    id: str
    title: str
    summary: str
    kind: str
    stops: tuple[Stop, ...]
    lowest: float | str | None
    highest: float | str | None
    policy_lowest: float | None
    policy_highest: float | None
    narrowed: bool
    since: str


def rows(
    pack: policies.Pack, statement: Mapping[str, Any], submitted: QueryDict | None = None
) -> tuple[Row, ...]:
    """All behaviours and parameters that can be narrowed, in the pack's order.

    ``submitted`` is a form that could not be saved: the rows then show what it said, so that nothing is lost.
    """
    narrowable = (*pack.behaviors, *pack.parameters)
    return tuple(
        _row(b, statement.get(b.id, {}), submitted)
        for b in narrowable
        if _names(b) or isinstance(b.bound, Range)
    )


def _row(behavior: policies.Behavior, entry: Mapping[str, Any], submitted: QueryDict | None) -> Row:
    bound: Mapping[str, Any] = entry.get("bound", {})
    number = behavior.bound if isinstance(behavior.bound, Range) else None
    left_open = _left_open(behavior, bound)
    if submitted is not None:
        left_open = tuple(submitted.getlist(behavior.id))
        bound = (
            {end: submitted.get(f"{behavior.id}.{end}", "") for end in ("lowest", "highest")}
            if number
            else bound
        )
    return Row(
        behavior.id,
        behavior.title,
        behavior.summary,
        behavior.kind,
        tuple(
            Stop(name, _label(behavior, name), name in left_open, name == str(behavior.default))
            for name in _names(behavior)
        ),
        bound.get("lowest", number.lowest) if number else None,
        bound.get("highest", number.highest) if number else None,
        number.lowest if number else None,
        number.highest if number else None,
        bool(bound),
        str(entry.get("since", "")),
    )


def _names(behavior: policies.Behavior) -> tuple[str, ...]:
    """The named values, lowest first; none for numbers and text."""
    match behavior.bound:
        case Level() as level:
            return level.scale[level.scale.index(level.lowest) : level.scale.index(level.highest) + 1]
        case Toggle():
            return tuple(name for name in ("off", "on") if name in behavior.bound.permitted)
        case Choice():
            return tuple(v.name for v in behavior.values if v.name in behavior.bound.permitted)
    return ()


def _left_open(behavior: policies.Behavior, bound: Mapping[str, Any]) -> tuple[str, ...]:
    names = _names(behavior)
    if "permitted" in bound:
        return tuple(name for name in names if name in bound["permitted"])
    first = names.index(bound["lowest"]) if bound.get("lowest") in names else 0
    last = names.index(bound["highest"]) if bound.get("highest") in names else len(names) - 1
    return names[first : last + 1]


def _label(behavior: policies.Behavior, name: str) -> str:
    value = behavior.value(name)
    return value.label if value and value.label else name.replace("_", " ")


def parse(data: QueryDict, pack: policies.Pack) -> dict[str, dict[str, Any]]:
    """What the form says, as ``set_bounds`` takes it: only behaviours that are narrower than the policy.

    Raises Invalid where nothing would be left open, or where a number is not one.
    """
    bounds: dict[str, dict[str, Any]] = {}
    for behavior in (*pack.behaviors, *pack.parameters):
        narrowed = _numbers(behavior, data) if isinstance(behavior.bound, Range) else _named(behavior, data)
        if narrowed:
            bounds[behavior.id] = narrowed
    return bounds


def _named(behavior: policies.Behavior, data: QueryDict) -> dict[str, Any]:
    names = _names(behavior)
    chosen = [name for name in names if name in data.getlist(behavior.id)]
    if not names or chosen == list(names):
        return {}
    if not chosen:
        raise Invalid(
            f"{behavior.title}: no value is left open.", "Leave at least one, so that there is one to use."
        )
    if isinstance(behavior.bound, Level):
        first, last = names.index(chosen[0]), names.index(chosen[-1])
        if list(names[first : last + 1]) != chosen:
            raise Invalid(
                f"{behavior.title}: a level can't have a gap.", f"Open all from {chosen[0]} to {chosen[-1]}."
            )
        return {"lowest": chosen[0], "highest": chosen[-1]}
    return {"permitted": chosen}


def _numbers(behavior: policies.Behavior, data: QueryDict) -> dict[str, Any]:
    bound = behavior.bound
    assert isinstance(bound, Range)
    lowest = _number(behavior, data.get(f"{behavior.id}.lowest", ""), bound.lowest)
    highest = _number(behavior, data.get(f"{behavior.id}.highest", ""), bound.highest)
    if (lowest, highest) == (bound.lowest, bound.highest):
        return {}
    return {"lowest": lowest, "highest": highest}


def _number(behavior: policies.Behavior, text: str, otherwise: float) -> float:
    if not text.strip():
        return otherwise
    try:
        value = float(text)
        return int(value) if value == int(value) else value
    except (ValueError, OverflowError):  # no number, "nan", "inf"
        raise Invalid(f"{behavior.title}: “{text[:40]}” is not a number.", "Use digits, e.g. 2048.") from None
