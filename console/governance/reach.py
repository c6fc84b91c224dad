"""How far an operator may go, by domain: the policy's bounds as a table."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from policies.bounds import Choice, Level, Range, Text, Toggle

import policies


@dataclass(frozen=True, slots=True)
class Cell:
    """``state`` is open, cond (with a condition), level (how far) or closed; ``text`` says it in words."""

    state: str
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    id: str
    title: str
    summary: str
    default: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """``rows`` differ between domains; ``same`` are alike in all of them."""

    domains: tuple[policies.Domain, ...]
    rows: tuple[Row, ...]
    same: tuple[Row, ...]


@lru_cache(maxsize=16)
def reach_table(pack: policies.Pack) -> Table:
    """One row a behaviour, one cell a domain, for the audience that the domain is meant for by default."""
    reaches = [policies.reach(pack, domain=domain.id) for domain in pack.domains]
    rows = tuple(_row(behavior, [reach[behavior.id] for reach in reaches]) for behavior in pack.behaviors)
    return Table(
        pack.domains,
        tuple(row for row in rows if len(set(row.cells)) > 1),
        tuple(row for row in rows if len(set(row.cells)) == 1),
    )


def _row(behavior: policies.Behavior, reaches: list[policies.Reach]) -> Row:
    default = behavior.value(str(behavior.default))
    cells = tuple(_cell(behavior, reach) for reach in reaches)
    return Row(
        behavior.id,
        behavior.title,
        behavior.summary,
        default.label if default else str(behavior.default),
        cells,
    )


def _cell(behavior: policies.Behavior, reach: policies.Reach) -> Cell:
    permitted, whole = reach.permitted, behavior.bound
    if reach.conditional != permitted:
        return Cell("cond", "with a condition")
    if permitted == whole:
        return Cell("open", "open")
    match permitted:
        case Toggle() | Choice():
            names = sorted(permitted.permitted)
            return Cell(
                "closed",
                "closed"
                if names == ["off"]
                else f"fixed {names[0]}"
                if len(names) == 1
                else ", ".join(names),
            )
        case Level():
            value = behavior.value(permitted.highest)
            return Cell("level", value.label if value else permitted.highest)
        case Range():
            return Cell("level", f"up to {permitted.highest:g}")
        case Text():
            return Cell("level", f"up to {permitted.max_length} characters")
