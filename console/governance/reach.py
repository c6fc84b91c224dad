"""How far an operator may go, by domain: the policy's bounds as a table."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import policies
from policies.bounds import Choice, Level, Range, Text, Toggle


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


# From the least to the most trusted: the first that opens more than the public gets is the condition to name.
_AUDIENCES = ("public", "adults", "professionals")


@lru_cache(maxsize=16)
def reach_table(pack: policies.Pack) -> Table:
    """One row a behaviour, one cell a domain: what a public service may do, and which audience opens more."""
    known = [name for name in _AUDIENCES if pack.audience(name)]
    by_domain = [
        [(name, policies.reach(pack, domain=domain.id, audience=(name,))) for name in known]
        for domain in pack.domains
    ]
    rows = tuple(
        _row(behavior, [[(name, reach[behavior.id]) for name, reach in reaches] for reaches in by_domain])
        for behavior in pack.behaviors
    )
    return Table(
        pack.domains,
        tuple(row for row in rows if len(set(row.cells)) > 1),
        tuple(row for row in rows if len(set(row.cells)) == 1),
    )


def _row(behavior: policies.Behavior, domains: list[list[tuple[str, policies.Reach]]]) -> Row:
    cells = tuple(_cell(behavior, reaches) for reaches in domains)
    return Row(behavior.id, behavior.title, behavior.summary, _named(behavior, str(behavior.default)), cells)


def _cell(behavior: policies.Behavior, reaches: list[tuple[str, policies.Reach]]) -> Cell:
    (_, public), *others = reaches
    for audience, reach in others:
        if reach.permitted != public.permitted:
            return Cell("cond", audience)
    if public.conditional != public.permitted:
        return Cell("cond", "on a condition")
    return _plain(behavior, public)


def _plain(behavior: policies.Behavior, reach: policies.Reach) -> Cell:
    """The cell of a bound that is the same for every audience."""
    permitted, reviewed = reach.permitted, any(reach.reviews.values())
    if permitted == behavior.bound:
        return Cell("cond", "reviewed") if reviewed else Cell("open", "open")
    match permitted:
        case Toggle() | Choice():
            names = sorted(permitted.permitted)
            only = "closed" if names == ["off"] else f"fixed {_named(behavior, names[0])}"
            return Cell("closed", only) if len(names) == 1 else Cell("level", f"{len(names)} values")
        case Level():
            return Cell("level", _named(behavior, permitted.highest))
        case Range():
            return Cell("level", f"up to {permitted.highest:g}")
        case Text():
            return Cell("level", f"{permitted.max_length} characters")


def _named(behavior: policies.Behavior, name: str) -> str:
    value = behavior.value(name)
    return (value.label if value else "") or name.replace("_", " ")
