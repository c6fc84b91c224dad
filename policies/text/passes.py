"""Which of the ways to undo a disguise are worth trying on a text."""

from __future__ import annotations

from collections.abc import Iterator

import re2

from policies.text.apart import GAP, leet_text, marked_text, spaced_text
from policies.text.encodings import Pass, base64_text, escaped_text, hex_text, number_text
from policies.text.templates import template_text
from policies.text.turned import GATE, turned_text

# What a text must hold for a pass to be worth trying: told for all passes in one linear scan.
_NEEDED: tuple[tuple[str, Pass], ...] = (
    (r"\{\{|\$\{|\{[A-Za-z_]|[\"']\s*[+~.&]\s*[\"']", template_text),
    (r"%[0-9A-Fa-f]{2}|&#|&[a-z]{2,6};|\\[ux]", escaped_text),
    (r"[A-Za-z0-9+/_-]{20}", base64_text),
    (r"(?:[0-9A-Fa-f]{2}[ ,:]?){8}|(?:(?:0x|\\x)[0-9A-Fa-f]{2}[ ,:]?){8}", hex_text),
    (r"[01]{8}[ ,]?[01]{8}|(?:\d{2,3}[ ,]\s?){7}", number_text),
    (r"[A-Za-z][*`~·•|_][*`~A-Za-z]|[A-Za-z]<[/!a-zA-Z]|[a-z]-\n[a-z]", marked_text),
    (rf"(?:\b[A-Za-z0-9]{GAP}){{5}}[A-Za-z0-9]\b", spaced_text),
    (r"[A-Za-z][0-9@$!|+]+[A-Za-z]|[0-9@$][A-Za-z]|[A-Za-z][0-9$@]", leet_text),
    (GATE, turned_text),
)


def _gate() -> re2.Set:
    gate = re2.Set.SearchSet()
    for pattern, _ in _NEEDED:
        gate.Add(pattern)
    gate.Compile()
    return gate


_GATE = _gate()


def passes_for(text: str) -> Iterator[Pass]:
    """The passes that may find something in ``text``."""
    hits = set(_GATE.Match(text) or ())
    return (find for index, (_, find) in enumerate(_NEEDED) if index in hits)
