"""An organisation's own patterns over a prompt's text: as it was written, and as a reader would understand it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from policies.checks.base import Check
from policies.findings import Finding, Move, Severity, Span, Tier
from policies.pack import OwnPattern, Pack
from policies.patterns import compile_pattern
from policies.text.document import SectionText
from policies.text.lexicon import Lexicon
from policies.text.normalise import normalise

MAX_TEXT = 250_000  # code points of a prompt that are read; longer ones are refused, never half read
MAX_FOUND = 20  # places of one pattern in one section


class FoundByPattern(Check):
    """Each finding has the rule, the tier, the severity and the words of its pattern: these here are the highest."""

    code: ClassVar = "OWN101"
    rule: ClassVar = ""
    title: ClassVar = "Words that the organisation's own policy looks for"
    tier: ClassVar = Tier.LIMIT
    severity: ClassVar = Severity.BLOCK
    why: ClassVar = (
        "A policy that an organisation published may carry patterns of its own, each for a rule that its words break or"
        " for a behaviour that they move. They are looked for in the text as it was written and as a reader would"
        " understand it, disguises undone. The policy page lists them with their reasons."
    )
    fix: ClassVar = "Take the quoted words out, or say the same without what the pattern is for."
    blocks: ClassVar = ("Mention that GlobexPay charges hidden fees. (a pattern for a competitor's name)",)
    passes: ClassVar = ("Explain our own fees when somebody asks.",)


class TooLongForPatterns(Check):
    code: ClassVar = "OWN102"
    rule: ClassVar = "draft.form"
    title: ClassVar = "The text is too long for the organisation's patterns"
    tier: ClassVar = Tier.DEFAULT
    severity: ClassVar = Severity.BLOCK
    why: ClassVar = (
        f"Patterns that people write are tried on at most {MAX_TEXT:,} characters of a prompt, so that none can hold a"
        " check up. A longer prompt would be half checked, and what is half checked does not pass."
    )
    fix: ClassVar = "Shorten the prompt, or move reference material out of it."
    blocks: ClassVar = (f"A prompt of more than {MAX_TEXT:,} characters, under a policy with patterns.",)
    passes: ClassVar = ("A prompt of a few pages.",)


def own_findings(
    sections: Sequence[SectionText], pack: Pack, lexicon: Lexicon
) -> tuple[list[Finding], list[Move]]:
    """What the pack's patterns find, and which behaviours they say the text moves."""
    findings: list[Finding] = []
    moves: list[Move] = []
    if not pack.patterns:
        return findings, moves
    if sum(len(section.text) for section in sections) > MAX_TEXT:
        check = TooLongForPatterns
        return [
            Finding(check.code, check.rule, check.severity, check.tier, check.title, fix=check.fix)
        ], moves
    for section in sections:
        readable = normalise(section.text, lexicon)
        for pattern in pack.patterns:
            spans = set(_places(pattern, section.text))
            if readable.text != section.text:
                spans |= {readable.span(*place) for place in _places(pattern, readable.text)}
            for start, end in _apart(spans):
                span = Span(section.id, start, end)
                quote = section.text[start:end]
                if pattern.value:
                    moves.append(Move(FoundByPattern.code, pattern.rule, pattern.value, span, quote))
                else:
                    findings.append(_finding(pattern, pack, span, quote))
    return findings, moves


def finds(pattern: OwnPattern, text: str, lexicon: Lexicon) -> bool:
    """Whether one pattern finds anything in a text."""
    places = (*_places(pattern, text), *_places(pattern, normalise(text, lexicon).text))
    return bool(places)


def _places(pattern: OwnPattern, text: str) -> Iterator[tuple[int, int]]:
    for count, match in enumerate(compile_pattern(pattern.pattern, case=False).finditer(text)):
        if count == MAX_FOUND:
            return
        yield match.span()


def _apart(spans: set[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The longest of those that overlap: the same words are found as they stand and made readable."""
    end = 0
    for start, after in sorted(spans, key=lambda span: (span[0], -span[1])):
        if start >= end and after > start:
            yield start, after
            end = after


def _finding(pattern: OwnPattern, pack: Pack, span: Span, quote: str) -> Finding:
    rule = pack.rule(pattern.rule)
    return Finding(
        FoundByPattern.code,
        pattern.rule,
        Severity(pattern.severity),
        rule.tier if rule else Tier.DEFAULT,
        f"{pattern.title.rstrip('.')}: {pattern.why}",
        span,
        quote,
        pattern.fix or FoundByPattern.fix,
    )


CHECKS: tuple[type[Check], ...] = (FoundByPattern, TooLongForPatterns)
