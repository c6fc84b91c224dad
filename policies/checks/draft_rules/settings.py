"""Rules about settings: known, within bounds, under a real condition, and at peace with each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from policies.bounds import Value, contains, explain
from policies.checks.draft_rules.base import DraftCase, DraftRule
from policies.findings import Finding, Severity, Tier
from policies.forms import did_you_mean
from policies.layers import EffectiveSetting, is_condition
from policies.pack import Behavior, Conflict
from policies.reach import Layer

HEAD = "sections: [{id: role, kind: role, text: Help.}]\n"


def place(id: str) -> str:
    """Where a draft says this: parameters have a place of their own, and the model stands at the top."""
    short = id.partition(".")[2]
    if id == "parameter.model":
        return "model"
    return f"parameters.{short}" if id.startswith("parameter.") else f"settings.{id}"


class UnknownSetting(DraftRule):
    code: ClassVar = "SET101"
    rule: ClassVar = "draft.settings"
    title: ClassVar = "Unknown setting"
    why: ClassVar = "A setting that the policy does not know would change nothing, while its author believes that it does."
    fix: ClassVar = "Use an id of the policy, or remove the setting."
    blocks: ClassVar = (HEAD + "settings: {behavior.creativty: {value: strict}}",)
    passes: ClassVar = (HEAD + "settings: {behavior.creativity: {value: strict}}",)

    @classmethod
    def check(cls, case: DraftCase) -> Iterator[Finding]:
        known = [behavior.id for behavior in case.pack.behaviors]
        for id in case.draft.settings:
            if id in known:
                continue
            hint = did_you_mean(id, known)
            if id in case.pack.renamed:
                hint = f" It is called {case.pack.renamed[id]} now."
            elif id in case.pack.adjustables:
                hint = f' It is a request parameter: state it under "{place(id)}".'
            yield cls.finding(f'"{id}" is no behaviour of {case.pack.ref}.{hint}', path=f"settings.{id}")


class OutOfBounds(DraftRule):
    code: ClassVar = "SET102"
    rule: ClassVar = "draft.settings"
    tier: ClassVar = Tier.DEFAULT
    title: ClassVar = "Setting out of bounds"
    why: ClassVar = "A layer above the prompt closed this value: the policy, the domain, the audience or the organisation. Layers only narrow."
    fix: ClassVar = "Choose a permitted value, or declare the domain and audience in which it is open."
    blocks: ClassVar = (
        HEAD + "domain: finance\nsettings: {behavior.creativity: {value: exploratory}}",
        HEAD + "settings: {behavior.clinical_detail: {value: on}}",
        HEAD + "parameters: {max_tokens: 900000}",
    )
    passes: ClassVar = (
        HEAD + "domain: fiction\nsettings: {behavior.creativity: {value: exploratory}}",
        HEAD
        + "domain: medical\naudience: [professionals]\nsettings: {behavior.clinical_detail: {value: on}}",
    )

    @classmethod
    def check(cls, case: DraftCase) -> Iterator[Finding]:
        for setting in case.effective.settings:
            value, closure = setting.requested, setting.closure
            if value is not None and closure:
                why = f"{closure.why[0].lower()}{closure.why[1:]}; {closure.opens}"
                message = f"{setting.title} cannot be {setting.behavior.label(value)}: {why}."
                yield cls.finding(
                    message, rule=setting.id, path=place(setting.id), fix=_permitted(setting, closure.layer)
                )


def _permitted(setting: EffectiveSetting, layer: Layer) -> str:
    """What helps depends on who closed it: no other domain opens what the organisation or the whole policy closes."""
    others = {
        Layer.POLICY: "",
        Layer.ORGANISATION: ", or ask an admin to open it",
    }
    other = others.get(layer, ", or choose a domain and audience in which it is open")
    return f"Set it to {setting.behavior.label(setting.default) or 'a permitted value'}{other}."


class NotAValue(DraftRule):
    code: ClassVar = "SET103"
    rule: ClassVar = "draft.settings"
    title: ClassVar = "Not a value of this behaviour"
    why: ClassVar = "The policy knows what each value means; it cannot guess another one."
    fix: ClassVar = "Choose one of the values that the policy names."
    blocks: ClassVar = (HEAD + "settings: {behavior.creativity: {value: wild}}",)
    passes: ClassVar = (HEAD + "settings: {behavior.creativity: {value: strict}}",)

    @classmethod
    def check(cls, case: DraftCase) -> Iterator[Finding]:
        for setting in case.effective.settings:
            value = setting.requested
            if value is None or setting.closure or contains(setting.policy, value):
                continue
            hint = did_you_mean(str(value), setting.behavior.names)
            yield cls.finding(f"{setting.sentence}{hint}", rule=setting.id, path=place(setting.id))


class NeedsCondition(DraftRule):
    code: ClassVar = "SET104"
    rule: ClassVar = "draft.settings"
    tier: ClassVar = Tier.DEFAULT
    title: ClassVar = "Open only under a condition"
    why: ClassVar = "Here the value is open for some users only: those of whom the application knows something that a boolean variable says."
    fix: ClassVar = 'Add "when" with a boolean variable that the application fills in.'
    blocks: ClassVar = (HEAD + "settings: {behavior.user_trust: {value: operator_equal}}",)
    passes: ClassVar = (
        HEAD + "settings: {behavior.user_trust: {value: operator_equal, when: is_staff}}\n"
        "variables: {is_staff: {type: boolean, trusted: true}}",
        HEAD + "audience: [staff]\nsettings: {behavior.user_trust: {value: operator_equal}}",
    )

    @classmethod
    def check(cls, case: DraftCase) -> Iterator[Finding]:
        for id, stated in case.draft.settings.items():
            setting = case.effective.get(id)
            if not setting or setting.ok or stated.when or not contains(setting.conditional, stated.value):
                continue
            label = setting.behavior.label(stated.value)
            yield cls.finding(
                f"{setting.title} can be {label} here only under a condition.", rule=id, path=place(id)
            )


class UnknownCondition(DraftRule):
    code: ClassVar = "SET105"
    rule: ClassVar = "draft.settings"
    severity: ClassVar = Severity.WARN
    title: ClassVar = "The condition is not a boolean variable of the draft"
    why: ClassVar = "A condition that nobody fills in is never true, so the setting stays at its default."
    fix: ClassVar = "Declare the condition under variables, with the type boolean."
    blocks: ClassVar = (HEAD + "settings: {behavior.user_trust: {value: operator_equal, when: is_staff}}",)
    passes: ClassVar = NeedsCondition.passes[:1]

    @classmethod
    def check(cls, case: DraftCase) -> Iterator[Finding]:
        for id, stated in case.draft.settings.items():
            if not stated.when or is_condition(case.draft, stated.when):
                continue
            variable = case.draft.variables.get(stated.when)
            what = f"is of the type {variable.type}" if variable else "is not declared"
            message = f'The condition "{stated.when}" {what}; {case.pack.title_of(id)} stays at its default until it is a boolean variable.'
            yield cls.finding(message, rule=id, path=f"{place(id)}.when")


class UntrustedCondition(DraftRule):
    code: ClassVar = "SET106"
    rule: ClassVar = "draft.settings"
    severity: ClassVar = Severity.WARN
    title: ClassVar = "An untrusted variable widens a behaviour"
    why: ClassVar = "If users can influence the variable, users decide what is open for them."
    fix: ClassVar = "Let the application decide the value, and declare the variable with trusted: true."
    blocks: ClassVar = (
        HEAD + "settings: {behavior.user_trust: {value: operator_equal, when: is_staff}}\n"
        "variables: {is_staff: {type: boolean, trusted: false}}",
    )
    passes: ClassVar = NeedsCondition.passes[:1]

    @classmethod
    def check(cls, case: DraftCase) -> Iterator[Finding]:
        for setting in case.effective.settings:
            variable = case.draft.variables.get(setting.when or "")
            if variable and not variable.trusted and setting.behavior.exposure(setting.value) > 0:
                message = f'{setting.title} opens by "{setting.when}", which is declared as untrusted.'
                yield cls.finding(message, rule=setting.id, path=f"{place(setting.id)}.when")


class SettingsConflict(DraftRule):
    code: ClassVar = "SET107"
    rule: ClassVar = "draft.settings"
    tier: ClassVar = Tier.DEFAULT
    title: ClassVar = "Settings exclude each other"
    why: ClassVar = (
        "The policy permits one of these only with, or only without, the other, whoever chooses it."
    )
    fix: ClassVar = "Change one of the two settings."
    blocks: ClassVar[tuple[str, ...]] = (
        HEAD
        + "domain: education\nsettings: {behavior.balanced_views: {value: off}, behavior.persuasion_disclaimer: {value: off}}",
        HEAD
        + "domain: education\nsettings: {behavior.balanced_views: {value: off}}\ngrants: {behavior.persuasion_disclaimer: [on, off]}",
    )
    passes: ClassVar[tuple[str, ...]] = (
        HEAD + "domain: education\nsettings: {behavior.balanced_views: {value: off}}",
    )

    @classmethod
    def check(cls, case: DraftCase) -> Iterator[Finding]:
        for behavior in case.pack.behaviors:
            for conflict in behavior.conflicts:
                if conflict.severity == cls.severity.value:
                    yield from cls._clashes(case, behavior, conflict)

    @classmethod
    def _clashes(cls, case: DraftCase, behavior: Behavior, conflict: Conflict) -> Iterator[Finding]:
        """Over every value that may be in force, so that neither a condition nor a grant goes round a conflict."""
        if conflict.value not in case.effective[behavior.id].reachable:
            return
        for id, wanted in conflict.requires.items():
            for value in case.effective[id].reachable:
                if value != wanted:
                    needed = f"needs {_named(case, id, wanted)}, and {_how(case, id, value)}"
                    yield cls._clash(behavior, conflict, needed)
        for id, unwanted in conflict.excludes.items():
            if unwanted in case.effective[id].reachable:
                chosen = ", which users may choose" if _by_users(case, id, unwanted) else ""
                yield cls._clash(behavior, conflict, f"does not go with {_named(case, id, unwanted)}{chosen}")

    @classmethod
    def _clash(cls, behavior: Behavior, conflict: Conflict, says: str) -> Finding:
        message = f"{behavior.title} {behavior.label(conflict.value)} {says}. {conflict.why}"
        return cls.finding(message, rule=behavior.id, path=place(behavior.id))


def _named(case: DraftCase, id: str, value: Value) -> str:
    behavior = case.effective[id].behavior
    return f"{behavior.title} {behavior.label(value)}"


def _how(case: DraftCase, id: str, value: Value) -> str:
    label = case.effective[id].behavior.label(value)
    return f"users may choose {label}" if _by_users(case, id, value) else f"it is {label}"


def _by_users(case: DraftCase, id: str, value: Value) -> bool:
    setting = case.effective[id]
    return value in setting.grants and value not in (setting.value, setting.otherwise)


class SettingsPullApart(SettingsConflict):
    code: ClassVar = "SET108"
    severity: ClassVar = Severity.WARN
    title: ClassVar = "Settings pull in different directions"
    why: ClassVar = "Both are permitted together, and each weakens what the other is for."
    fix: ClassVar = "Keep the one that matters more, or say in the review why both are wanted."
    blocks: ClassVar = (
        HEAD + "settings: {behavior.blunt_feedback: {value: on}, behavior.tone: {value: warm}}",
    )
    passes: ClassVar = (
        HEAD + "settings: {behavior.blunt_feedback: {value: on}, behavior.tone: {value: plain}}",
    )


class NoTools(DraftRule):
    code: ClassVar = "SET109"
    rule: ClassVar = "behavior.autonomy"
    tier: ClassVar = Tier.DEFAULT
    severity: ClassVar = Severity.INFO
    title: ClassVar = "A setting about actions without tools"
    why: ClassVar = "What is confirmed before acting matters once the assistant can act."
    fix: ClassVar = "Declare the tools, or remove the setting."
    blocks: ClassVar = (HEAD + "settings: {behavior.autonomy: {value: confirm_all}}",)
    passes: ClassVar = (
        HEAD
        + "settings: {behavior.autonomy: {value: confirm_all}}\ntools: [{name: book, description: Books a table.}]",
    )

    @classmethod
    def check(cls, case: DraftCase) -> Iterator[Finding]:
        for behavior in case.pack.behaviors:
            if behavior.stated == "tools" and behavior.id in case.draft.settings and not case.draft.tools:
                message = f"{behavior.title} is set, and the draft has no tools."
                yield cls.finding(message, rule=behavior.id, path=place(behavior.id))


class NothingLeft(DraftRule):
    code: ClassVar = "SET110"
    rule: ClassVar = "draft.settings"
    tier: ClassVar = Tier.DEFAULT
    title: ClassVar = "The layers leave no value"
    why: ClassVar = "The organisation's bound and the policy's for this domain and audience have nothing in common, so no value keeps both."
    fix: ClassVar = "Ask an admin to widen the organisation's bound, or choose another domain or audience."

    @classmethod
    def check(cls, case: DraftCase) -> Iterator[Finding]:
        for setting in case.effective.settings:
            if setting.permitted.empty:
                message = f"{setting.title} has no permitted value left: {_steps(setting)}."
                yield cls.finding(message, rule=setting.id, path=place(setting.id))
            elif _forced(setting):
                label, usual = (setting.behavior.label(v) for v in (setting.default, setting.pack_default))
                message = (
                    f"{setting.title} would be {label}, which is wider than {usual}, and nobody asked for it:"
                    f" {_steps(setting)}."
                )
                yield cls.finding(message, rule=setting.id, path=place(setting.id))


def _steps(setting: EffectiveSetting) -> str:
    return "; ".join(f"{step.name} permits {explain(step.bound)}" for step in setting.trace[1:])


def _forced(setting: EffectiveSetting) -> bool:
    """Layers that each leave something narrower may together leave only what is wider than the default."""
    asked = setting.requested is not None and setting.ok and not setting.when
    behavior = setting.behavior
    return not asked and behavior.exposure(setting.default) > behavior.exposure(setting.pack_default)


RULES: tuple[type[DraftRule], ...] = (
    UnknownSetting,
    OutOfBounds,
    NotAValue,
    NeedsCondition,
    UnknownCondition,
    UntrustedCondition,
    SettingsConflict,
    SettingsPullApart,
    NoTools,
    NothingLeft,
)
