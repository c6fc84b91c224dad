"""A finished conversation held against its scenario's expectations."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from console.trials import graders
from console.trials.graders import Graded
from console.trials.models import Verdict
from console.trials.scenarios import Expectation, Scenario
from console.trials.transcript import Entry, Turn, storable, turns
from policies.canonical import plain


@dataclass(frozen=True, slots=True)
class Grades:
    """One verdict an expectation, and what they amount to."""

    verdicts: tuple[Graded, ...]

    @property
    def word(self) -> str:
        """A scenario passes when all that could be graded passes; an error is neither a pass nor a failure."""
        return word_of(graded.verdict for graded in self.verdicts)

    @property
    def ungraded(self) -> int:
        return sum(graded.verdict == "not_graded" for graded in self.verdicts)


def word_of(words: Iterable[str]) -> str:
    """What the verdicts of a conversation amount to."""
    found = set(words)
    return next((word for word in ("fail", "error", "pass") if word in found), "not_graded")


def grade(scenario: Scenario, entries: Iterable[Entry]) -> Grades:
    said = _read(list(entries))
    return Grades(tuple(_grade(expectation, said) for expectation in scenario.expect))


def _read(entries: list[Entry]) -> tuple[Turn, ...]:
    """The turns as they are kept: what cannot be stored would make a pattern or a schema fail."""
    said = turns(entries)
    try:
        "".join(turn.reply for turn in said).encode()
    except UnicodeEncodeError:
        return turns(storable(entries))
    return said


def _grade(expectation: Expectation, said: tuple[Turn, ...]) -> Graded:
    try:
        return graders.grade(expectation.kind, expectation.value, expectation.turn, said)
    except Exception as error:
        # What a model says must not be able to lose the conversation; the verdict says that the grader failed.
        return Graded("error", f"the grader failed ({type(error).__name__})")


def verdict_rows(conversation: int, scenario: Scenario, grades: Grades) -> list[Verdict]:
    return [
        Verdict(
            conversation_id=conversation,
            expect=index,
            kind=expectation.kind,
            verdict=graded.verdict,
            turn=graded.turn,
            reason=graded.reason,
            limits=list(scenario.limits_of(expectation)),
        )
        for index, (expectation, graded) in enumerate(zip(scenario.expect, grades.verdicts, strict=True))
    ]


def shown_value(value: Any) -> str:
    """An expectation's value as a page names it."""
    if value is True:
        return ""
    if isinstance(value, Mapping) and "name" in value:
        args = ", ".join(f"{key} = {item}" for key, item in value.get("args", {}).items())
        return f"{value['name']}({args})" if args else str(value["name"])
    return f"“{value}”" if isinstance(value, str) else json.dumps(plain(value), ensure_ascii=False)
