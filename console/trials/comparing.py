"""Two subjects of any two runs of one suite, paired by scenario: what the matrix of one run is, over two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from console.problems import Invalid
from console.trials import results
from console.trials.models import Run, Subject
from console.trials.results import LimitCount, Row

MOST_OTHERS = 12


@dataclass(frozen=True, slots=True)
class End:
    """One end of the comparison."""

    run: Run
    subject: Subject

    @property
    def label(self) -> str:
        return f"{self.subject.label} in run {self.run.number}"


@dataclass(frozen=True, slots=True)
class Compared:
    """``result``: as in a run's own result, None while either run is not complete.

    ``unpaired``: titles of scenarios that only one side has, or that were changed in between.
    ``unlike``: what else differs between the two.
    """

    rows: tuple[Row, ...]
    limits: Mapping[int, Mapping[str, LimitCount]]
    result: Mapping[str, Any] | None
    unpaired: tuple[str, ...]
    unlike: tuple[str, ...]


def ends(first: Run, second: Run, given: Mapping[str, str]) -> tuple[End, End]:
    """The subjects by their positions ``a`` and ``b``; else the same digest on both sides, else each run's last."""
    ours, theirs = (
        list(run.subjects.defer("params", "tools", "variables").order_by("position"))
        for run in (first, second)
    )
    same = [(one, two) for two in reversed(theirs) for one in ours if one.digest == two.digest]
    default = same[0] if same else (ours[-1], theirs[-1])
    return (
        End(first, _at(ours, given.get("a", ""), default[0])),
        End(second, _at(theirs, given.get("b", ""), default[1])),
    )


def _at(subjects: Sequence[Subject], given: str, default: Subject) -> Subject:
    position = int(given) if given.isdecimal() and len(given) < 3 else -1
    return next((subject for subject in subjects if subject.position == position), default)


def compared(first: End, second: End) -> Compared:
    """A constant number of statements. Raises Invalid for runs of different suites."""
    if first.run.suite_version.suite_id != second.run.suite_version.suite_id:
        raise Invalid(
            f"Run {first.run.number} and run {second.run.number} are of different suites.",
            "Compare runs that asked the same.",
        )
    before, after = ({row.scenario: row for row in results.rows_of(end.run)} for end in (first, second))
    same = _same_scenarios(first.run, second.run)
    rows = tuple(
        replace(
            row,
            sides=(before[name].sides[first.subject.position], row.sides[second.subject.position]),
        )
        for name, row in after.items()
        if name in same
    )
    limits = {
        number: _only(results.limits_of(end.run).get(end.subject.position, {}), same)
        for number, end in enumerate((first, second))
    }
    complete = first.run.is_complete and second.run.is_complete
    found = results.comparisons(rows, limits, first.label, {1: second.label}) if complete else []
    return Compared(
        rows=rows,
        limits=limits,
        result=found[0] if found else None,
        unpaired=tuple(row.title for name, row in (before | after).items() if name not in same),
        unlike=tuple(_unlike(first.run, second.run)),
    )


def _same_scenarios(first: Run, second: Run) -> frozenset[str]:
    """Ids of the scenarios that both runs played word for word."""
    ours = {form["id"]: form for form in first.suite_version.played}
    return frozenset(form["id"] for form in second.suite_version.played if ours.get(form["id"]) == form)


def _only(counts: Mapping[str, LimitCount], scenarios: frozenset[str]) -> dict[str, LimitCount]:
    kept = {}
    for limit, count in counts.items():
        held = tuple(name for name in count.held_in if name in scenarios)
        broken = tuple(name for name in count.broken_in if name in scenarios)
        if held or broken:
            kept[limit] = LimitCount(len(held), len(held) + len(broken), broken, held)
    return kept


def _unlike(first: Run, second: Run) -> list[str]:
    found = []
    if first.model != second.model:
        found.append(f"{first.model} answered in one and {second.model} in the other")
    if first.samples != second.samples:
        found.append(f"{first.samples} samples against {second.samples}")
    if first.endpoint != second.endpoint:
        found.append(f"{first.endpoint} against {second.endpoint}")
    if first.judge_model != second.judge_model:
        judges = " and ".join(run.judge_model or "nobody" for run in (first, second))
        found.append(f"judged by {judges}")
    if first.suite_version_id != second.suite_version_id:
        versions = f"{first.suite_version.number} against {second.suite_version.number}"
        found.append(f"version {versions} of the suite")
    return found


def others(shown: Run) -> list[Run]:
    """Complete runs of the same suite, the newest first."""
    same = Run.objects.filter(
        workspace=shown.workspace_id,
        suite_version__suite=shown.suite_version.suite_id,
        status=Run.Status.FINISHED,
    )
    return list(
        same.exclude(pk=shown.pk)
        .only("number", "model", "created_at", "rehearsal")
        .order_by("-number")[:MOST_OTHERS]
    )
