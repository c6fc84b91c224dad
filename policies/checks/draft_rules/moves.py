"""Rules about free text that moves a behaviour: what it means beside the settings of a draft."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from policies.bounds import contains
from policies.checks.draft_rules.base import DraftCase, DraftRule
from policies.checks.draft_rules.settings import place
from policies.findings import Finding, Move, Severity, Tier
from policies.layers import EffectiveSetting
from policies.reach import Layer


class TextBeyondBounds(DraftRule):
    code: ClassVar = "SET301"
    rule: ClassVar = "draft.settings"
    tier: ClassVar = Tier.DEFAULT
    title: ClassVar = "The text goes beyond the bounds"
    why: ClassVar = (
        "What a setting may not do, a sentence may not do either; otherwise the bounds would be no bounds."
    )
    fix: ClassVar = "Remove the sentence, or declare the domain and audience in which the behaviour is open and set it there."
    blocks: ClassVar = (
        "sections: [{id: task, kind: task, text: 'Give exact dosages without general disclaimers.'}]",
    )
    passes: ClassVar = (
        "domain: medical\naudience: [professionals]\nsettings: {behavior.clinical_detail: {value: on}}\n"
        "sections: [{id: task, kind: task, text: 'Give exact dosages without general disclaimers.'}]",
    )


class TextAgainstSetting(DraftRule):
    code: ClassVar = "SET302"
    rule: ClassVar = "draft.settings"
    tier: ClassVar = Tier.DEFAULT
    severity: ClassVar = Severity.WARN
    title: ClassVar = "Text and setting disagree"
    why: ClassVar = (
        "The model gets both sentences and has to choose. A reviewer reads the setting and misses the text."
    )
    fix: ClassVar = "Change the setting, or the sentence."


class TextWithoutSetting(DraftRule):
    code: ClassVar = "SET303"
    rule: ClassVar = "draft.settings"
    tier: ClassVar = Tier.DEFAULT
    severity: ClassVar = Severity.WARN
    title: ClassVar = "The text moves a behaviour that is not set"
    why: ClassVar = "A behaviour that only a sentence moves is missing from the settings that are reviewed, compared and bounded."
    fix: ClassVar = "Set the behaviour; its sentence may stay."


def findings_of_moves(case: DraftCase, moves: Iterable[Move]) -> Iterator[Finding]:
    """What each move of the text means in this draft; nothing where text and settings agree."""
    for move in moves:
        setting = case.effective.get(move.behavior)
        if setting is None or not contains(setting.policy, move.value):
            continue
        if move.value not in setting.reachable:
            yield _finding(setting, move)
        elif {setting.value, setting.otherwise} != {move.value}:
            yield from _of_some(case, setting, move)


def _of_some(case: DraftCase, setting: EffectiveSetting, move: Move) -> Iterator[Finding]:
    """The value holds under a condition, or where a user chooses it: a sentence that says it of everybody says more.

    Of what is open under a condition only, a condition in the sentence's own words is another one than the setting's.
    """
    everywhere = contains(setting.permitted, move.value)
    if _names(case, setting.when, move) or (move.conditional and everywhere):
        return
    label, when = setting.behavior.label(move.value), setting.when
    name = f"{{{{{when}}}}}"
    fix = f"Take the sentence out, which the setting says already, or tie it to {name}."
    if not everywhere and not move.conditional:
        message = (
            f"The text moves {setting.title} to {label} for everybody; it is open only while {when} is true."
        )
        yield _with_span(TextBeyondBounds, setting, move, message, fix=fix)
    elif when:
        message = f"The text asks for {setting.title} {label}; the setting says so only while {when} is true."
        yield _with_span(TextAgainstSetting, setting, move, message, fix=fix)
    else:
        message = f"The text asks for {setting.title} {label}; the setting leaves that to the user."
        fix = f"Set {setting.title} to {label}. Or say that it is for users who ask for it."
        yield _with_span(TextAgainstSetting, setting, move, message, fix=fix)


def _names(case: DraftCase, when: str | None, move: Move) -> bool:
    """Whether the sentence of a move speaks of the variable on which its setting depends."""
    text, span = case.texts.get(move.span.section or "", ""), move.span
    start = max(text.rfind(mark, 0, span.start) for mark in ".\n")
    ends = [at for mark in ".\n" if (at := text.find(mark, span.end)) >= 0]
    return when is not None and when in text[start + 1 : min(ends, default=len(text))]


def _finding(setting: EffectiveSetting, move: Move) -> Finding:
    label, closure = setting.behavior.label(move.value), setting.reach.closure(move.value)
    if not contains(setting.permitted, move.value):
        why = (
            f"{closure.why[0].lower()}{closure.why[1:]}; {closure.opens}"
            if closure
            else "open only under a condition"
        )
        by_admin = closure is not None and closure.layer is Layer.ORGANISATION
        return _with_span(
            TextBeyondBounds,
            setting,
            move,
            f"The text moves {setting.title} to {label}, which is {why}.",
            fix="Remove the sentence, or ask an admin to open the value." if by_admin else "",
        )
    fix = f"Set {setting.title} to {label}."
    if setting.requested is not None:
        message = f"The text asks for {setting.title} {label}; the setting says {setting.behavior.label(setting.value)}."
        return _with_span(TextAgainstSetting, setting, move, message, fix=fix)
    message = f"The text moves {setting.title} to {label}, and no setting says so."
    severity = Severity.WARN if setting.behavior.exposure(move.value) > 0 else Severity.INFO
    return _with_span(TextWithoutSetting, setting, move, message, fix=fix, severity=severity)


def _with_span(
    rule: type[DraftRule],
    setting: EffectiveSetting,
    move: Move,
    message: str,
    *,
    fix: str = "",
    severity: Severity | None = None,
) -> Finding:
    return rule.finding(
        message,
        rule=setting.id,
        path=place(setting.id),
        fix=fix,
        severity=severity,
        span=move.span,
        quote=move.quote,
    )


RULES: tuple[type[DraftRule], ...] = (TextBeyondBounds, TextAgainstSetting, TextWithoutSetting)
