"""Default values of variables are text of the prompt: put in place for the checks, with a map back to the source."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass

from policies.draft import Variable
from policies.placeholders import placeholders, render


@dataclass(frozen=True, slots=True)
class Stretch:
    """``length`` code points from ``start`` of the filled text, which stand at ``source`` to ``source_end``.

    ``variable`` names the variable whose default this is; its stretch maps back to the whole placeholder.
    """

    start: int
    length: int
    source: int
    source_end: int
    variable: str = ""


@dataclass(frozen=True, slots=True)
class Filled:
    """A text with defaults in place."""

    text: str
    stretches: tuple[Stretch, ...]

    def source(self, start: int, end: int) -> tuple[int, int]:
        """Where code points ``start`` to ``end`` of the filled text stand in the source."""
        first, last = self._at(start), self._at(max(start, end - 1))
        begin = first.source if first.variable else first.source + start - first.start
        finish = last.source_end if last.variable else last.source + end - last.start
        return begin, finish

    def variables(self, start: int, end: int) -> tuple[str, ...]:
        """The variables whose defaults lie between two code points of the filled text."""
        inside = (s for s in self.stretches if s.variable and s.start < end and start < s.start + s.length)
        return tuple(dict.fromkeys(stretch.variable for stretch in inside))

    def _at(self, offset: int) -> Stretch:
        return self.stretches[max(0, bisect_right(self.stretches, offset, key=lambda s: s.start) - 1)]


def with_defaults(text: str, variables: Mapping[str, Variable]) -> Filled | None:
    """The text as it reads when every variable keeps its default; None where that changes nothing.

    Inside a word even a variable without one gives way: ``cl{{x}}aim`` reads as "claim" as soon as x is empty.
    """
    chunks: list[str] = []
    stretches: list[Stretch] = []
    at = length = 0
    for found in placeholders(text):
        variable = variables.get(found.name)
        default = render(variable.default) if variable else ""
        if not default and not _inside_word(text, found.start, found.end):
            continue
        if found.start > at:
            stretches.append(Stretch(length, found.start - at, at, found.start))
        chunks += [text[at : found.start], default]
        length += found.start - at
        stretches.append(
            Stretch(length, len(default), found.start, found.end, found.name if variable else "")
        )
        length += len(default)
        at = found.end
    if not chunks:
        return None
    stretches.append(Stretch(length, len(text) - at, at, len(text)))
    return Filled("".join([*chunks, text[at:]]), tuple(stretches))


def _inside_word(text: str, start: int, end: int) -> bool:
    return start > 0 and end < len(text) and text[start - 1].isalpha() and text[end].isalpha()
