"""A word diff laid out for reading: lines side by side, moved lines recognised, what can't be seen made visible."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, Literal

from console.prompts.diffs import Change, word_diff

Kind = Literal["same", "change", "moved", "skip"]

# Format and control characters, spaces of odd widths, tags, and line breaks other than "\n".
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u2000-\u200f\u2028-\u202f"
    "\u205f-\u206f\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
# Joiners and variation selectors belong to emoji and to many scripts: only next to Latin are they suspicious.
_JOINING = "\u200c\u200d\ufe0e\ufe0f"


@dataclass(frozen=True, slots=True)
class Part:
    """Text under one mark ("" is unchanged), or one character that can't be seen, as its code point."""

    kind: Literal["", "del", "ins", "moved", "invisible"]
    text: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Side:
    """One line of one text. ``number`` is shown, and counts on from ``first``; ``line`` counts in the text from 1."""

    number: int
    line: int
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """Two lines side by side, or how many are left out; a side that has no such line is None.

    ``thread`` and ``anchor`` belong to the page that shows the row.
    """

    kind: Kind
    sides: tuple[Side | None, Side | None] = (None, None)
    label: str = ""
    anchor: str = ""
    thread: Any = None


def side_by_side(
    old: str, new: str, *, first: tuple[int, int] = (1, 1), context: int | None = 2
) -> tuple[Row, ...]:
    """The rows of a text and its successor.

    ``first`` numbers the first lines. ``context`` is how many unchanged lines stay around a change; None keeps all.
    """
    before, after, shared = _split(word_diff(old, new))
    if not old or not new:
        before, after = before[: len(old)], after[: len(new)]
    pairs = _mark_moved(list(_beside(before, after, _partners(before, after, shared))))
    rows = [_row(pair, first) for pair in pairs]
    return tuple(rows if context is None else _fold(rows, context))


def visible(text: str, kind: Literal["", "del", "ins", "moved"] = "") -> tuple[Part, ...]:
    """The text in parts, with each invisible or direction-changing character on its own and named."""
    parts: list[Part] = []
    end = 0
    for found in _INVISIBLE.finditer(text):
        at = found.start()
        if found[0] in _JOINING and at and not text[at - 1].isascii() and not _INVISIBLE.match(text[at - 1]):
            continue
        if at > end:
            parts.append(Part(kind, text[end:at]))
        name = unicodedata.name(found[0], "control character").lower()
        parts.append(Part("invisible", f"U+{ord(found[0]):04X}", name))
        end = found.end()
    return (*parts, Part(kind, text[end:])) if end < len(text) else tuple(parts)


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    pieces: tuple[Change, ...]

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces)

    def marked(self, mark: Any) -> _Line:
        return replace(self, pieces=(Change(mark, self.text),) if self.text else ())


_Pair = tuple[Kind, _Line | None, _Line | None]
_Shared = dict[tuple[int, int], int]


def _split(changes: tuple[Change, ...]) -> tuple[list[_Line], list[_Line], _Shared]:
    """The lines of both sides, and how many letters each two of them share."""
    sides: dict[str, list[list[Change]]] = {"del": [[]], "ins": [[]]}
    shared: _Shared = defaultdict(int)
    for change in changes:
        on = [sides[mark] for mark in ("del", "ins") if change.mark in ("same", mark)]
        for index, text in enumerate(change.text.split("\n")):
            for side in on:
                if index:
                    side.append([])
                if text:
                    side[-1].append(Change(change.mark, text))
            if change.mark == "same":
                shared[len(sides["del"]) - 1, len(sides["ins"]) - 1] += len(text.strip())
    old, new = (
        [_Line(n, tuple(pieces)) for n, pieces in enumerate(sides[mark], 1)] for mark in ("del", "ins")
    )
    return old, new, shared


def _partners(old: list[_Line], new: list[_Line], shared: _Shared) -> dict[int, int]:
    """Which line of ``new`` stands beside which of ``old``: each the other's best match, and alike enough.

    Aligned words rise on both sides, so mutual best matches never cross.
    """
    best_old: dict[int, int] = {}
    best_new: dict[int, int] = {}
    for i, j in sorted(shared, key=shared.__getitem__):
        if i < len(old) and j < len(new):
            best_new[i], best_old[j] = j, i
    return {
        j: i
        for j, i in sorted(best_old.items())
        if best_new[i] == j and _alike(old[i].text, new[j].text, shared[i, j])
    }


def _alike(old: str, new: str, shared: int) -> bool:
    short, long = sorted((len(old.strip()), len(new.strip())))
    return shared >= 0.17 * (short + long) or (short > 0 and shared >= 0.6 * short)


def _beside(old: list[_Line], new: list[_Line], partners: dict[int, int]) -> Iterator[_Pair]:
    i = j = 0
    for b, a in [*partners.items(), (len(new), len(old))]:
        yield from (("change", _alone(line, "del"), None) for line in old[i:a])
        yield from (("change", None, _alone(line, "ins")) for line in new[j:b])
        if b < len(new):
            yield ("same" if old[a].text == new[b].text else "change"), old[a], new[b]
        i, j = a + 1, b + 1


def _alone(line: _Line, mark: str) -> _Line:
    """A line without a partner: all of it is marked, unless most of its words only stand in another line now."""
    same = sum(len(piece.text.strip()) for piece in line.pieces if piece.mark == "same")
    return line if same > 0.6 * len(line.text.strip()) else line.marked(mark)


def _mark_moved(pairs: list[_Pair]) -> list[_Pair]:
    """Lines of at least three words that were deleted here and inserted there."""
    gone: dict[str, list[int]] = defaultdict(list)
    for index, (_, old, new) in enumerate(pairs):
        if old and not new:
            gone[_gist(old)].append(index)
    for index, (_, old, new) in enumerate(pairs):
        if new and not old and new.text.count(" ") > 1 and gone.get(_gist(new)):
            source = gone[_gist(new)].pop(0)
            line = pairs[source][1]
            pairs[source] = ("moved", line.marked("moved") if line else None, None)
            pairs[index] = ("moved", None, new.marked("moved"))
    return pairs


def _gist(line: _Line) -> str:
    """A line without its bullet, number or indentation."""
    return re.sub(r"^[\s\d.)*•–-]+", "", line.text).strip()


def _row(pair: _Pair, first: tuple[int, int]) -> Row:
    kind, old, new = pair
    return Row(kind, (_side(old, first[0]), _side(new, first[1])))


def _side(line: _Line | None, first: int) -> Side | None:
    if line is None:
        return None
    parts: Iterable[Part] = (
        part
        for piece in line.pieces
        for part in visible(piece.text, "" if piece.mark == "same" else piece.mark)
    )
    return Side(line.number + first - 1, line.number, tuple(parts))


def _fold(rows: list[Row], context: int) -> Iterator[Row]:
    runs = [(kind == "same", list(run)) for kind, run in groupby(rows, key=lambda row: row.kind)]
    for index, (same, run) in enumerate(runs):
        head = context if index else 0
        tail = context if index + 1 < len(runs) else 0
        hidden = len(run) - head - tail
        if not same or hidden < 2:
            yield from run
            continue
        yield from run[:head]
        yield Row("skip", label=f"{hidden} lines unchanged")
        yield from run[len(run) - tail :]
