"""What is wrong with a pack that has the right form: references that lead nowhere, values that are none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from policies.bounds import Choice, Level, Toggle, contains
from policies.findings import Tier
from policies.forms import Problem, did_you_mean
from policies.pack import Behavior
from policies.pack_form import PackForm

FORMAT = 1
# What may have a note beside rules, behaviours, contexts and specialties.
NOTED = frozenset({"review", "probes", "phrases", "blocks", "lexicon", "statistics"})
PARAMETERS = ("parameter.model", "parameter.max_tokens", "parameter.effort", "parameter.thinking")


def broken_references(form: PackForm, adjustable: Mapping[str, Behavior]) -> Iterator[Problem]:
    """Every id that leads nowhere, every value that is none, everything that stands twice."""
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
    yield from _pattern_problems(form, rules, adjustable)


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


def _pattern_problems(
    form: PackForm, rules: set[str], adjustable: Mapping[str, Behavior]
) -> Iterator[Problem]:
    for pattern in form.patterns:
        path = f"patterns.{pattern.id}"
        behavior = adjustable.get(pattern.rule)
        if pattern.rule not in rules and not behavior:
            known = rules | set(adjustable)
            yield Problem(
                f"{path}.rule", f"{pattern.rule} is not in this pack.{did_you_mean(pattern.rule, known)}"
            )
        elif behavior and pattern.value not in behavior.names:
            yield Problem(
                f"{path}.value",
                f'"{pattern.value}" is no value of {behavior.id}; say which its words move it to: '
                f"{', '.join(behavior.names)}.",
            )
        elif not behavior and pattern.value:
            yield Problem(f"{path}.value", "is for patterns of a behaviour; a rule has none.")
        if not pattern.blocks or not pattern.passes:
            yield Problem(path, "needs an example in blocks and one in passes, so that it can be tried.")


def _twice(form: PackForm) -> Iterator[Problem]:
    lists: dict[str, tuple[Any, ...]] = {
        "rules": form.rules,
        "behaviors": form.behaviors + form.parameters,
        "domains": form.domains,
        "audiences": form.audiences,
        "specialties": form.specialties,
        "probes": form.probes,
        "patterns": form.patterns,
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
