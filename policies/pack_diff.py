"""What a new version of a pack changes: stricter, looser, new, removed, renamed, reworded, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product

from policies.bounds import Bound, BoundError, Choice, Value, explain, leq
from policies.pack import Behavior, Conflict, Context, Pack, Rule
from policies.pack_change import WAYS, PackChange
from policies.pack_diff_review import renames, review_changes
from policies.pack_diff_words import word_changes
from policies.reach import conditional_in

__all__ = ["WAYS", "PackChange", "diff_packs"]


def diff_packs(old: Pack, new: Pack) -> tuple[PackChange, ...]:
    """Everything that differs, rules first. Reach is compared in every domain for every audience.

    The notes of the new version explain what differs from the version that it follows, and from no other.
    """
    if old.digest == new.digest:
        return ()
    changes = [
        *_rules(old, new),
        *_behaviors(old, new),
        *_reaches(old, new),
        *_patterns(old, new),
        *review_changes(old, new),
        *word_changes(old, new),
    ] or [PackChange("reworded", new.name, "Only its title, its sources or how it is described differ.")]
    return tuple(_explained(changes, new.notes if new.follows == old.ref else {}))


def _explained(changes: Iterable[PackChange], notes: Mapping[str, str]) -> Iterator[PackChange]:
    """Each note stands once, at the first change of its id that is more than other words."""
    changes = list(changes)
    heavy = {change.id for change in changes if change.way != "reworded"}
    told: set[str] = set()
    for change in changes:
        first = change.id not in told and (change.way != "reworded" or change.id not in heavy)
        told |= {change.id} if first else set()
        yield replace(change, why=notes.get(change.id, "")) if first else change


def _rules(old: Pack, new: Pack) -> Iterator[PackChange]:
    before = {rule.id: rule for rule in old.rules}
    for rule in new.rules:
        was = before.pop(rule.id, None)
        if was is None:
            yield PackChange("stricter", rule.id, f"New rule: {rule.statement}")
        elif was != rule:
            yield PackChange(*_reworded(was, rule))
    for rule in before.values():
        yield PackChange("looser", rule.id, f"Rule removed: {rule.statement}")


def _patterns(old: Pack, new: Pack) -> Iterator[PackChange]:
    """Words that an organisation looks for itself: more of them is stricter; whether another one is, nobody can say."""
    before = {pattern.id: pattern for pattern in old.patterns}
    for pattern in new.patterns:
        was = before.pop(pattern.id, None)
        if was is None:
            yield PackChange("stricter", pattern.rule, f"New pattern: {pattern.title}, {pattern.pattern}")
        elif was != pattern:
            way = (
                "reworded"
                if was.pattern == pattern.pattern and was.severity == pattern.severity
                else "stricter"
            )
            yield PackChange(
                way, pattern.rule, f"The pattern {pattern.id} changed: {pattern.pattern}, {pattern.severity}"
            )
    for pattern in before.values():
        yield PackChange("looser", pattern.rule, f"Pattern removed: {pattern.title}.")


def _reworded(was: Rule, rule: Rule) -> tuple[str, str, str]:
    if was.hard != rule.hard:
        return (
            ("stricter" if rule.hard else "looser"),
            rule.id,
            f"{rule.title} is {'now' if rule.hard else 'no longer'} absolute.",
        )
    if was.waiver != rule.waiver:
        return (
            "reworded",
            rule.id,
            f"What users may waive of {rule.title} changed: {rule.waiver or 'nothing'}",
        )
    if not (was.violates or was.permits) and rule.violates:
        return "reworded", rule.id, f"{rule.title} now says what breaks it and what does not."
    return "reworded", rule.id, f"{rule.title} is described otherwise."


def _behaviors(old: Pack, new: Pack) -> Iterator[PackChange]:
    before = dict(old.adjustables)
    for id, behavior in new.adjustables.items():
        was = before.pop(id, None)
        former = next((name for name, now in renames(old, new).items() if now == id and name in before), None)
        if was is None and former:
            before.pop(former)
            yield PackChange("renamed", id, f"{former} is called {id} now.")
        elif was is None:
            yield PackChange("new", id, f"New behaviour: {behavior.title}. {behavior.summary}")
        else:
            yield from _behavior(was, behavior, old, new)
    for id, behavior in before.items():
        yield PackChange("removed", id, f"Behaviour removed: {behavior.title}.")


def _behavior(was: Behavior, now: Behavior, old: Pack, new: Pack) -> Iterator[PackChange]:
    if was.default != now.default:
        way = "looser" if now.exposure(now.default) > now.exposure(was.default) else "stricter"
        yield PackChange(
            way,
            now.id,
            f"{now.title}: the default is {now.label(now.default)} instead of {was.label(was.default)}.",
        )
    if was.who != now.who:
        way = "looser" if now.who == "user" else "stricter"
        yield PackChange(way, now.id, f"{now.title} may be moved by the {now.who}, before by the {was.who}.")
    yield from _harm(was, now)
    yield from _values(was, now)
    yield from _conflicts(was, now, old, new)
    said = [words for words, differ in ((_ADDS, _texts), (_SHOWN, _described)) if differ(was) != differ(now)]
    if said:
        yield PackChange("reworded", now.id, f"{now.title} {' and '.join(said)}.")


_ADDS, _SHOWN = "adds other words to the compiled prompt", "is described otherwise"


def _texts(behavior: Behavior) -> tuple[object, ...]:
    """What a model reads of a behaviour."""
    variants = [(variant.name, variant.text, variant.granted) for variant in behavior.values]
    return (variants, behavior.stated_as, behavior.granted)


def _harm(was: Behavior, now: Behavior) -> Iterator[PackChange]:
    moved = [
        f"{name} {figure} instead of {was.harm.facts[name]}"
        for name, figure in now.harm.facts.items()
        if figure != was.harm.facts[name]
    ]
    if moved:
        way = "stricter" if sum(now.harm.facts.values()) >= sum(was.harm.facts.values()) else "looser"
        weighs = f"weighs {now.harm.weight()} in the risk score, before {was.harm.weight()}"
        yield PackChange(way, now.id, f"{now.title}: {', '.join(moved)}; it {weighs}.")


def _values(was: Behavior, now: Behavior) -> Iterator[PackChange]:
    """Values that only one version has; what an old one is called now would be guesswork."""
    for way, word, names in (
        ("new", "can be", [name for name in now.names if name not in was.names]),
        ("removed", "can no longer be", [name for name in was.names if name not in now.names]),
    ):
        if names:
            labels = " or ".join((now if way == "new" else was).label(name) for name in names)
            yield PackChange(way, now.id, f"{now.title} {word} {labels}.")


def _conflicts(was: Behavior, now: Behavior, old: Pack, new: Pack) -> Iterator[PackChange]:
    """A combination that is excluded now is stricter; one that no longer is, looser. Another reason says nothing."""
    before = {_combination(conflict): conflict for conflict in was.conflicts}
    after = {_combination(conflict): conflict for conflict in now.conflicts}
    for key, conflict in after.items():
        former = before.get(key)
        if former and former.severity == conflict.severity:
            continue
        way = "looser" if former and conflict.severity == "warn" else "stricter"
        verb = "must not" if conflict.severity == "block" else "should not"
        yield PackChange(way, now.id, f"{now.title} {verb} {_goes(now, conflict, new)}. {conflict.why}")
    for key, conflict in before.items():
        if key not in after:
            yield PackChange("looser", now.id, f"{now.title} may {_goes(now, conflict, old)}.")


def _combination(conflict: Conflict) -> tuple[object, ...]:
    return (conflict.value, *(tuple(sorted(part.items())) for part in (conflict.requires, conflict.excludes)))


def _goes(behavior: Behavior, conflict: Conflict, pack: Pack) -> str:
    others = [f"go without {_setting(pack, id, other)}" for id, other in sorted(conflict.requires.items())]
    others += [f"go with {_setting(pack, id, other)}" for id, other in sorted(conflict.excludes.items())]
    return f"be {behavior.label(conflict.value)} and {' or '.join(others)}"


def _setting(pack: Pack, id: str, value: Value) -> str:
    behavior = pack.behavior(id)
    return f"{pack.title_of(id)} {behavior.label(value) if behavior else value}"


def _described(behavior: Behavior) -> tuple[object, ...]:
    """What people read of it."""
    does = [(variant.name, variant.label, variant.does) for variant in behavior.values]
    said = (behavior.title, behavior.summary, behavior.why, behavior.keeps_note, behavior.user_may)
    return (*said, behavior.harm.why, behavior.keeps, behavior.allowed, behavior.blocked, does)


def _reaches(old: Pack, new: Pack) -> Iterator[PackChange]:
    """One line a behaviour and way, naming the contexts in which the reach differs."""
    found: dict[tuple[str, str], list[str]] = {}
    shown: dict[tuple[str, str], str] = {}
    known = old.adjustables.keys() & new.adjustables.keys()
    same = {id for id in known if old.adjustables[id] == new.adjustables[id]}
    for domain, audience in product(new.domains, new.audiences):
        was_domain, was_audience = old.domain(domain.id), old.audience(audience.id)
        if was_domain is None or was_audience is None:
            continue
        for id in known:
            if (
                id in same
                and _bound_alike(id, was_domain, domain)
                and _bound_alike(id, was_audience, audience)
            ):
                continue
            before, after = old.adjustables[id], new.adjustables[id]
            had = conditional_in(before, was_domain, was_audience)
            has = conditional_in(after, domain, audience)
            if way := _way(_shared(had, after.bound), _shared(has, before.bound)):
                found.setdefault((id, way), []).append(f"{domain.id} for {audience.id}")
                shown[id, way] = explain(has)
    for (id, way), places in sorted(found.items()):
        yield PackChange(way, id, f"{new.title_of(id)} permits {shown[id, way]} in {_places(places)}.")


def _bound_alike(id: str, was: Context, now: Context) -> bool:
    return was.bounds.get(id) == now.bounds.get(id)


def _shared(bound: Bound, other: Bound) -> Bound:
    """Without the names that the other version does not know: those are new or removed, and said so already."""
    if isinstance(bound, Choice) and isinstance(other, Choice):
        return Choice(bound.permitted & other.permitted)
    return bound


def _way(before: Bound, after: Bound) -> str:
    if before == after:
        return ""
    try:
        return "stricter" if leq(after, before) else "looser"
    except BoundError:
        return "looser"  # another kind or scale: cannot be compared, so it is read as the graver one


def _places(places: Sequence[str]) -> str:
    listed = [place.replace("_", " ") for place in places]
    return ", ".join(listed) if len(listed) <= 3 else f"{', '.join(listed[:3])} and {len(listed) - 3} more"
