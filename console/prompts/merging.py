"""Two people changed one draft: what each did since the version that both read, unit by unit, and one draft of both.

A unit is what one person decides at once: a section's text, its kind, one setting, one variable, the order of the
sections. Where only one side changed a unit its change is taken; where both did and differ, somebody chooses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from console.prompts.alignment import align

Content = Mapping[str, Any]
State = Literal["mine", "theirs", "agreed", "conflict"]
Choice = Literal["mine", "theirs", "both"]

_ABSENT: Any = None
_TABLES = ("variables", "settings", "grants")
_FIELDS = ("title", "model", "domain", "audience", "folder", "tags")


@dataclass(frozen=True, slots=True)
class Unit:
    """One changed thing. ``key`` names it: ``section.task``, ``setting.behavior.creativity``; None is absence.

    ``both`` holds both changes of a text where they touch different lines, else None.
    """

    key: str
    kind: str
    name: str
    base: Any
    mine: Any
    theirs: Any
    both: str | None = None

    @property
    def state(self) -> State:
        if self.mine == self.theirs:
            return "agreed"
        if self.mine == self.base:
            return "theirs"
        return "mine" if self.theirs == self.base else "conflict"

    @property
    def proposed(self) -> Choice:
        """What to take unless somebody chooses otherwise."""
        if self.state == "conflict":
            return "both" if self.both is not None else "mine"
        return "mine" if self.state == "mine" else "theirs"

    def value(self, choice: Choice) -> Any:
        return {"mine": self.mine, "theirs": self.theirs, "both": self.both}[choice]


def changed_units(base: Content, mine: Content, theirs: Content) -> tuple[Unit, ...]:
    """Every unit that is not the same in all three: sections first, in the order of a draft."""
    sides = [_units(content) for content in (base, mine, theirs)]
    keys = dict.fromkeys(key for side in (sides[2], sides[1], sides[0]) for key in side)
    units = [_unit(key, *(side.get(key) for side in sides)) for key in keys]
    units.append(_unit("order", *_orders(base, mine, theirs)))
    return tuple(sorted((u for u in units if not u.base == u.mine == u.theirs), key=lambda u: _RANK[u.kind]))


def merge(base: Content, mine: Content, theirs: Content, choices: Mapping[str, str]) -> dict[str, Any]:
    """One content of both. ``choices``: unit key -> mine, theirs or both; what is not chosen is as proposed."""
    merged = _units(theirs)
    lead = "theirs"
    for unit in changed_units(base, mine, theirs):
        choice = choices.get(unit.key, unit.proposed)
        if choice not in ("mine", "theirs") and unit.both is None:
            choice = unit.proposed
        if unit.kind == "order":
            lead = choice
        else:
            merged[unit.key] = unit.value(choice)  # type: ignore[arg-type]
    ours, others = _ids(mine), _ids(theirs)
    order = interleave(ours, others) if lead == "mine" else interleave(others, ours)
    return _content(merged, theirs, order)


def combine(base: str, mine: str, theirs: str) -> str | None:
    """Both changes of a text in one, where they touch different lines; None where they overlap."""
    lines = base.split("\n"), mine.split("\n"), theirs.split("\n")
    result: list[str] = []
    for old, ours, other in _chunks(*lines):
        if ours in (old, other):
            result += other
        elif other == old:
            result += ours
        else:
            return None
    return "\n".join(result)


def _chunks(
    base: list[str], mine: list[str], theirs: list[str]
) -> Iterator[tuple[list[str], list[str], list[str]]]:
    """The three texts cut at the lines that all of them share: a shared line, or what stands between two."""
    ours, others = dict(align(base, mine)), dict(align(base, theirs))
    at = [0, 0, 0]
    for place in [i for i in range(len(base)) if i in ours and i in others]:
        ends = (place, ours[place], others[place])
        yield tuple(text[start:end] for text, start, end in zip((base, mine, theirs), at, ends, strict=True))  # type: ignore[misc]
        yield [base[place]], [base[place]], [base[place]]
        at = [end + 1 for end in ends]
    yield base[at[0] :], mine[at[1] :], theirs[at[2] :]


# --- a content as units, and back -----------------------------------------------------------------------------------


def _units(content: Content) -> dict[str, Any]:
    units: dict[str, Any] = {}
    for section in content.get("sections", ()):
        head = f"section.{section.get('id', '')}"
        units[head] = section.get("text", "") if "include" not in section else section["include"]
        units[f"{head}.head"] = {key: section[key] for key in ("kind", "title") if key in section}
    for table in _TABLES:
        units |= {f"{table[:-1]}.{name}": value for name, value in content.get(table, {}).items()}
    units |= {f"tool.{tool.get('name', '')}": tool for tool in content.get("tools", ())}
    units |= {f"parameter.{name}": value for name, value in content.get("parameters", {}).items()}
    units |= {field: content[field] for field in _FIELDS if field in content}
    return units


_NAMES = {
    "head": "Kind and title",
    "order": "Order of the sections",
    "title": "Title",
    "model": "Model",
    "domain": "Domain",
    "audience": "Audience",
    "folder": "Folder",
    "tags": "Tags",
}
_RANK = {
    kind: rank
    for rank, kind in enumerate(
        ("section", "head", "order", "setting", "grant", "parameter", "variable", "tool", *_FIELDS)
    )
}


def _unit(key: str, base: Any, mine: Any, theirs: Any) -> Unit:
    kind, _, name = key.partition(".")
    if kind == "section" and name.endswith(".head"):
        kind, name = "head", name.removesuffix(".head")
        # Who removed a section said nothing of its kind.
        mine, theirs = base if mine is None else mine, base if theirs is None else theirs
    texts = kind == "section" and all(isinstance(value, str) for value in (base, mine, theirs))
    both = combine(base, mine, theirs) if texts and mine != theirs else None
    return Unit(key, kind, name or _NAMES[kind], base, mine, theirs, both)


def _ids(content: Content) -> list[str]:
    return [section.get("id", "") for section in content.get("sections", ())]


def _orders(*contents: Content) -> Iterator[list[str]]:
    """The order of the sections that all have: one more or one less is no change of order."""
    common = set.intersection(*(set(_ids(content)) for content in contents))
    for content in contents:
        yield [id for id in _ids(content) if id in common]


def interleave(lead: list[str], other: list[str]) -> list[str]:
    """``lead`` with what only ``other`` has, each after the section that it follows there."""
    order = list(lead)
    for index, id in enumerate(other):
        if id not in order:
            before = [order.index(earlier) for earlier in other[:index] if earlier in order]
            order.insert(before[-1] + 1 if before else 0, id)
    return order


def _content(units: Mapping[str, Any], like: Content, order: list[str]) -> dict[str, Any]:
    """Units put together again; what is None is absent, and empty tables are left out."""
    content = {key: value for key, value in like.items() if key in ("draft", "slug")}
    content |= {field: units[field] for field in _FIELDS if units.get(field) is not None}
    content["sections"] = [_section(id, units) for id in order if units.get(f"section.{id}") is not None]
    for table in _TABLES:
        content[table] = _table(units, f"{table[:-1]}.")
    content["tools"] = list(_table(units, "tool.").values())
    content["parameters"] = _table(units, "parameter.")
    return {key: value for key, value in content.items() if value or key == "sections"}


def _table(units: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    return {
        key.removeprefix(prefix): v for key, v in units.items() if key.startswith(prefix) and v is not None
    }


def _section(id: str, units: Mapping[str, Any]) -> dict[str, Any]:
    body = units[f"section.{id}"]
    own = {"text": body} if isinstance(body, str) else {"include": body}
    return {"id": id, **(units.get(f"section.{id}.head") or {}), **own}
