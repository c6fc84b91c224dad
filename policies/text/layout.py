"""How a text is laid out: its lines with their bullets, numbers and headings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from policies.text.tokens import Tokens

STOPS = frozenset(".!?。！？؟।|")
_BULLETS = frozenset("-*•·‣◦▪+—>○●■□→✓✗✘❌✅⛔🚫")
_BAD_MARKS = frozenset("✗✘❌⛔🚫")
_SPEAKERS = frozenset("qau")  # 'Q: …' begins an example, no item


@dataclass(slots=True)
class Row:
    """Tokens ``first`` to ``last`` (exclusive) of a line, after its bullet or number."""

    first: int
    last: int
    indent: int
    bullet: bool
    level: int  # of a Markdown heading, 0 if none
    blank_before: bool
    bad: bool
    bold: bool = False  # begins with two asterisks


def rows_of(tokens: Tokens, blank: bool) -> Iterator[Row]:
    words, firsts = tokens.words, tokens.firsts
    for index, first in enumerate(firsts):
        end = firsts[index + 1] - 1 if index + 1 < len(firsts) else tokens.size
        if end > first:
            yield _row(words, first, end, tokens.indent(index), blank)
        blank = end == first


def _row(words: list[str], first: int, end: int, indent: int, blank: bool) -> Row:
    at, level, bullet, bad = first, 0, False, False
    while at < end and words[at] == "#":
        level += 1
        at += 1
    bold = False
    while at < end - 1 and words[at] in _BULLETS:
        if words[at] == "*" == words[at + 1]:
            bold = True
            at += 2
            continue
        bullet = True
        bad = bad or words[at] in _BAD_MARKS
        at += 1
    if at + 1 < end and not level:
        numbered = (
            len(words[at]) <= 3
            and words[at + 1] in ".):"
            and (words[at].isdigit() or (len(words[at]) == 1 and words[at].isalpha()))
            and not (words[at] in _SPEAKERS and words[at + 1] == ":")
        )
        bracketed = words[at] == "(" and at + 2 < end and words[at + 2] == ")" and len(words[at + 1]) <= 3
        if numbered:
            at, bullet = at + 2, True
            while at + 1 < end and words[at].isdigit() and len(words[at]) <= 2:
                at += 2 if words[at + 1] in ".)" else 1
        elif bracketed:
            at, bullet = at + 3, True
    return Row(at, end, indent, bullet, level, blank, bad, bold)
