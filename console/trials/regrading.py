"""Old transcripts held against today's graders: what moves there is the grader's drift, not the prompt's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from console.trials import graders
from console.trials.models import Conversation, Run
from console.trials.quality import Cell, Judged, cells_of
from console.trials.scenarios import Scenario, parse_scenario
from console.trials.transcript import Turn, turns

DECIDED = frozenset({"pass", "fail"})


@dataclass(frozen=True, slots=True)
class Regraded:
    """A subject's cells by scenario with the verdicts of now; ``moved`` of ``graded`` verdicts say another thing."""

    cells: Mapping[str, list[Cell]]
    moved: int
    graded: int


def regraded(run: Run, position: int) -> Regraded:
    """Of the graders that need no model; what a judge said stays as it was said."""
    scenarios = {form["id"]: parse_scenario(form) for form in run.suite_version.played}
    cells = cells_of(run)[position]
    by_id = {cell.id: (scenarios[name], cell) for name, each in cells.items() for cell in each if cell.word}
    moved = graded = 0
    found = Conversation.objects.filter(pk__in=by_id).values_list("pk", "messages")
    for pk, messages in found.iterator(chunk_size=500):
        scenario, cell = by_id[pk]
        said = turns(messages)
        now = [_now(scenario, verdict, said) for verdict in cell.verdicts]
        decided = [(a, b) for a, b in zip(cell.verdicts, now, strict=True) if {a.word, b.word} <= DECIDED]
        graded += len(decided)
        moved += sum(a.word != b.word for a, b in decided)
        cell.verdicts[:] = now
        cell.word = _word(now) or cell.word
    return Regraded(cells, moved, graded)


def _now(scenario: Scenario, verdict: Judged, said: tuple[Turn, ...]) -> Judged:
    expectation = scenario.expect[verdict.expect]
    if expectation.kind not in graders.GRADERS or verdict.word not in DECIDED or not said:
        return verdict
    graded = graders.grade(expectation.kind, expectation.value, expectation.turn, said)
    return replace(verdict, word=graded.verdict, turn=graded.turn)


def _word(verdicts: list[Judged]) -> str:
    words = {verdict.word for verdict in verdicts}
    return next((word for word in ("fail", "error", "pass") if word in words), "")
