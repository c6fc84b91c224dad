"""Phrase tables of a pack, compiled once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Compiled phrase tables; build it with ``lexicon_from`` and keep it as long as the pack."""

    languages: tuple[str, ...]


def lexicon_from(data: Mapping[str, Any]) -> Lexicon:
    """Compile a pack's ``lexicon`` table: ``{language: {class: [phrases]}}``."""
    return Lexicon(tuple(sorted(data)))
