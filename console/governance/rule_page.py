"""What the page of one behaviour says besides its texts: where a value opens, what it excludes, what it can raise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import policies
from policies import Behavior, Check, Pack
from policies.bounds import Value
from policies.pack import Conflict, Context

_ABOUT_SETTINGS = ("draft.settings", "draft.grants")
_OF_UNKNOWN = ("SET101", "GRT101")  # about ids that the policy does not have, and so about none of its pages


@dataclass(frozen=True, slots=True)
class Opening:
    """Values that are closed elsewhere: in which domains, for whom, what that needs, and why."""

    values: str
    domains: str
    audiences: str
    needs: str
    why: str


def _titles(known: tuple[Context, ...], ids: tuple[str, ...]) -> str:
    return ", ".join(context.title for context in known if context.id in ids)


def openings(pack: Pack, behavior: Behavior) -> list[Opening]:
    """Where values that are closed by default open, in the pack's order."""
    return [
        Opening(
            ", ".join(behavior.label(name) for name in unlock.values),
            _titles(pack.domains, unlock.domains) or "every domain",
            _titles(pack.audiences, unlock.audiences) or "everybody",
            _needs(pack, unlock.review, conditional=unlock.conditional),
            unlock.why,
        )
        for unlock in behavior.unlocks
    ]


def _needs(pack: Pack, review: str, *, conditional: bool) -> str:
    specialty = pack.specialty(review)
    needs = ["a condition that the application answers"] if conditional else []
    needs += [f"approval of a {specialty.title.lower()} reviewer"] if specialty else []
    return ", ".join(needs) or "nothing further"


def conflicts(pack: Pack, behavior: Behavior) -> list[tuple[str, str]]:
    """What a value does not go with or without, as a sentence, and why."""
    return [(_sentence(pack, behavior, conflict), conflict.why) for conflict in behavior.conflicts]


def _sentence(pack: Pack, behavior: Behavior, conflict: Conflict) -> str:
    parts = [f"needs {other}" for other in _named(pack, conflict.requires)]
    parts += [f"does not go with {other}" for other in _named(pack, conflict.excludes)]
    graver = "blocks" if conflict.severity == "block" else "warns"
    return f"{behavior.title} {behavior.label(conflict.value)} {' and '.join(parts)} ({graver})."


def _named(pack: Pack, others: Mapping[str, Value]) -> Iterator[str]:
    for id, value in others.items():
        other = pack.behavior(id)
        yield f"{pack.title_of(id)} {other.label(value) if other else value}"


def checks_for(rule: str, behavior: Behavior | None) -> list[type[Check]]:
    """The checks of a rule; a behaviour's setting and grant can raise those about settings and grants as well."""
    about: tuple[str, ...] = _ABOUT_SETTINGS if behavior else ()
    never = set(_OF_UNKNOWN)
    if behavior and behavior.who == "user":
        never.add("GRT102")
    if rule.startswith("parameter."):
        about = ("draft.settings",)
    return [
        check
        for check in policies.CHECKS
        if check.rule == rule or (check.rule in about and check.code not in never)
    ]
