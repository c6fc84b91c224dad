"""Graders that look at the words of a reply."""

from __future__ import annotations

from typing import Any

from console.trials.graders.base import Graded, Grader, Turns, fails, passes, quoted
from console.trials.graders.folding import fold
from console.trials.schemas import compiled, wrong_pattern
from console.trials.words import word_count


def _needs_text(value: Any) -> str:
    return "" if isinstance(value, str) and fold(value).text.strip() else "must be the text to look for"


def _contains(value: str, turns: Turns, index: int) -> Graded:
    found = fold(turns[index].reply).find(value)
    if found is None:
        return fails(f"“{value}” is not in the reply", turns[index])
    return passes(quoted(turns[index].reply, found), turns[index])


def _not_contains(value: str, turns: Turns, index: int) -> Graded:
    found = fold(turns[index].reply).find(value)
    if found is None:
        return passes(f"“{value}” is not in the reply", turns[index])
    return fails(quoted(turns[index].reply, found), turns[index])


def _regex(value: str, turns: Turns, index: int) -> Graded:
    found = compiled(value).search(turns[index].reply)
    if found is None:
        return fails("nothing in the reply matches", turns[index])
    return passes(quoted(turns[index].reply, found.span()), turns[index])


def _check_words(value: Any) -> str:
    return "" if type(value) is int and value > 0 else "must be a whole number of words above 0"


def _max_words(value: int, turns: Turns, index: int) -> Graded:
    count = word_count(turns[index].reply)
    say = passes if count <= value else fails
    return say(f"{count} words, at most {value}", turns[index])


CONTAINS = Grader("contains", "contains", _needs_text, _contains)
NOT_CONTAINS = Grader("not_contains", "does not contain", _needs_text, _not_contains, every=True)
REGEX = Grader("regex", "matches", wrong_pattern, _regex)
MAX_WORDS = Grader("max_words", "words at most", _check_words, _max_words, every=True, needs_whole=True)
