"""A rule about a draft's form: its documentation, its examples, and the function that finds it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from policies.checks.base import Check
from policies.draft import Draft
from policies.findings import Finding, Severity, Span, Tier
from policies.layers import Effective
from policies.pack import Pack
from policies.snippets import Expanded


@dataclass(frozen=True, slots=True)
class DraftCase:
    """Everything that a rule may look at; ``texts`` are the sections' texts with snippets in place, by id."""

    draft: Draft
    pack: Pack
    effective: Effective
    expanded: Expanded
    texts: dict[str, str]


class DraftRule(Check):
    """``blocks`` are whole drafts in YAML that raise the code, ``passes`` near neighbours that do not."""

    tier = Tier.GUIDELINE
    severity = Severity.BLOCK
    rule: ClassVar[str]

    @classmethod
    def check(cls, case: DraftCase) -> Iterator[Finding]:
        """All findings of this rule in one draft."""
        raise NotImplementedError

    @classmethod
    def finding(
        cls,
        message: str,
        *,
        path: str = "",
        rule: str = "",
        fix: str = "",
        severity: Severity | None = None,
        span: Span | None = None,
        quote: str = "",
    ) -> Finding:
        return Finding(
            cls.code,
            rule or cls.rule,
            severity or cls.severity,
            cls.tier,
            message,
            span,
            quote,
            fix or cls.fix,
            path,
        )
