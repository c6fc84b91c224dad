"""Hostile text made readable: folded, then decoded in place as often as it is nested, always with the way back."""

from __future__ import annotations

from policies.text.encodings import Edit
from policies.text.fold import Folded, fold
from policies.text.lexicon import Lexicon
from policies.text.passes import passes_for

_NESTED = 3


def normalise(text: str, lexicon: Lexicon, latin: bool | None = None) -> Folded:
    """``text`` as a reader would understand it. Spans of the result lead back to ``text``."""
    readable = fold(text, latin)
    for _ in range(_NESTED):
        changed = False
        for find in passes_for(readable.text):
            edits = _apart(sorted(find(readable.text, lexicon)))
            if edits:
                readable = readable.replaced(edits)
                changed = True
        if not changed:
            break
    return readable


def _apart(edits: list[Edit]) -> list[Edit]:
    """Drop edits that overlap an earlier one, and those that change nothing."""
    out: list[Edit] = []
    end = 0
    for edit in edits:
        if edit[0] >= end and edit[1] > edit[0]:
            out.append(edit)
            end = edit[1]
    return out
