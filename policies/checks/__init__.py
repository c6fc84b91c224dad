"""The registry of checks, and ``scan``: the text layer's one door."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from policies.checks.base import Check, Hit
from policies.findings import Finding, Move
from policies.text.document import SectionText
from policies.text.lexicon import Lexicon, lexicon_from

__all__ = ["CHECKS", "Check", "Hit", "Lexicon", "Scan", "SectionText", "check_for", "lexicon_from", "scan"]

CHECKS: tuple[type[Check], ...] = ()


@dataclass(frozen=True, slots=True)
class Scan:
    """What the text alone says: findings that need no draft, and behaviours that the text moves."""

    findings: tuple[Finding, ...]
    moves: tuple[Move, ...]


def check_for(code: str) -> type[Check] | None:
    """The check of a code, or None."""
    return next((check for check in CHECKS if check.code == code), None)


def scan(sections: Sequence[SectionText], lexicon: Lexicon) -> Scan:
    """Read all sections in order as one prompt and report what its text orders.

    Linear in the length of the text. Spans are code points into the section's text as given.
    """
    return Scan((), ())
