"""What a grader is: a small pure function behind a registry. It reads turns and says pass or fail, and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from console.trials.transcript import Turn

Word = Literal["pass", "fail", "error", "not_graded"]
Turns = tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class Graded:
    """What is said of one expectation. ``turn``: the one that decided, None for the whole conversation."""

    verdict: Word
    reason: str
    turn: int | None = None


@dataclass(frozen=True, slots=True)
class Grader:
    """How one kind of expectation is graded.

    ``check(value)`` returns what is wrong with an expectation's value, as the end of a sentence, or "".
    ``grade(value, turns, index)`` judges ``turns[index]``; it may look at earlier turns, never at later ones.
    ``every``: with turn "any" it must hold in each turn; otherwise one turn is enough.
    ``needs_whole``: a reply that was cut at ``max_tokens`` cannot be judged.
    """

    kind: str
    title: str  # read after "Turn 2: ", as in "contains “fee”"
    check: Callable[[Any], str]
    grade: Callable[[Any, Turns, int], Graded]
    every: bool = False
    needs_whole: bool = False


def passes(reason: str, turn: Turn) -> Graded:
    return Graded("pass", reason, turn.number)


def fails(reason: str, turn: Turn) -> Graded:
    return Graded("fail", reason, turn.number)


def quoted(text: str, around: tuple[int, int] | None = None, width: int = 80) -> str:
    """A short quotation of ``text``, centred on a span of it."""
    start, end = around or (0, 0)
    margin = max(0, width - (end - start)) // 2
    first, last = max(0, start - margin), min(len(text), max(end, start) + margin)
    if around is None:
        first, last = 0, min(len(text), width)
    body = " ".join(text[first:last].split())
    return f"“{'…' if first else ''}{body}{'…' if last < len(text) else ''}”"
