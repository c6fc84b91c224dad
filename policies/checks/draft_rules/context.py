"""Rules about where a draft is used: domain, audience, model, and whether it says anything at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from policies.checks.draft_rules.base import DraftCase, DraftRule
from policies.findings import Finding, Severity
from policies.forms import did_you_mean


class NotADraft(DraftRule):
    """Raised by whoever reads a draft: one that does not parse never reaches the other rules."""

    code: ClassVar = "DRF100"
    rule: ClassVar = "draft.form"
    title: ClassVar = "The draft does not have the form"
    why: ClassVar = "What cannot be read cannot be checked, and would be missing from the compiled prompt."
    fix: ClassVar = "Change the entry as the message says; the schema of a draft lists every key."

    @classmethod
    def check(cls, case: DraftCase) -> Iterator[Finding]:
        return iter(())


class UnknownDomain(DraftRule):
    code: ClassVar = "DRF101"
    rule: ClassVar = "draft.domain"
    title: ClassVar = "Unknown domain"
    why: ClassVar = "The domain sets ceilings and opens behaviours. Under one that the policy does not know, every ceiling holds."
    fix: ClassVar = "Choose one of the policy's domains."
    blocks: ClassVar = ("domain: medicine\nsections: [{id: role, kind: role, text: Help.}]",)
    passes: ClassVar = ("domain: medical\nsections: [{id: role, kind: role, text: Help.}]",)

    @classmethod
    def check(cls, case: DraftCase) -> Iterator[Finding]:
        name = case.draft.domain
        if case.pack.domain(name) is None:
            known = [domain.id for domain in case.pack.domains]
            message = f'"{name}" is no domain of {case.pack.ref}.{did_you_mean(name, known)}'
            yield cls.finding(message, path="domain", fix=f"Choose one of {', '.join(known)}.")


class UnknownAudience(DraftRule):
    code: ClassVar = "DRF102"
    rule: ClassVar = "draft.audience"
    title: ClassVar = "Unknown audience"
    why: ClassVar = (
        "The most vulnerable audience decides what is open. One that the policy does not know opens nothing."
    )
    fix: ClassVar = "Choose from the policy's audiences."
    blocks: ClassVar = ("audience: [kids]\nsections: [{id: role, kind: role, text: Help.}]",)
    passes: ClassVar = ("audience: [minors]\nsections: [{id: role, kind: role, text: Help.}]",)

    @classmethod
    def check(cls, case: DraftCase) -> Iterator[Finding]:
        known = [audience.id for audience in case.pack.audiences]
        for at, name in enumerate(case.draft.audience):
            if name not in known:
                message = f'"{name}" is no audience of {case.pack.ref}.{did_you_mean(name, known)}'
                yield cls.finding(message, path=f"audience.{at}", fix=f"Choose from {', '.join(known)}.")


class UnexpectedAudience(DraftRule):
    code: ClassVar = "DRF103"
    rule: ClassVar = "draft.audience"
    severity: ClassVar = Severity.WARN
    title: ClassVar = "The audience leaves out whom the domain expects"
    why: ClassVar = (
        "The audience decides what is open and what a review asks for. Some domains say whom they are for."
    )
    fix: ClassVar = "Add the audience that the domain expects, or choose another domain."
    blocks: ClassVar = (
        "domain: children\naudience: [adults]\nsections: [{id: role, kind: role, text: Help.}]",
    )
    passes: ClassVar = (
        "domain: children\naudience: [minors]\nsections: [{id: role, kind: role, text: Help.}]",
    )

    @classmethod
    def check(cls, case: DraftCase) -> Iterator[Finding]:
        domain = case.pack.domain(case.draft.domain)
        if domain and domain.expects and not set(domain.expects) & set(case.draft.audience):
            expected = " or ".join(domain.expects)
            yield cls.finding(
                f"The domain {domain.id} expects {expected}, and the audience names others.", path="audience"
            )


class EmptyPrompt(DraftRule):
    code: ClassVar = "DRF104"
    rule: ClassVar = "draft.sections"
    severity: ClassVar = Severity.WARN
    title: ClassVar = "No text"
    why: ClassVar = "A prompt without a text of its own tells the model nothing about the product."
    fix: ClassVar = "Write the first section: who the assistant is and what it is for."
    blocks: ClassVar = ("sections: [{id: role, kind: role, text: '  '}]",)
    passes: ClassVar = ("sections: [{id: role, kind: role, text: Help with recipes.}]",)

    @classmethod
    def check(cls, case: DraftCase) -> Iterator[Finding]:
        included = any(section.include for section in case.draft.sections)
        if not included and not any(text.strip() for text in case.texts.values()):
            yield cls.finding("No section holds any text.", path="sections")


class NoModel(DraftRule):
    code: ClassVar = "DRF105"
    rule: ClassVar = "parameter.model"
    severity: ClassVar = Severity.WARN
    title: ClassVar = "No model named"
    why: ClassVar = "Evidence counts for the model that it was gathered on, and a request needs one."
    fix: ClassVar = "Name the model that the product will use."
    blocks: ClassVar = ("sections: [{id: role, kind: role, text: Help.}]",)
    passes: ClassVar = ("model: claude-sonnet-5-5\nsections: [{id: role, kind: role, text: Help.}]",)

    @classmethod
    def check(cls, case: DraftCase) -> Iterator[Finding]:
        if not case.draft.model:
            yield cls.finding("The draft names no model.", path="model")


RULES: tuple[type[DraftRule], ...] = (
    NotADraft,
    UnknownDomain,
    UnknownAudience,
    UnexpectedAudience,
    EmptyPrompt,
    NoModel,
)
