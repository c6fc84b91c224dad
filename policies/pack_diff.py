"""What a new version of a pack changes: stricter, looser, new, removed, reworded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from policies.bounds import Bound, BoundError, explain, leq
from policies.pack import Behavior, Context, Pack, Rule
from policies.reach import reach


@dataclass(frozen=True, slots=True)
class PackChange:
    """``way`` is stricter, looser, new, removed, renamed or reworded."""

    way: str
    id: str
    sentence: str


def diff_packs(old: Pack, new: Pack) -> tuple[PackChange, ...]:
    """Everything that differs, rules first. Reach is compared in every domain for every audience."""
    if old.digest == new.digest:
        return ()
    changes = [*_rules(old, new), *_behaviors(old, new), *_contexts(old, new), *_reaches(old, new)]
    return tuple(changes)


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
    return "reworded", rule.id, f"{rule.title} is described otherwise."


def _behaviors(old: Pack, new: Pack) -> Iterator[PackChange]:
    before = dict(old.adjustables)
    for id, behavior in new.adjustables.items():
        was = before.pop(id, None)
        former = next((name for name, now in new.renamed.items() if now == id and name in before), None)
        if was is None and former:
            before.pop(former)
            yield PackChange("renamed", id, f"{former} is called {id} now.")
        elif was is None:
            yield PackChange("new", id, f"New behaviour: {behavior.title}. {behavior.summary}")
        else:
            yield from _behavior(was, behavior)
    for id, behavior in before.items():
        yield PackChange("removed", id, f"Behaviour removed: {behavior.title}.")


def _behavior(was: Behavior, now: Behavior) -> Iterator[PackChange]:
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
    if was.harm != now.harm:
        way = "stricter" if now.harm.weight() >= was.harm.weight() else "looser"
        yield PackChange(
            way,
            now.id,
            f"{now.title} weighs {now.harm.weight()} in the risk score instead of {was.harm.weight()}.",
        )
    texts = [[(v.name, v.text, v.granted) for v in behavior.values] for behavior in (was, now)]
    if texts[0] != texts[1] or (was.stated_as, was.granted) != (now.stated_as, now.granted):
        yield PackChange("reworded", now.id, f"{now.title} adds other words to the compiled prompt.")
    if was.conflicts != now.conflicts:
        yield PackChange("reworded", now.id, f"{now.title} goes with other settings than before.")


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
            elif (was.risk, was.reviewers, was.covers) != (context.risk, context.reviewers, context.covers):
                way = "stricter" if _asks_more(was, context) else "looser"
                yield PackChange(
                    way, context.id, f"A review in the {noun} {context.title.lower()} asks for other things."
                )
        for context in known.values():
            yield PackChange("removed", context.id, f"The {noun} {context.title.lower()} is gone.")


def _asks_more(was: Context, now: Context) -> bool:
    return (
        now.risk >= was.risk
        and set(now.reviewers) >= set(was.reviewers)
        and set(now.covers) >= set(was.covers)
    )


def _reaches(old: Pack, new: Pack) -> Iterator[PackChange]:
    """One line a behaviour and way, naming the contexts in which the reach differs."""
    found: dict[tuple[str, str], list[str]] = {}
    shown: dict[tuple[str, str], str] = {}
    for domain in (d.id for d in new.domains if old.domain(d.id)):
        for audience in (a.id for a in new.audiences if old.audience(a.id)):
            before = reach(old, domain=domain, audience=[audience])
            after = reach(new, domain=domain, audience=[audience])
            for id in before.keys() & after.keys():
                if way := _way(before[id].conditional, after[id].conditional):
                    found.setdefault((id, way), []).append(f"{domain} for {audience}")
                    shown[id, way] = explain(after[id].conditional)
    for (id, way), places in sorted(found.items()):
        yield PackChange(way, id, f"{new.title_of(id)} permits {shown[id, way]} in {_places(places)}.")


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
