"""Rules about grants: what an operator passes on to users, never beyond its own reach."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from policies.bounds import contains
from policies.checks.draft_rules.base import DraftCase, DraftRule
from policies.findings import Finding, Severity, Tier
from policies.forms import did_you_mean
from policies.layers import EffectiveSetting

HEAD = "sections: [{id: role, kind: role, text: Help.}]\n"


def _granted(case: DraftCase) -> Iterator[tuple[EffectiveSetting, tuple[str | int | float, ...]]]:
    for id, values in case.draft.grants.items():
        setting = case.effective.get(id)
        if setting and id.startswith("behavior."):
            yield setting, values


class UnknownGrant(DraftRule):
    code: ClassVar = "GRT101"
    rule: ClassVar = "draft.grants"
    title: ClassVar = "Unknown behaviour granted"
    why: ClassVar = "Users can be given a choice of what the policy knows, and of nothing else."
    fix: ClassVar = "Use an id of the policy, or remove the grant."
    blocks: ClassVar = (HEAD + "grants: {behavior.bluntness: [on]}",)
    passes: ClassVar = (HEAD + "grants: {behavior.blunt_feedback: [off, on]}",)

    @classmethod
    def check(cls, case: DraftCase) -> Iterator[Finding]:
        known = [behavior.id for behavior in case.pack.behaviors]
        for id in case.draft.grants:
            if id not in known:
                hint = did_you_mean(id, known)
                yield cls.finding(f'"{id}" is no behaviour of {case.pack.ref}.{hint}', path=f"grants.{id}")


class NotForUsers(DraftRule):
    code: ClassVar = "GRT102"
    rule: ClassVar = "draft.grants"
    tier: ClassVar = Tier.DEFAULT
    title: ClassVar = "Only the operator may move this"
    why: ClassVar = "The policy names the least trusted principal that may move a behaviour. Here it is the operator, and a grant would hand it on."
    fix: ClassVar = (
        "Remove the grant; set the value for everybody, or under a condition that the application checks."
    )
    blocks: ClassVar = (
        HEAD + "domain: fiction\naudience: [adults]\ngrants: {behavior.mature_fiction: [off, on]}",
    )
    passes: ClassVar = UnknownGrant.passes

    @classmethod
    def check(cls, case: DraftCase) -> Iterator[Finding]:
        for setting, _ in _granted(case):
            if setting.who != "user":
                message = f"{setting.title} may be moved by the operator only; users cannot be given a choice of it."
                yield cls.finding(message, rule=setting.id, path=f"grants.{setting.id}")


class BeyondReach(DraftRule):
    code: ClassVar = "GRT103"
    rule: ClassVar = "draft.grants"
    tier: ClassVar = Tier.DEFAULT
    title: ClassVar = "Grant beyond the operator's own reach"
    why: ClassVar = (
        "Nobody can pass on what they do not have. What is closed for the operator is closed for its users."
    )
    fix: ClassVar = "Grant only values that are permitted here."
    blocks: ClassVar = (HEAD + "domain: finance\ngrants: {behavior.creativity: [balanced, exploratory]}",)
    passes: ClassVar = (HEAD + "domain: fiction\ngrants: {behavior.creativity: [balanced, exploratory]}",)

    @classmethod
    def check(cls, case: DraftCase) -> Iterator[Finding]:
        for setting, values in _granted(case):
            for value in values:
                if contains(setting.policy, value) and not contains(setting.permitted, value):
                    closure = setting.reach.closure(str(value))
                    why = (
                        f"{closure.why[0].lower()}{closure.why[1:]}; {closure.opens}"
                        if closure
                        else "it is open only under a condition"
                    )
                    message = f"Users cannot be given {setting.title} {setting.behavior.label(value)}: {why}."
                    yield cls.finding(message, rule=setting.id, path=f"grants.{setting.id}")


class NotAGrantValue(DraftRule):
    code: ClassVar = "GRT104"
    rule: ClassVar = "draft.grants"
    title: ClassVar = "Not a value of the granted behaviour"
    why: ClassVar = "Users can only choose among values that exist."
    fix: ClassVar = "Use the values that the policy names."
    blocks: ClassVar = (HEAD + "grants: {behavior.creativity: [wild]}",)
    passes: ClassVar = (HEAD + "grants: {behavior.creativity: [strict, balanced]}",)

    @classmethod
    def check(cls, case: DraftCase) -> Iterator[Finding]:
        for setting, values in _granted(case):
            for value in values:
                if not contains(setting.policy, value):
                    hint = did_you_mean(str(value), setting.behavior.names)
                    yield cls.finding(
                        f'"{value}" is not a value of {setting.title}.{hint}',
                        rule=setting.id,
                        path=f"grants.{setting.id}",
                    )


class NoChoice(DraftRule):
    code: ClassVar = "GRT105"
    rule: ClassVar = "draft.grants"
    tier: ClassVar = Tier.DEFAULT
    severity: ClassVar = Severity.INFO
    title: ClassVar = "A grant without a choice"
    why: ClassVar = "The only value that is granted holds already."
    fix: ClassVar = "Grant another value too, or remove the grant."
    blocks: ClassVar = (HEAD + "grants: {behavior.blunt_feedback: [off]}",)
    passes: ClassVar = UnknownGrant.passes

    @classmethod
    def check(cls, case: DraftCase) -> Iterator[Finding]:
        for setting, values in _granted(case):
            if set(values) <= {setting.value} and not setting.when:
                message = f"Users are granted {setting.title} only as it is already."
                yield cls.finding(message, rule=setting.id, path=f"grants.{setting.id}")


RULES: tuple[type[DraftRule], ...] = (UnknownGrant, NotForUsers, BeyondReach, NotAGrantValue, NoChoice)
