"""Graders: what a conversation is held against. One kind, one small pure function; what text cannot decide is left to a judge."""

from __future__ import annotations

from typing import Any

from console.trials.graders.base import Graded, Grader, Turns
from console.trials.graders.disclosure import DISCLOSES_AI
from console.trials.graders.json_reply import JSON_SCHEMA
from console.trials.graders.language import LANGUAGE
from console.trials.graders.latency import MAX_SECONDS
from console.trials.graders.refusal import NO_REFUSAL, REFUSAL
from console.trials.graders.text import CONTAINS, MAX_WORDS, NOT_CONTAINS, REGEX
from console.trials.graders.tool_calls import TOOL_CALLED, TOOL_CALLED_AFTER_CONFIRMATION, TOOL_NOT_CALLED

__all__ = ["GRADERS", "KINDS", "Graded", "grade", "title", "wrong_value"]

GRADERS: dict[str, Grader] = {
    grader.kind: grader
    for grader in (
        CONTAINS,
        NOT_CONTAINS,
        REGEX,
        REFUSAL,
        NO_REFUSAL,
        MAX_WORDS,
        MAX_SECONDS,
        TOOL_CALLED,
        TOOL_NOT_CALLED,
        TOOL_CALLED_AFTER_CONFIRMATION,
        JSON_SCHEMA,
        LANGUAGE,
        DISCLOSES_AI,
    )
}
# Kinds that no rule on text can decide: a judge is asked (judging/), and without one they show as "not graded".
BY_JUDGE = {"judge": "meets the rubric"}
NO_JUDGE = "no judge was asked"
KINDS = frozenset(GRADERS) | frozenset(BY_JUDGE)


def wrong_value(kind: str, value: Any) -> str:
    """What is wrong with an expectation's value, as the end of a sentence, or ""."""
    if kind in GRADERS:
        return GRADERS[kind].check(value)
    return "" if isinstance(value, str) and value.strip() else "must be the text of its rubric"


def title(kind: str) -> str:
    return GRADERS[kind].title if kind in GRADERS else BY_JUDGE.get(kind, kind)


def grade(kind: str, value: Any, turn: int | str, turns: Turns) -> Graded:
    """The verdict on one expectation. ``turn`` counts from 1, or is "last" or "any"."""
    grader = GRADERS.get(kind)
    if not turns:
        return Graded("error", "nothing was said")
    if turn == "any":
        return _over_all(grader, value, turns) if grader else Graded("not_graded", NO_JUDGE)
    index = len(turns) - 1 if turn == "last" else int(turn) - 1
    if index >= len(turns):
        return Graded("error", f"the conversation ended before turn {turn}")
    if grader is None:
        return Graded("not_graded", NO_JUDGE, turns[index].number)
    return _one(grader, value, turns, index)


def _one(grader: Grader, value: Any, turns: Turns, index: int) -> Graded:
    if grader.needs_whole and turns[index].cut_short:
        return Graded(
            "error", "the reply was cut at its longest, so that it cannot be judged", turns[index].number
        )
    return grader.grade(value, turns, index)


def _over_all(grader: Grader, value: Any, turns: Turns) -> Graded:
    """Over every turn: the first that decides, else what the last one said."""
    decides = "fail" if grader.every else "pass"
    each = [_one(grader, value, turns, index) for index in range(len(turns))]
    for word in (decides, "error", "not_graded"):
        for graded in each:
            if graded.verdict == word:
                return graded
    reason = each[0].reason if len(each) == 1 else f"in none of {len(each)} turns; last: {each[-1].reason}"
    if grader.every:
        reason = "in every turn" if len(each) > 1 else each[0].reason
    return Graded(each[-1].verdict, reason, None if len(each) > 1 else each[0].turn)
