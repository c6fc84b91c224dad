"""From a pack's data to a Pack: its form, its references, and everything that `pack check` promises."""

from __future__ import annotations

import dataclasses
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from policies import forms
from policies.bound_forms import parse_bound
from policies.bounds import BoundError, Choice, Level, Toggle, contains, leq, nearest
from policies.canonical import digest, plain, refuse_unstorable
from policies.findings import Tier
from policies.forms import FormError, Match, Problem, did_you_mean
from policies.json_schema import json_schema
from policies.pack import (
    Behavior,
    Block,
    Context,
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
from policies.reach import permitted_in

FORMAT = 1
NOTED = frozenset(
    {"review", "probes"}
)  # what may have a note beside rules, behaviours, contexts and specialties
PARAMETERS = ("parameter.model", "parameter.max_tokens", "parameter.effort", "parameter.thinking")


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
    """

    format: int
    name: Annotated[str, Match(r"[a-z][a-z0-9-]{0,63}", "lower-case letters, digits and -")]
    version: Annotated[str, Match(r"[0-9]{4}\.[1-9][0-9]{0,3}", "YEAR.N such as 2026.1")]
    title: str
    summary: str
    published: str
    tiers: tuple[TierSpec, ...]
    rules: tuple[Rule, ...]
    behaviors: tuple[Behavior, ...]
    parameters: tuple[Behavior, ...]
    domains: tuple[ContextForm, ...]
    audiences: tuple[ContextForm, ...]
    blocks: tuple[Block, ...]
    review: ReviewRules
    statistics: Statistics
    specialties: tuple[Specialty, ...] = ()
    probes: tuple[Probe, ...] = ()
    sources: tuple[str, ...] = ()
    phrases: Mapping[str, str] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)
    follows: str = ""
    notes: Mapping[str, Sentence] = field(default_factory=dict)
    lexicon: Mapping[str, Any] = field(default_factory=dict)


def pack_schema() -> dict[str, Any]:
    """The JSON Schema of a pack's merged data."""
    return json_schema(PackForm, "Policy pack")


def parse_pack(source: str | Mapping[str, Any], name: str = "given") -> Pack:
    """Read a pack from its merged data or from one TOML text. Raises PackError with every problem found."""
    data = read_toml(source, name) if isinstance(source, str) else source
    try:
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


def _build(form: PackForm, data: dict[str, Any]) -> Pack:
    adjustable = {behavior.id: behavior for behavior in form.behaviors + form.parameters}
    problems = list(_broken_references(form, adjustable))
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


def _broken_references(form: PackForm, adjustable: Mapping[str, Behavior]) -> Iterator[Problem]:
    if form.format != FORMAT:
        yield Problem("format", f"This version reads format {FORMAT}, and {form.format} is another one.")
    yield from _twice(form)
    if [tier.id for tier in form.tiers] != list(Tier):
        yield Problem("tiers", f"must be {', '.join(Tier)}, in this order.")
    for id in PARAMETERS:
        if id not in adjustable:
            yield Problem("parameters", f"{id} is missing.")
    rules = {rule.id for rule in form.rules}
    for behavior in form.behaviors + form.parameters:
        for problem in _behavior_problems(behavior, form, adjustable, rules):
            yield Problem(f"{behavior.id}.{problem.path}", problem.message)
    yield from _context_problems(form, rules | set(adjustable))
    yield from _probe_problems(form, rules | set(adjustable), adjustable)
    yield from _note_problems(form, rules | set(adjustable))


def _probe_problems(form: PackForm, ids: set[str], adjustable: Mapping[str, Behavior]) -> Iterator[Problem]:
    for probe in form.probes:
        if not probe.turns and not probe.simulated_user:
            yield Problem(f"probes.{probe.id}", "has neither turns nor a simulated_user.")
        for id in set(probe.covers) - ids:
            yield Problem(f"probes.{probe.id}.covers", f"{id} is not in this pack.{did_you_mean(id, ids)}")
        for id, value in probe.where.items():
            behavior = adjustable.get(id)
            if not behavior or not contains(behavior.bound, value):
                yield Problem(f"probes.{probe.id}.where", f'{id} = "{value}" is no setting of this pack.')


def _note_problems(form: PackForm, ids: set[str]) -> Iterator[Problem]:
    """Notes and new names must lead somewhere, else a typing mistake would hide what they say."""
    named = ids | {entry.id for entry in form.domains + form.audiences + form.specialties}
    for id in form.notes.keys() - named - NOTED:
        yield Problem(f"notes.{id}", f"explains nothing in this pack.{did_you_mean(id, named | NOTED)}")
    if form.notes and not form.follows:
        yield Problem("follows", "is missing: notes say what differs from an earlier version, so name it.")
    for old, new in form.renamed.items():
        if new not in named:
            yield Problem(f"renamed.{old}", f'"{new}" is not in this pack.{did_you_mean(new, named)}')
        if old in named:
            yield Problem(f"renamed.{old}", "is still an id of this pack.")


def _twice(form: PackForm) -> Iterator[Problem]:
    lists: dict[str, tuple[Any, ...]] = {
        "rules": form.rules,
        "behaviors": form.behaviors + form.parameters,
        "domains": form.domains,
        "audiences": form.audiences,
        "specialties": form.specialties,
        "probes": form.probes,
    }
    for part, entries in lists.items():
        for id, count in Counter(entry.id for entry in entries).items():
            if count > 1:
                yield Problem(f"{part}.{id}", "stands twice; an id is given once.")


def _behavior_problems(
    behavior: Behavior, form: PackForm, adjustable: Mapping[str, Behavior], rules: set[str]
) -> Iterator[Problem]:
    yield from _value_problems(behavior)
    if not contains(behavior.bound, behavior.default):
        yield Problem("default", f'"{behavior.default}" is not a value that its own bound permits.')
    if behavior.block and behavior.block not in {block.tag for block in form.blocks}:
        yield Problem("block", f'"{behavior.block}" is none of the pack\'s blocks.')
    if not behavior.block and any(variant.text or variant.granted for variant in behavior.values):
        yield Problem("block", "is missing: the text of a value needs a place in the compiled prompt.")
    for id in behavior.keeps:
        if id not in rules:
            yield Problem("keeps", f"{id} is no rule of this pack.{did_you_mean(id, rules)}")
    for at, unlock in enumerate(behavior.unlocks):
        known = {
            "values": set(behavior.names),
            "domains": {domain.id for domain in form.domains},
            "audiences": {audience.id for audience in form.audiences},
        }
        for part, names in known.items():
            for name in set(getattr(unlock, part)) - names:
                yield Problem(
                    f"unlocks.{at}.{part}", f'"{name}" is not known here.{did_you_mean(name, names)}'
                )
        if unlock.review and unlock.review not in {specialty.id for specialty in form.specialties}:
            yield Problem(f"unlocks.{at}.review", f'"{unlock.review}" is none of the pack\'s specialties.')
        if behavior.default in unlock.values:
            yield Problem(f"unlocks.{at}.values", "the default must be open everywhere.")
    yield from _conflict_problems(behavior, adjustable)


def _value_problems(behavior: Behavior) -> Iterator[Problem]:
    bound = behavior.bound
    names = [variant.name for variant in behavior.values]
    expected: set[str] | None = None
    if isinstance(bound, Toggle | Choice):
        expected = set(bound.permitted)
    elif isinstance(bound, Level):
        expected = set(bound.scale)
        if names != [name for name in bound.scale if name in names]:
            yield Problem("values", "must stand in the order of the scale.")
    if expected is not None and (set(names) != expected or len(names) != len(expected)):
        yield Problem("values", f"must be exactly {', '.join(sorted(expected))}.")
    for variant in behavior.values:
        for part in (variant.text, variant.granted):
            if "{{" in part or "}}" in part:
                yield Problem(
                    f"values.{variant.name}", "a text must not hold {{ or }}, which mark variables."
                )


def _conflict_problems(behavior: Behavior, adjustable: Mapping[str, Behavior]) -> Iterator[Problem]:
    for at, conflict in enumerate(behavior.conflicts):
        for id, value in (*conflict.requires.items(), *conflict.excludes.items()):
            other = adjustable.get(id)
            if not other or not contains(other.bound, value):
                yield Problem(f"conflicts.{at}", f'{id} = "{value}" is no setting of this pack.')
        if not contains(behavior.bound, conflict.value):
            yield Problem(f"conflicts.{at}.value", f'"{conflict.value}" is not a value of this behaviour.')


def _context_problems(form: PackForm, ids: set[str]) -> Iterator[Problem]:
    specialties = {specialty.id for specialty in form.specialties}
    parts: list[tuple[str, Any]] = [(f"domains.{domain.id}", domain) for domain in form.domains]
    parts += [(f"audiences.{audience.id}", audience) for audience in form.audiences]
    parts += [(f"review.levels.{at}", level) for at, level in enumerate(form.review.levels)]
    for path, part in parts:
        for name in set(part.reviewers) - specialties:
            yield Problem(f"{path}.reviewers", f'"{name}" is none of the pack\'s specialties.')
        for id in set(part.covers) - ids:
            yield Problem(f"{path}.covers", f"{id} is not in this pack.{did_you_mean(id, ids)}")
    audiences = {audience.id for audience in form.audiences}
    for domain in form.domains:
        for name in set(domain.expects) - audiences:
            yield Problem(
                f"domains.{domain.id}.expects", f'"{name}" is no audience.{did_you_mean(name, audiences)}'
            )
    if not form.review.levels or form.review.levels[0].from_risk != 0:
        yield Problem("review.levels", "must begin with one from risk 0.")
