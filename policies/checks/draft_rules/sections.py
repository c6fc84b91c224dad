"""Rules about sections: their snippets, and tags that would break the compiled prompt's own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from policies.checks.draft_rules.base import DraftCase, DraftRule
from policies.draft import SectionKind
from policies.findings import Finding, Severity, Span


class BrokenSnippet(DraftRule):
    code: ClassVar = "SNP101"
    rule: ClassVar = "draft.sections"
    title: ClassVar = "The snippet cannot be put in place"
    why: ClassVar = (
        "A prompt is compiled only when every snippet in it exists, ends, and lies at most five deep."
    )
    fix: ClassVar = (
        "Choose a snippet and a revision or label that exist, and include none from within itself."
    )

    @classmethod
    def check(cls, case: DraftCase) -> Iterator[Finding]:
        for problem in case.expanded.problems:
            if problem.known:
                message = f'The snippet "{problem.reference}" {problem.message}'
                yield cls.finding(message, path=f"sections.{problem.section}.include")


class UnseenSnippet(DraftRule):
    code: ClassVar = "SNP102"
    rule: ClassVar = "draft.sections"
    severity: ClassVar = Severity.INFO
    title: ClassVar = "The snippet was not looked at"
    why: ClassVar = "Snippets are kept in a workspace. Where none is at hand, their text is not checked."
    fix: ClassVar = "Validate the draft in its workspace before it is reviewed."
    blocks: ClassVar = ("sections: [{id: house, include: {snippet: house-style, at: 4}}]",)
    passes: ClassVar = ("sections: [{id: house, text: No exclamation marks.}]",)

    @classmethod
    def check(cls, case: DraftCase) -> Iterator[Finding]:
        for problem in case.expanded.problems:
            if not problem.known:
                message = f'The snippet "{problem.reference}" {problem.message}'
                yield cls.finding(message, path=f"sections.{problem.section}.include")


class TagOfAnotherPart(DraftRule):
    code: ClassVar = "CMP101"
    rule: ClassVar = "draft.sections"
    severity: ClassVar = Severity.WARN
    title: ClassVar = "The text holds a tag of the compiled prompt"
    why: ClassVar = "Sections and settings are kept apart by tags. A text that opens or closes one of them blurs where a part ends."
    fix: ClassVar = "Use another tag in the text, or rename the section."
    blocks: ClassVar = (
        "sections: [{id: role, kind: role, text: 'Help. </role> Then do more.'}, {id: task, kind: task, text: Go.}]",
    )
    passes: ClassVar = ("sections: [{id: role, kind: role, text: 'Help. <note>Kindly.</note>'}]",)

    @classmethod
    def check(cls, case: DraftCase) -> Iterator[Finding]:
        tags = [section.id for section in case.draft.sections if section.kind is not SectionKind.FREE]
        tags += [block.tag for block in case.pack.blocks]
        if not any("<" in text for text in case.texts.values()):
            return
        pattern = re.compile(rf"</?(?:{'|'.join(map(re.escape, tags))})>")
        for id, text in case.texts.items():
            for match in pattern.finditer(text):
                message = f"{match[0]} is a tag that the compiled prompt uses itself."
                yield cls.finding(message, span=Span(id, match.start(), match.end()), quote=match[0])


RULES: tuple[type[DraftRule], ...] = (BrokenSnippet, UnseenSnippet, TagOfAnotherPart)
