"""The built-in pack's phrase tables, compiled once for all tests."""

from __future__ import annotations

from functools import lru_cache

from policies.checks import Lexicon, Scan, SectionText, scan
from policies.pack_library import load_pack
from policies.validate import lexicon_of


def lexicon() -> Lexicon:
    return _lexicon()


@lru_cache(maxsize=1)
def _lexicon() -> Lexicon:
    return lexicon_of(load_pack("claude", "2026.1"))


def scanned(*texts: str) -> Scan:
    """Scan texts as the sections of one prompt."""
    return scan([SectionText(str(index), text) for index, text in enumerate(texts)], lexicon())


def codes(*texts: str) -> set[str]:
    """Codes of the blocking findings."""
    return {finding.code for finding in scanned(*texts).findings if finding.severity == "block"}
