"""What a new version of a pack changes about reviews: contexts, kinds of reviewer, steps of risk, scenarios."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace

from policies.pack import Behavior, Context, Pack, ReviewLevel
from policies.pack_change import PackChange


def review_changes(old: Pack, new: Pack) -> Iterator[PackChange]:
    """Everything that differs in what a review asks for, and of whom."""
    yield from _unlocks(old, new)
    yield from _contexts(old, new)
    yield from _specialties(old, new)
    yield from _levels(old, new)
    yield from _weights(old, new)
    yield from _margins(old, new)
    yield from _probes(old, new)


def renames(old: Pack, new: Pack) -> dict[str, str]:
    """What ``old`` calls otherwise than ``new``: old id = new id, also where ``new`` is the earlier of the two."""
    back = {now: was for was, now in old.renamed.items()} if new.ref == old.follows else {}
    return back | dict(new.renamed)


def _contexts(old: Pack, new: Pack) -> Iterator[PackChange]:
    for noun, before, after in (
        ("domain", old.domains, new.domains),
        ("audience", old.audiences, new.audiences),
    ):
        known = {context.id: context for context in before}
        for context in after:
            was = known.pop(context.id, None)
            if was is None:
                yield PackChange("new", context.id, f"New {noun}: {context.title}.")
            else:
                yield from _context(noun, _renamed(was, renames(old, new)), context)
        for context in known.values():
            yield PackChange("removed", context.id, f"The {noun} {context.title.lower()} is gone.")


def _renamed(was: Context, renamed: Mapping[str, str]) -> Context:
    """Reviewers under their new names, so that a name alone is no change of what a review asks for."""
    return replace(was, reviewers=tuple(renamed.get(name, name) for name in was.reviewers))


def _context(noun: str, was: Context, now: Context) -> Iterator[PackChange]:
    place = f"the {noun} {now.title.lower()}"
    if was.risk != now.risk:
        way = "stricter" if now.risk > was.risk else "looser"
        yield PackChange(way, now.id, f"The risk of {place} is {now.risk} instead of {was.risk}.")
    for what, before, after in (
        ("needs a reviewer for", was.reviewers, now.reviewers),
        ("needs runs that cover", was.covers, now.covers),
    ):
        if more := [name for name in after if name not in before]:
            yield PackChange("stricter", now.id, f"A review in {place} {what} {', '.join(more)}.")
        if less := [name for name in before if name not in after]:
            yield PackChange("looser", now.id, f"A review in {place} no longer {what} {', '.join(less)}.")


def _unlocks(old: Pack, new: Pack) -> Iterator[PackChange]:
    """Values that a review needs a speciality for, wherever they open, in one version and not in the other."""
    for id in (id for id in new.adjustables if id in old.adjustables):
        was, now = old.adjustables[id], new.adjustables[id]
        for name in now.names:
            before = {renames(old, new).get(role, role) for role in _asked(was, name)}
            after = _asked(now, name)
            if was.value(name) and before != after:
                way = "looser" if after < before else "stricter"
                needs = f"a reviewer for {', '.join(sorted(after))}" if after else "no particular reviewer"
                yield PackChange(way, id, f"{now.title} {now.label(name)} needs {needs}.")


def _asked(behavior: Behavior, value: str) -> set[str]:
    return {unlock.review for unlock in behavior.unlocks if value in unlock.values and unlock.review}


def _specialties(old: Pack, new: Pack) -> Iterator[PackChange]:
    before = {specialty.id for specialty in old.specialties}
    now = {specialty.id for specialty in new.specialties}
    moved = {was: id for was, id in renames(old, new).items() if was in before and id in now}
    for was, id in moved.items():
        yield PackChange("renamed", id, f"Reviewers for {was} are called {id} now.")
    for specialty in new.specialties:
        if specialty.id not in before | set(moved.values()):
            yield PackChange("new", specialty.id, f"New kind of reviewer: {specialty.title}.")
    for id in sorted(before - now - moved.keys()):
        yield PackChange("removed", id, f"The kind of reviewer {id} is gone.")


def _levels(old: Pack, new: Pack) -> Iterator[PackChange]:
    before = {level.from_risk: level for level in old.review.levels}
    for level in new.review.levels:
        was = before.pop(level.from_risk, None)
        if was and was != level:
            more = _needs(level) - _needs(was)
            way = "stricter" if more else "looser"
            named = ", ".join(sorted(more or _needs(was) - _needs(level)))
            yield PackChange(
                way,
                "review",
                f"From risk {level.from_risk} on, a review {'also' if more else 'no longer'} needs {named}.",
            )
        elif not was:
            yield PackChange("stricter", "review", f"From risk {level.from_risk} on, a review needs more.")
    for start in before:
        yield PackChange("looser", "review", f"Risk {start} is no longer a step of what a review needs.")


def _needs(level: ReviewLevel) -> set[str]:
    people = {
        f"{count} {'approval' if count == 1 else 'approvals'}" for count in range(1, level.approvals + 1)
    }
    samples = {f"{count} samples of each scenario" for count in range(2, level.samples + 1)}
    models = {f"runs on {name}" for name in level.models}
    return people | samples | models | {f"a {name} reviewer" for name in level.reviewers} | set(level.covers)


def _weights(old: Pack, new: Pack) -> Iterator[PackChange]:
    for name, word in (
        ("tool_risk", "A tool adds"),
        ("irreversible_tool_risk", "A tool that cannot be undone adds"),
        ("risk_highest", "The risk score ends at"),
    ):
        was, now = getattr(old.review, name), getattr(new.review, name)
        if was != now:
            way = "stricter" if now > was else "looser"
            yield PackChange(way, "review", f"{word} {now} instead of {was}.")


def _margins(old: Pack, new: Pack) -> Iterator[PackChange]:
    """Which margin is the stricter one depends on what is compared, so any change is read as the graver."""
    before, after = asdict(old.statistics), asdict(new.statistics)
    if moved := [
        f"{name.replace('_', ' ')} {now:g} instead of {before[name]:g}"
        for name, now in after.items()
        if now != before[name]
    ]:
        yield PackChange(
            "looser", "statistics", f"Comparisons are read with other margins: {', '.join(moved)}."
        )


def _probes(old: Pack, new: Pack) -> Iterator[PackChange]:
    before, after = ({probe.id: probe for probe in pack.probes} for pack in (old, new))
    for way, ids, word in (
        ("new", after.keys() - before.keys(), "new"),
        ("removed", before.keys() - after.keys(), "gone"),
        ("reworded", {id for id in after.keys() & before.keys() if after[id] != before[id]}, "changed"),
    ):
        if ids:
            noun = "scenario" if len(ids) == 1 else "scenarios"
            yield PackChange(way, "probes", f"{len(ids)} {noun} {'is' if len(ids) == 1 else 'are'} {word}.")
