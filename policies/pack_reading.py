"""From a pack's data to a Pack: its form, its references, and everything that `pack check` promises."""

from __future__ import annotations

import dataclasses
import datetime
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from policies import forms
from policies.bound_forms import parse_bound
from policies.bounds import BoundError, leq, nearest
from policies.canonical import digest, plain, refuse_unstorable
from policies.forms import FormError, Items, Match, Problem, did_you_mean
from policies.json_schema import json_schema
from policies.pack import (
    Behavior,
    Block,
    Context,
    OwnPattern,
    Pack,
    Probe,
    ReviewRules,
    Rule,
    Sentence,
    Specialty,
    Statistics,
    TierSpec,
    read_only,
)
from policies.pack_problems import broken_references
from policies.reach import permitted_in

MAX_OWN = 64  # patterns of an organisation in one pack
# More of these than anybody reads; packs are compared in every domain for every audience.
MAX_RULES = MAX_BEHAVIORS = 200
MAX_DOMAINS = MAX_AUDIENCES = 32
MAX_PROBES = 2_000
Day = Annotated[str, Match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", "a day in quotes, such as 2026-01-31")]


class PackError(ValueError):
    """The pack cannot be used; ``problems`` says where and why, ``str()`` is the first as a sentence."""

    def __init__(self, name: str, problems: Iterable[Problem]) -> None:
        self.name = name
        self.problems = tuple(problems)
        more = len(self.problems) - 1
        super().__init__(
            f"The pack {name} cannot be used. {self.problems[0]}" + (f" (and {more} more)" if more else "")
        )


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


def parse_pack(source: str | Mapping[str, Any], name: str = "given") -> Pack:
    """Read a pack from its merged data or from one TOML text. Raises PackError with every problem found."""
    data = read_toml(source, name) if isinstance(source, str) else source
    try:
        if isinstance(data.get("published"), datetime.date):  # TOML has dates, JSON has none
            raise FormError([Problem("published", "is a date of TOML; put it in quotes.")])
        refuse_unstorable(data)
        form = forms.read(PackForm, data)
        return _build(form, plain(data))
    except FormError as error:
        raise PackError(name, error.problems) from error
    except ValueError as error:
        raise PackError(name, [Problem("", str(error))]) from error


def read_toml(text: str, name: str) -> dict[str, Any]:
    """Parse TOML. Raises PackError with the line."""
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise PackError(name, [Problem("", f"The TOML is not valid: {error}.")]) from error
    except ValueError as error:  # a number of more digits than Python reads
        raise PackError(name, [Problem("", "The TOML holds a number of thousands of digits.")]) from error


def _build(form: PackForm, data: dict[str, Any]) -> Pack:
    adjustable = {behavior.id: behavior for behavior in form.behaviors + form.parameters}
    problems = list(broken_references(form, adjustable))
    contexts = {"domains": form.domains, "audiences": form.audiences}
    built = {
        part: tuple(_context(context, adjustable, f"{part}.{context.id}", problems) for context in written)
        for part, written in contexts.items()
    }
    if problems:
        raise FormError(problems)
    shared = {
        spec.name: getattr(form, spec.name)
        for spec in dataclasses.fields(PackForm)
        if spec.name not in {"format", "domains", "audiences", "lexicon"}
    }
    pack = Pack(
        **shared,
        domains=built["domains"],
        audiences=built["audiences"],
        lexicon=read_only(data.get("lexicon", {})),
        data=read_only(data),
        digest=digest(data),
        _adjustable=read_only(adjustable),
    )
    if problems := list(_impossible_contexts(pack)):
        raise FormError(problems)
    return pack


def _impossible_contexts(pack: Pack) -> Iterator[Problem]:
    """No domain and audience may leave a behaviour without a value, or force one that is wider than the default."""
    narrowed = {id for context in pack.domains + pack.audiences for id in context.bounds}
    for behavior in pack.adjustables.values():
        if behavior.id not in narrowed and not behavior.unlocks:
            continue
        for domain in pack.domains:
            for audience in pack.audiences:
                left = nearest(permitted_in(behavior, domain, audience), behavior.default, behavior.names)
                where = f"{behavior.id} in {domain.id} for {audience.id}"
                if left is None:
                    yield Problem(where, "has no permitted value left.")
                elif behavior.exposure(left) > behavior.exposure(behavior.default):
                    yield Problem(where, f'is forced to "{left}", which is wider than the default.')


def _context(
    written: ContextForm, adjustable: Mapping[str, Behavior], path: str, problems: list[Problem]
) -> Context:
    """Complete a context's bounds from the behaviours; a bound that would widen one is a problem."""
    bounds = {}
    for id, data in written.bounds.items():
        where = f"{path}.bounds.{id}"
        behavior = adjustable.get(id)
        if not behavior:
            problems.append(Problem(where, f"is no behaviour of this pack.{did_you_mean(id, adjustable)}"))
            continue
        try:
            bounds[id] = parse_bound(data, like=behavior.bound)
            if not leq(bounds[id], behavior.bound):
                problems.append(Problem(where, "permits more than the behaviour itself does."))
        except BoundError as error:
            problems.append(Problem(where, str(error)))
    for id in written.reasons.keys() - written.bounds.keys():
        problems.append(
            Problem(
                f"{path}.reasons.{id}", f"explains no bound of this entry.{did_you_mean(id, written.bounds)}"
            )
        )
    return Context(
        written.id,
        written.title,
        written.summary,
        written.risk,
        written.vulnerability,
        written.reviewers,
        written.covers,
        written.expects,
        read_only(bounds),
        written.why,
        read_only(written.reasons),
    )
