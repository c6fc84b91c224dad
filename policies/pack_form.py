"""A pack as it is written: the form that its merged data must have, and the JSON Schema of that form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from policies.forms import Items, Match
from policies.json_schema import json_schema
from policies.pack import (
    Behavior,
    Block,
    OwnPattern,
    Probe,
    ReviewRules,
    Rule,
    Sentence,
    Specialty,
    Statistics,
    TierSpec,
)

MAX_OWN = 64  # patterns of an organisation in one pack
# More of these than anybody reads; packs are compared in every domain for every audience.
MAX_RULES = MAX_BEHAVIORS = 200
MAX_DOMAINS = MAX_AUDIENCES = 32
MAX_PROBES = 2_000
Day = Annotated[str, Match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", "a day in quotes, such as 2026-01-31")]


@dataclass(frozen=True, slots=True)
class ContextForm:
    """A domain or an audience as it is written; ``bounds`` leave out what the behaviour already says."""

    id: str
    title: str
    summary: str
    risk: int
    vulnerability: int = 0
    reviewers: tuple[str, ...] = ()
    covers: tuple[str, ...] = ()
    expects: tuple[str, ...] = ()
    bounds: Mapping[str, Any] = field(default_factory=dict)
    why: str = ""
    reasons: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PackForm:
    """A policy pack: limits, honesty, behaviours with their bounds, domains, audiences, review rules, phrases.

    ``follows`` is the version that it was made from, and ``notes`` say why what differs from it does, by id.
    ``extends`` is the built-in pack that an organisation's own was laid over, ``patterns`` are words of its own to find.
    """

    format: int
    name: Annotated[str, Match(r"[a-z][a-z0-9-]{0,63}", "lower-case letters, digits and -")]
    version: Annotated[str, Match(r"[0-9]{4}\.[1-9][0-9]{0,3}", "YEAR.N such as 2026.1")]
    title: str
    summary: str
    published: Day
    tiers: tuple[TierSpec, ...]
    rules: Annotated[tuple[Rule, ...], Items(MAX_RULES)]
    behaviors: Annotated[tuple[Behavior, ...], Items(MAX_BEHAVIORS)]
    parameters: Annotated[tuple[Behavior, ...], Items(MAX_BEHAVIORS)]
    domains: Annotated[tuple[ContextForm, ...], Items(MAX_DOMAINS)]
    audiences: Annotated[tuple[ContextForm, ...], Items(MAX_AUDIENCES)]
    blocks: tuple[Block, ...]
    review: ReviewRules
    statistics: Statistics
    specialties: Annotated[tuple[Specialty, ...], Items(MAX_RULES)] = ()
    probes: Annotated[tuple[Probe, ...], Items(MAX_PROBES)] = ()
    sources: tuple[str, ...] = ()
    phrases: Mapping[str, str] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)
    follows: str = ""
    extends: str = ""
    patterns: Annotated[tuple[OwnPattern, ...], Items(MAX_OWN)] = ()
    notes: Mapping[str, Sentence] = field(default_factory=dict)
    lexicon: Mapping[str, Any] = field(default_factory=dict)


def pack_schema() -> dict[str, Any]:
    """The JSON Schema of a pack's merged data."""
    return json_schema(PackForm, "Policy pack")
