"""Rules about variables: declared, used, and kept apart from orders where others write them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import ClassVar

from policies.checks.draft_rules.base import DraftCase, DraftRule
from policies.draft import SectionKind
from policies.findings import Finding, Severity, Span
from policies.forms import did_you_mean
from policies.placeholders import Placeholder, placeholders

_BRACES = re.compile(r"\{\{[^{}\n]{0,200}\}\}")
_TAG = re.compile(r"<(/?)([A-Za-z][\w.-]*)(?:\s[^<>\n]{0,200})?>")
_FENCE = re.compile(r"(?m)^[ \t]*(?:```|~~~)")


def _uses(case: DraftCase) -> Iterator[tuple[str, str, Placeholder]]:
    for id, text in case.texts.items():
        for found in placeholders(text):
            yield id, text, found


class Undeclared(DraftRule):
    code: ClassVar = "VAR101"
    rule: ClassVar = "draft.variables"
    severity: ClassVar = Severity.WARN
    title: ClassVar = "Undeclared variable"
    why: ClassVar = "Nobody fills in what is not declared: the model reads the braces."
    fix: ClassVar = "Declare the variable, or write the text without braces."
    blocks: ClassVar = ("sections: [{id: role, kind: role, text: 'Greet {{first_name}}.'}]",)
    passes: ClassVar = (
        "sections: [{id: role, kind: role, text: 'Greet {{first_name}}.'}]\nvariables: {first_name: {type: string}}",
    )

    @classmethod
    def check(cls, case: DraftCase) -> Iterator[Finding]:
        for id, text, found in _uses(case):
            if found.name not in case.draft.variables:
                span = Span(id, found.start, found.end)
                hint = _hint(found.name, tuple(case.draft.variables))
                message = f'The variable "{found.name}" is not declared.{hint}'
                yield cls.finding(message, span=span, quote=text[span.start : span.end])


class Unused(DraftRule):
    code: ClassVar = "VAR102"
    rule: ClassVar = "draft.variables"
    severity: ClassVar = Severity.INFO
    title: ClassVar = "Unused variable"
    why: ClassVar = "Applications are asked for a value that changes nothing."
    fix: ClassVar = "Use the variable in a section, or remove it."
    blocks: ClassVar = (
        "sections: [{id: role, kind: role, text: Help.}]\nvariables: {first_name: {type: string}}",
    )
    passes: ClassVar = Undeclared.passes

    @classmethod
    def check(cls, case: DraftCase) -> Iterator[Finding]:
        if any(not problem.known for problem in case.expanded.problems):
            return  # a snippet that nobody could look up may use it
        used = {found.name for _, _, found in _uses(case)}
        used |= {setting.when for setting in case.draft.settings.values() if setting.when}
        for name in case.draft.variables:
            if name not in used:
                yield cls.finding(
                    f'The variable "{name}" is declared and not used.', path=f"variables.{name}"
                )


class NotAPlaceholder(DraftRule):
    code: ClassVar = "VAR103"
    rule: ClassVar = "draft.variables"
    severity: ClassVar = Severity.WARN
    title: ClassVar = "Braces that are no placeholder"
    why: ClassVar = "Only {{name}} is filled in. Filters, conditions and dotted names of template languages stay as they are, for the model to read."
    fix: ClassVar = "Write {{name}}, and give the default where the variable is declared."
    blocks: ClassVar = ("sections: [{id: role, kind: role, text: 'Greet {{ user.name }}.'}]",)
    passes: ClassVar = Undeclared.passes

    @classmethod
    def check(cls, case: DraftCase) -> Iterator[Finding]:
        for id, text in case.texts.items():
            starts = {found.start for found in placeholders(text)}
            for match in _BRACES.finditer(text) if "{{" in text else ():
                if match.start() not in starts:
                    span = Span(id, match.start(), match.end())
                    message = "These braces are not filled in; the model reads them as they are."
                    yield cls.finding(message, span=span, quote=match[0])


class UntrustedInTheOpen(DraftRule):
    code: ClassVar = "VAR110"
    rule: ClassVar = "draft.variables"
    severity: ClassVar = Severity.WARN
    title: ClassVar = "Untrusted value outside a data block"
    why: ClassVar = (
        "Somebody else wrote this value. Without marks around it the model may read it as an order."
    )
    fix: ClassVar = "Put it into a section of the kind data, or between tags of its own."
    blocks: ClassVar = (
        "sections: [{id: role, kind: role, text: 'Note: {{note}}'}]\nvariables: {note: {type: string, trusted: false}}",
    )
    passes: ClassVar = (
        "sections: [{id: role, kind: role, text: '<note>{{note}}</note>'}]\n"
        "variables: {note: {type: string, trusted: false}}",
        "sections: [{id: note, kind: data, text: '{{note}}'}]\nvariables: {note: {type: string, trusted: false}}",
        "sections: [{id: role, kind: role, text: 'Note: {{note}}'}]\nvariables: {note: {type: string, trusted: true}}",
    )

    @classmethod
    def check(cls, case: DraftCase) -> Iterator[Finding]:
        data = {section.id for section in case.draft.sections if section.kind is SectionKind.DATA}
        enclosed = {id: _enclosed(text) for id, text in case.texts.items() if "{{" in text}
        for id, text, found in _uses(case):
            variable = case.draft.variables.get(found.name)
            if not variable or variable.trusted or variable.type != "string" or id in data:
                continue
            if any(start <= found.start and found.end <= end for start, end in enclosed[id]):
                continue
            span = Span(id, found.start, found.end)
            message = f'The untrusted variable "{found.name}" stands among instructions.'
            fix = f"Write <{found.name}>{{{{{found.name}}}}}</{found.name}>, or move it to a section of the kind data."
            yield cls.finding(message, span=span, quote=text[span.start : span.end], fix=fix)


@lru_cache(maxsize=256)
def _hint(name: str, declared: tuple[str, ...]) -> str:
    """Remembered: while somebody types, the same names go on being unknown."""
    return did_you_mean(name, declared)


def _enclosed(text: str) -> list[tuple[int, int]]:
    """Stretches between a tag and its closing tag, and between code fences; in one pass over the text."""
    stretches: list[tuple[int, int]] = []
    opened: dict[str, int] = {}
    for match in _TAG.finditer(text):
        if not match[1]:
            opened.setdefault(match[2], match.end())
        elif match[2] in opened:
            stretches.append((opened.pop(match[2]), match.start()))
    fences = [match.end() for match in _FENCE.finditer(text)]
    stretches += list(zip(fences[::2], fences[1::2], strict=False))
    return stretches


RULES: tuple[type[DraftRule], ...] = (Undeclared, Unused, NotAPlaceholder, UntrustedInTheOpen)
