"""The registry of checks, and ``scan``: the text layer's one door."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from policies.checks import (
    behaviors,
    cautions,
    cyber,
    deception,
    dignity,
    emergency,
    honesty,
    humanity,
    identity,
    infrastructure,
    judged,
    minors,
    oversight,
    power,
    rights,
    scope,
    secrets,
    third_party,
    unread,
    weapons,
)
from policies.checks.base import Check, FrameCheck, FrameIndex, Hit, MoveCheck
from policies.checks.draft_rules import DRAFT_RULES
from policies.findings import Finding, Move, Severity, Span
from policies.own_patterns import CHECKS as OWN_CHECKS
from policies.text.document import Document, Place, SectionText
from policies.text.lexicon import Lexicon, lexicon_from

__all__ = ["CHECKS", "Check", "Hit", "Lexicon", "Scan", "SectionText", "check_for", "lexicon_from", "scan"]

TEXT_CHECKS: tuple[type[FrameCheck], ...] = (
    *identity.CHECKS,
    *oversight.CHECKS,
    *emergency.CHECKS,
    *deception.CHECKS,
    *scope.CHECKS,
    *rights.CHECKS,
    *dignity.CHECKS,
    *weapons.CHECKS,
    *minors.CHECKS,
    *cyber.CHECKS,
    *infrastructure.CHECKS,
    *power.CHECKS,
    *humanity.CHECKS,
    *honesty.CHECKS,
    *third_party.CHECKS,
    *cautions.CHECKS,
    *behaviors.CHECKS,
)
CHECKS: tuple[type[Check], ...] = (
    *TEXT_CHECKS,
    *secrets.CHECKS,
    *unread.CHECKS,
    *DRAFT_RULES,
    *judged.CHECKS,
    *OWN_CHECKS,
)
_BY_CODE = {check.code: check for check in CHECKS}


@dataclass(frozen=True, slots=True)
class Scan:
    """What the text alone says: findings that need no draft, and behaviours that the text moves."""

    findings: tuple[Finding, ...]
    moves: tuple[Move, ...]


def check_for(code: str) -> type[Check] | None:
    """The check of a code, or None."""
    return _BY_CODE.get(code)


def scan(sections: Sequence[SectionText], lexicon: Lexicon) -> Scan:
    """Read all sections in order as one prompt and report what its text orders.

    Linear in the length of the text, and bounded (``unread``): what is left unread is a finding that blocks. Spans are
    code points into the section's text as given.
    """
    index = lexicon.prepared.get("frames")
    if not isinstance(index, FrameIndex):
        index = lexicon.prepared["frames"] = FrameIndex(TEXT_CHECKS, lexicon)
    if refused := unread.too_long(sections):
        return Scan((refused,), ())
    document = Document(sections, lexicon)
    findings: dict[tuple[str, Place], Finding] = {}
    moves: dict[tuple[str, Place], Move] = {}
    rest: list[Finding] = []
    for number, (check, hit) in enumerate(index.run(document)):
        if number == unread.MOST_PLACES:
            rest.append(unread.left_unread())
            break
        section = document.sections[hit.place.section]
        span = Span(section.id, hit.place.start, hit.place.end)
        quote = section.text[span.start : span.end]
        key = (check.code, hit.place)
        if issubclass(check, MoveCheck):
            moves[key] = Move(check.code, check.rule, check.value, span, quote, hit.conditional)
        elif (known := findings.get(key)) is None or known.severity is not Severity.BLOCK:
            findings[key] = _finding(
                check, hit, span, quote
            )  # a doubtful one hides no sure one of the same place
    return Scan((*rest, *findings.values(), *secrets.scan_secrets(document.sections)), tuple(moves.values()))


def _finding(check: type[FrameCheck], hit: Hit, span: Span, quote: str) -> Finding:
    doubtful = hit.doubtful and check.severity is Severity.BLOCK
    severity = Severity.WARN if doubtful else check.severity
    message = (
        f"{check.title.rstrip('.')}? It may be meant otherwise: read it again." if doubtful else check.title
    )
    return Finding(check.code, check.rule, severity, check.tier, message, span, quote, check.fix)
