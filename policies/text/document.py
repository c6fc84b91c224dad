"""The text under check, as the checks see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SectionText:
    """One section's text exactly as it was given; ``id`` is None for a bare text."""

    id: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Document:
    """All sections of one prompt in order."""

    sections: Sequence[SectionText]
