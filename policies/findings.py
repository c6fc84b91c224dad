"""What a check says of a text: frozen values, and the order in which they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """How bad. Only ``block`` keeps a revision from being approved or exported."""

    BLOCK = "block"
    WARN = "warn"
    INFO = "info"


class Tier(StrEnum):
    """Which rank of the priority order a finding speaks for; the higher one wins a conflict."""

    LIMIT = "limit"
    ETHICS = "ethics"
    GUIDELINE = "guideline"
    DEFAULT = "default"

    @property
    def rank(self) -> int:
        """0 is the highest."""
        return list(Tier).index(self)


@dataclass(frozen=True, slots=True)
class Span:
    """Where: code points into the section's text exactly as it was given.

    ``section`` is None for bare text and for findings about the draft as a whole.
    """

    section: str | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a check found.

    ``rule`` is an id of the taxonomy (or of the draft's form: ``draft.*``); ``quote`` equals the text at ``span``.
    ``path`` points into the draft where the finding is not about text, e.g. ``settings.behavior.creativity``.
    """

    code: str
    rule: str
    severity: Severity
    tier: Tier
    message: str
    span: Span | None = None
    quote: str = ""
    fix: str = ""
    path: str = ""

    @property
    def limit(self) -> str | None:
        """The rule, where it is one that nobody may waive or that honesty or ethics hold."""
        return self.rule if self.rule.split(".", 1)[0] in {"limit", "honesty", "ethics"} else None

    def as_dict(self) -> dict[str, Any]:
        """The exact form that programs exchange."""
        return {
            "code": self.code,
            "rule": self.rule,
            "limit": self.limit,
            "severity": self.severity.value,
            "tier": self.tier.value,
            "section": self.span.section if self.span else None,
            "start": self.span.start if self.span else None,
            "end": self.span.end if self.span else None,
            "quote": self.quote,
            "message": self.message,
            "fix": self.fix,
            "path": self.path,
        }


def finding_from(form: Mapping[str, Any]) -> Finding:
    """The finding that ``as_dict`` wrote down."""
    span = None if form["start"] is None else Span(form["section"], form["start"], form["end"])
    named = {key: str(form.get(key, "")) for key in ("code", "rule", "message", "quote", "fix", "path")}
    return Finding(severity=Severity(form["severity"]), tier=Tier(form["tier"]), span=span, **named)


@dataclass(frozen=True, slots=True)
class Move:
    """Free text that moves a behaviour, as the text checks see it; ``validate`` decides what that means.

    ``value`` is the value that the text asks for (``on``, ``off``, ``exploratory`` …), ``conditional`` whether its
    sentence states a condition: "when a user asks for it".
    """

    code: str
    behavior: str
    value: str
    span: Span
    quote: str
    conditional: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """All findings of one validation, worst first."""

    findings: tuple[Finding, ...]

    @property
    def blocked(self) -> bool:
        return any(f.severity is Severity.BLOCK for f in self.findings)

    @property
    def word(self) -> str:
        """``block`` or ``pass``: the word that the command line and the API print."""
        return "block" if self.blocked else "pass"
