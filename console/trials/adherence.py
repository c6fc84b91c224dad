"""Instruction adherence after IFEval (Zhou et al. 2023): checks of the raw reply (strict), or of any of eight variants (loose)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

from console.trials import graders
from console.trials.scenarios import Expectation
from console.trials.transcript import Turn

# What can be checked of a reply without judgement.
CHECKED = frozenset({"contains", "not_contains", "regex", "max_words", "language", "json_schema"})


def holds_loosely(expectation: Expectation, said: tuple[Turn, ...]) -> bool:
    """Whether the check holds once greetings, closing lines or bold marks are taken away."""
    return any(
        graders.grade(expectation.kind, expectation.value, expectation.turn, variant).verdict == "pass"
        for variant in _variants(said)
    )


def _variants(said: tuple[Turn, ...]) -> Iterator[tuple[Turn, ...]]:
    """Those that still say something: nothing follows no instruction."""
    for marks, first, last in product((False, True), repeat=3):
        variant = tuple(replace(turn, reply=loosened(turn.reply, marks, first, last)) for turn in said)
        if all(turn.reply for turn in variant):
            yield variant


def loosened(reply: str, marks: bool, first: bool, last: bool) -> str:
    """The reply without ``*``, without its first line, without its last line."""
    lines = (reply.replace("*", "") if marks else reply).split("\n")
    return "\n".join(lines[first : len(lines) - last]).strip()
