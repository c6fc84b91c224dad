"""What every check is: a code with its documentation, whose examples are its tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from policies.findings import Severity, Tier

if TYPE_CHECKING:
    from policies.text.document import Document


@dataclass(frozen=True, slots=True)
class Hit:
    """Where a check found something: code points of the section's text as it was given.

    ``section`` is the index into the scanned sections. ``message`` overrides the check's own.
    """

    section: int
    start: int
    end: int
    message: str = ""
    value: str = ""


class Check:
    """One rule of the validator. The page of its code is rendered from these attributes.

    ``blocks`` and ``passes`` are documentation and tests at once: whole texts that the check must find something in,
    and near neighbours that it must leave alone. A check of free text implements ``find``; a check of a draft's
    form (``draft_rules``) carries only documentation, and its examples are drafts in YAML.
    """

    code: ClassVar[str]
    rule: ClassVar[str]
    title: ClassVar[str]
    tier: ClassVar[Tier]
    severity: ClassVar[Severity]
    why: ClassVar[str]
    fix: ClassVar[str]
    blocks: ClassVar[tuple[str, ...]] = ()
    passes: ClassVar[tuple[str, ...]] = ()

    def find(self, document: Document) -> Iterator[Hit]:
        """All places of the document where the rule is broken, in order."""
        return iter(())
