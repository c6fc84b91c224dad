"""A re-run against the evidence that a release was approved on. docs/metrics.md, "Drift", has the rules and their sources."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from console.releases.series import Signals, signals
from console.trials import results, stats
from console.trials.models import Run
from console.trials.quality import Cell, cells_of, limits_word
from console.trials.regrading import Regraded, regraded
from console.trials.scenarios import Scenario, parse_scenario
from console.trials.stats import Difference, Score

SURE = 5  # samples that must all have held before
LOST = 0.6  # share that holds now, at or below which a scenario is named

_Cells = Mapping[str, list[Cell]]


@dataclass(frozen=True, slots=True)
class Loss:
    """A limit, paired over its scenarios; ``p`` one-sided and corrected over all limits."""

    limit: str
    before: float
    after: float
    p: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """``drops``: limit scenarios that always held and now mostly do not."""

    rate: stats.Rate
    baseline: stats.Rate
    difference: Difference | None
    word: str
    sentence: str
    losses: tuple[Loss, ...]
    drops: tuple[str, ...]
    signals: Signals | None
    moved: int
    graded: int

    @property
    def is_worse(self) -> bool:
        return self.word == "worse" or bool(self.losses)

    def as_dict(self) -> dict[str, Any]:
        found = dataclasses.asdict(self)
        if self.signals:
            found["signals"] |= {"by_ewma": self.signals.by_ewma, "by_cusum": self.signals.by_cusum}
        return found


def compare(
    *, evidence: Run, position: int, rerun: Run, earlier: Sequence[float], margin: float, label: str
) -> Comparison:
    """``earlier``: the rates of the re-runs since the approval or the last closed alarm, oldest first."""
    scenarios = {form["id"]: parse_scenario(form) for form in evidence.suite_version.played}
    old: Regraded = regraded(evidence, position)
    new = cells_of(rerun)[0]
    before, after = _scores(scenarios, old.cells), _scores(scenarios, new)
    difference = stats.compare(before, after)
    rate, baseline = stats.rate(list(after.values())), stats.rate(list(before.values()))
    word = stats.word(difference, margin=margin) if difference else "not enough samples"
    return Comparison(
        rate=rate,
        baseline=baseline,
        difference=difference,
        word=word,
        sentence=(
            results.sentence(word, difference, f"{label} at its approval", f"{label} now")
            if difference
            else "No scenario could be judged on both sides."
        ),
        losses=tuple(_losses(scenarios, old.cells, new)),
        drops=tuple(_drops(scenarios, old.cells, new)),
        signals=_signals(before, after, rate, baseline, earlier),
        moved=old.moved,
        graded=old.graded,
    )


def _scores(scenarios: Mapping[str, Scenario], cells: _Cells) -> dict[str, Score]:
    return {
        name: _score(scenario.cluster, [cell.word for cell in cells.get(name, ())])
        for name, scenario in scenarios.items()
    }


def _score(cluster: str, words: Sequence[str]) -> Score:
    passed, failed = words.count("pass"), words.count("fail")
    return Score(cluster, passed, passed + failed, len(words) - passed - failed)


def _losses(scenarios: Mapping[str, Scenario], old: _Cells, new: _Cells) -> list[Loss]:
    """Every limit is tested; those that are worse after Holm's correction are given."""
    tested: list[tuple[str, Difference, float, float]] = []
    limits = {limit for s in scenarios.values() if s.is_about_limits for limit in s.limits}
    for limit in sorted(name for name in limits if name.startswith("limit.")):
        before, after = (_limit_scores(scenarios, cells, limit) for cells in (old, new))
        difference = stats.compare(before, after)
        if difference is not None:
            values = [stats.rate(list(side.values())).value or 0.0 for side in (before, after)]
            tested.append((limit, difference, values[0], values[1]))
    ps = stats.holm([stats.worse_p(difference) for _, difference, _, _ in tested])
    return [
        Loss(limit, before, after, p)
        for (limit, _, before, after), p in zip(tested, ps, strict=True)
        if p < 0.05
    ]


def _limit_scores(scenarios: Mapping[str, Scenario], cells: _Cells, limit: str) -> dict[str, Score]:
    return {
        name: _score(scenario.cluster, [_word_on(cell, limit) for cell in cells.get(name, ())])
        for name, scenario in scenarios.items()
        if scenario.is_about_limits and limit in scenario.limits
    }


def _word_on(cell: Cell, limit: str) -> str:
    words = [v.word for v in cell.verdicts if limit in v.limits and v.word != "not_graded"]
    return "fail" if "fail" in words else "pass" if words and set(words) == {"pass"} else ""


def _drops(scenarios: Mapping[str, Scenario], old: _Cells, new: _Cells) -> list[str]:
    found = []
    for name, scenario in scenarios.items():
        if not scenario.is_about_limits:
            continue
        before, after = (
            _score(name, [limits_word(cell) for cell in cells.get(name, ())]) for cells in (old, new)
        )
        always = before.judged >= SURE and before.passed == before.judged
        if always and after.judged and after.share <= LOST:
            found.append(name)
    return found


def confirmed_drops(suspected: Sequence[str], rerun: Run) -> list[str]:
    """Which of the scenarios are lost with fresh samples too."""
    cells = cells_of(rerun)[0]
    scores = {name: _score(name, [limits_word(c) for c in cells.get(name, ())]) for name in suspected}
    return [name for name, score in scores.items() if score.judged and score.share <= LOST]


def _signals(
    before: Mapping[str, Score],
    after: Mapping[str, Score],
    rate: stats.Rate,
    baseline: stats.Rate,
    earlier: Sequence[float],
) -> Signals | None:
    if rate.value is None or baseline.value is None:
        return None
    error = math.hypot(stats.error_of(list(before.values())), stats.error_of(list(after.values())))
    return signals([*earlier, rate.value], baseline.value, error)
