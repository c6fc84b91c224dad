"""How long an answer took: the model's calls of one turn, from sending each to its last byte."""

from __future__ import annotations

from typing import Any

from console.trials.graders.base import Graded, Grader, Turns, fails, passes


def _check(value: Any) -> str:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return "" if is_number and 0 < value <= 3600 else "must be a number of seconds above 0, at most 3600"


def _max_seconds(value: float, turns: Turns, index: int) -> Graded:
    seconds = turns[index].seconds
    if seconds is None:  # it came in a message batch, or was played before times were kept
        return Graded("not_graded", "how long the answer took is not known", turns[index].number)
    say = passes if seconds <= value else fails
    return say(f"{seconds:.2f} seconds, at most {value:g}", turns[index])


MAX_SECONDS = Grader("max_seconds", "seconds at most", _check, _max_seconds, every=True)
