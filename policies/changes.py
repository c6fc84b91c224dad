"""The lines of an effect: what each difference between two drafts means, limits first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from policies.draft import Draft
from policies.findings import Severity, Tier, Verdict
from policies.layers import Effective, EffectiveSetting
from policies.pack import Context, Pack
from policies.risk import Risk
from policies.wording import does


class Direction(StrEnum):
    """Which way a change goes."""

    WIDER = "wider"
    NARROWER = "narrower"
    NEW = "new"
    REMOVED = "removed"
    NEUTRAL = "neutral"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the effect. ``old`` and ``new`` are the chips, empty where there is nothing to show.

    ``reviews`` are the specialities that the policy asks for because of it.
    """

    kind: str
    id: str
    tier: Tier
    direction: Direction
    sentence: str
    because: str = ""
    old: str = ""
    new: str = ""
    risk: int = 0
    reviews: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two drafts with everything that holds for it."""

    draft: Draft
    pack: Pack
    effective: Effective
    risk: Risk
    texts: dict[str, str]
    verdict: Verdict


def changes_between(before: Side | None, base: Side, after: Side) -> Iterator[Change]:
    yield _limits(before, after)
    if before:
        yield from _pack_change(before, after)
        yield from _context_changes(before, after)
    for setting in after.effective.settings:
        if old := base.effective.get(setting.id):
            yield from _setting_change(setting, old, base, after)
    yield from _tool_changes(base, after)
    yield from _variable_changes(base, after)
    if before:
        yield from _text_changes(before, after)


def _limits(before: Side | None, after: Side) -> Change:
    """The first line, even when nothing moved."""
    broken = _broken(after)
    count = len(after.pack.limits)
    if broken:
        names = ", ".join(after.pack.title_of(id) for id in broken)
        sentence = f"The text breaks what always holds: {names}."
        return Change("limits", "limits", Tier.LIMIT, Direction.WIDER, sentence, "cannot be approved", risk=0)
    healed = [id for id in _broken(before) if id not in broken] if before else []
    if healed:
        names = ", ".join(after.pack.title_of(id) for id in healed)
        return Change(
            "limits",
            "limits",
            Tier.LIMIT,
            Direction.NARROWER,
            f"All {count} limits hold again.",
            f"before: {names}",
        )
    tail = ", as before." if before else "."
    return Change(
        "limits",
        "limits",
        Tier.LIMIT,
        Direction.SAME,
        f"All {count} limits hold{tail}",
        "by the checks of the text",
    )


def _broken(side: Side | None) -> list[str]:
    found = side.verdict.findings if side else ()
    return list(dict.fromkeys(f.rule for f in found if f.severity is Severity.BLOCK and f.limit))


def _pack_change(before: Side, after: Side) -> Iterator[Change]:
    if before.pack.digest != after.pack.digest:
        sentence = f"The policy is {after.pack.ref} instead of {before.pack.ref}."
        yield Change(
            "pack", "pack", Tier.GUIDELINE, Direction.NEUTRAL, sentence, "", before.pack.ref, after.pack.ref
        )


def _context_changes(before: Side, after: Side) -> Iterator[Change]:
    old, new = before.draft, after.draft
    if old.domain != new.domain:
        risk = after.risk.points("domain") - before.risk.points("domain")
        reviews = _reviewers(after.pack.domain(new.domain))
        sentence = f"The domain is {_named(new.domain)} instead of {_named(old.domain)}."
        because = "other ceilings hold, other behaviours are open"
        yield Change(
            "domain",
            "domain",
            Tier.GUIDELINE,
            _way(risk),
            sentence,
            because,
            _named(old.domain),
            _named(new.domain),
            risk,
            reviews,
        )
    if set(old.audience) != set(new.audience):
        risk = after.risk.points("audience") - before.risk.points("audience")
        reviews = tuple(r for name in new.audience for r in _reviewers(after.pack.audience(name)))
        was, now = (
            ", ".join(map(_named, sorted(set(audience)))) for audience in (old.audience, new.audience)
        )
        sentence = f"The audience is {now} instead of {was}."
        because = "the most vulnerable one decides what is open"
        yield Change(
            "audience", "audience", Tier.GUIDELINE, _way(risk), sentence, because, was, now, risk, reviews
        )


def _reviewers(context: Context | None) -> tuple[str, ...]:
    return context.reviewers if context else ()


def _named(id: str) -> str:
    return id.replace("_", " ")


def _way(risk: int) -> Direction:
    return Direction.WIDER if risk > 0 else Direction.NARROWER if risk < 0 else Direction.NEUTRAL


def _setting_change(
    new: EffectiveSetting, old: EffectiveSetting, base: Side, after: Side
) -> Iterator[Change]:
    risk = after.risk.points(new.id) - base.risk.points(old.id)
    values = (new.value, new.when, new.otherwise) != (old.value, old.when, old.otherwise)
    grants = _choices(new) != _choices(old)
    if values:
        yield _value_change(new, old, 0 if grants and not _value_risk(new, old) else risk)
    if grants:
        yield _grant_change(new, old, 0 if values and _value_risk(new, old) else risk)


def _choices(setting: EffectiveSetting) -> frozenset[str | int | float]:
    """What users may choose beyond what holds anyway."""
    return (
        frozenset(setting.grants) - {setting.value} if set(setting.grants) - {setting.value} else frozenset()
    )


def _value_risk(new: EffectiveSetting, old: EffectiveSetting) -> bool:
    return new.behavior.exposure(new.value) != old.behavior.exposure(old.value)


def _value_change(new: EffectiveSetting, old: EffectiveSetting, risk: int) -> Change:
    if new.id.startswith("parameter."):
        return _parameter_change(new, old)
    doing = does(new.behavior, new.value)
    sentence = f"Where {new.when} is true, the assistant {doing}." if new.when else f"The assistant {doing}."
    shift = new.behavior.exposure(new.value) - old.behavior.exposure(old.value)
    direction = _way(risk or shift)
    because = new.id
    if new.decided_by.value not in {"operator", "policy"} and new.requested is None:
        because = f"{new.id} · {new.sentence.rstrip('.')}"
    elif new.behavior.keeps_note:
        because = f"{new.id} · {new.behavior.keeps_note}"
    tier = Tier.ETHICS if any(id.startswith("honesty.") for id in new.behavior.keeps[:1]) else Tier.DEFAULT
    return Change(
        "setting",
        new.id,
        tier,
        direction,
        sentence,
        because,
        _chip(old),
        _chip(new),
        risk,
        _asked_for(new, old),
    )


def _asked_for(new: EffectiveSetting, old: EffectiveSetting) -> tuple[str, ...]:
    """Specialities for values that are in force now and were not before."""
    fresh = [value for value in new.reachable if value not in old.reachable and value != new.pack_default]
    return tuple(dict.fromkeys(r for value in fresh if (r := new.reach.reviews.get(str(value), ""))))


def _chip(setting: EffectiveSetting) -> str:
    label = setting.behavior.label(setting.value) or "none"
    return f"{label} if {setting.when}" if setting.when else label


def _parameter_change(new: EffectiveSetting, old: EffectiveSetting) -> Change:
    kind, label = new.id.partition(".")[2], new.behavior.label(new.value) or "none"
    sentence = f"{new.title} is {label}."
    if kind == "model":
        sentence = f"Another model answers: {label}." if old.value else f"{label} answers."
    elif kind == "max_tokens" and isinstance(new.value, int) and isinstance(old.value, int):
        sentence = f"Answers may be {'longer' if new.value > old.value else 'shorter'}."
    named = "model" if kind == "model" else "parameter"
    return Change(named, new.id, Tier.DEFAULT, Direction.NEUTRAL, sentence, kind, _chip(old), _chip(new))


def _grant_change(new: EffectiveSetting, old: EffectiveSetting, risk: int) -> Change:
    behavior = new.behavior
    fewer = not _choices(new) - _choices(old)
    may = behavior.user_may or f"choose {behavior.title.lower()}"
    sentence = (
        f"Users can no longer {may}."
        if not _choices(new)
        else f"Users can {'still' if fewer else 'now'} {may}."
    )
    direction = Direction.NARROWER if fewer else Direction.WIDER
    because = f"{new.id} · {behavior.keeps_note}" if behavior.keeps_note else new.id
    return Change(
        "grant",
        new.id,
        Tier.DEFAULT,
        direction,
        sentence,
        because,
        _offered(old),
        _offered(new),
        risk,
        _asked_for(new, old),
    )


def _offered(setting: EffectiveSetting) -> str:
    if not _choices(setting):
        return "operator only"
    return "users: " + ", ".join(setting.behavior.label(value) for value in setting.grants)


def _tool_changes(base: Side, after: Side) -> Iterator[Change]:
    old = {tool.name: tool for tool in base.draft.tools}
    new = {tool.name: tool for tool in after.draft.tools}
    for name, tool in new.items():
        was = old.get(name)
        risk = after.risk.points(f"tool.{name}") - base.risk.points(f"tool.{name}")
        undo = "it can be undone" if tool.reversible else "it cannot be undone"
        asks = "asks first" if tool.requires_confirmation else "does not ask first"
        because = f"tool {name} · {undo}, {asks}"
        if was is None:
            yield Change(
                "tool",
                name,
                Tier.GUIDELINE,
                Direction.NEW,
                f"The assistant can use {name}; {undo}.",
                because,
                risk=risk,
            )
        elif (was.reversible, was.requires_confirmation) != (tool.reversible, tool.requires_confirmation):
            looser = (was.requires_confirmation and not tool.requires_confirmation) or (
                was.reversible and not tool.reversible
            )
            way = Direction.WIDER if looser else Direction.NARROWER
            yield Change(
                "tool", name, Tier.GUIDELINE, way, f"The tool {name} {asks}, and {undo}.", because, risk=risk
            )
        elif was != tool:
            yield Change(
                "tool",
                name,
                Tier.GUIDELINE,
                Direction.NEUTRAL,
                f"The tool {name} is described otherwise.",
                because,
            )
    for name in old.keys() - new.keys():
        risk = -base.risk.points(f"tool.{name}")
        yield Change(
            "tool",
            name,
            Tier.GUIDELINE,
            Direction.REMOVED,
            f"The assistant can no longer use {name}.",
            f"tool {name}",
            risk=risk,
        )


def _variable_changes(base: Side, after: Side) -> Iterator[Change]:
    old, new = base.draft.variables, after.draft.variables
    for name, variable in new.items():
        was = old.get(name)
        if was is None:
            kind = "trusted" if variable.trusted else "untrusted"
            sentence = f"The application fills in {name}, which counts as {kind}."
            yield Change("variable", name, Tier.GUIDELINE, Direction.NEW, sentence, f"variable {name}")
        elif was.trusted != variable.trusted:
            way = Direction.WIDER if variable.trusted else Direction.NARROWER
            sentence = f"What {name} holds counts as {'trusted' if variable.trusted else 'untrusted'} now."
            yield Change("variable", name, Tier.GUIDELINE, way, sentence, f"variable {name}")
        elif was != variable:
            yield Change(
                "variable",
                name,
                Tier.GUIDELINE,
                Direction.NEUTRAL,
                f"The variable {name} is declared otherwise.",
                f"variable {name}",
            )
    for name in old.keys() - new.keys():
        yield Change(
            "variable",
            name,
            Tier.GUIDELINE,
            Direction.REMOVED,
            f"The application no longer fills in {name}.",
            f"variable {name}",
        )


def _text_changes(before: Side, after: Side) -> Iterator[Change]:
    """Sections whose words changed: what they do in effect is for people, evidence and the checks to say."""
    names = {
        section.id: section.title or _named(section.id)
        for side in (before, after)
        for section in side.draft.sections
    }
    for id, name in names.items():
        was, now = before.texts.get(id), after.texts.get(id)
        if was is None:
            yield Change("text", id, Tier.DEFAULT, Direction.NEW, f"The section “{name}” is new.", "text")
        elif now is None:
            yield Change(
                "text", id, Tier.DEFAULT, Direction.REMOVED, f"The section “{name}” is gone.", "text"
            )
        elif was != now:
            kind = "snippet" if _included(before, after, id) else "text"
            yield Change(kind, id, Tier.DEFAULT, Direction.NEUTRAL, f"The words of “{name}” changed.", kind)
    orders = [
        [s.id for s in side.draft.sections if s.id in before.texts and s.id in after.texts]
        for side in (before, after)
    ]
    if orders[0] != orders[1]:
        yield Change(
            "text",
            "sections",
            Tier.DEFAULT,
            Direction.NEUTRAL,
            "The sections stand in another order.",
            "text",
        )


def _included(before: Side, after: Side, id: str) -> bool:
    return any((section := side.draft.section(id)) and section.include for side in (before, after))
