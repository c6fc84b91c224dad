"""Which runs speak for a revision: finished ones of exactly its digest, by its own model or one that reviews ask for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q

import policies
from console.accounts.models import Workspace
from console.governance.services import Governance
from console.prompts.models import Revision
from console.trials.models import Conversation, Run, Subject

Counts = tuple[int, int]  # passed, judged

MOST = 20  # of a revision, beside the chosen ones: more than anybody reads


@dataclass(frozen=True, slots=True)
class Limit:
    """How a limit fared with the revision: scenarios in which it held, could be judged, and was broken."""

    id: str
    held: int
    judged: int
    broken_in: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """A run as it speaks for one revision.

    ``excluded`` says why it does not count, empty when it does. ``position`` is the revision's among the subjects;
    ``baseline`` names the run's first subject, where that is another one. ``covers`` are the ids of all scenarios that
    could be judged.
    """

    run: Run
    chosen: bool
    excluded: str
    position: int
    baseline: str
    rate: Mapping[str, Any] | None
    baseline_rate: Mapping[str, Any] | None
    comparison: Mapping[str, Any] | None
    limits: tuple[Limit, ...]
    covers: frozenset[str]
    cells: Mapping[str, Counts]  # by scenario

    @property
    def counts(self) -> bool:
        return self.chosen and not self.excluded

    @property
    def old_value(self) -> float | None:
        """The pass rate of the run's first subject, where that is another one and anything was judged."""
        return self.baseline_rate["value"] if self.baseline_rate else None

    @property
    def broken(self) -> tuple[Limit, ...]:
        return tuple(limit for limit in self.limits if limit.broken_in)

    @property
    def worse(self) -> str:
        """What speaks against the revision beyond a broken limit: a sentence, or nothing."""
        if self.comparison and self.comparison["word"] == "worse":
            return str(self.comparison["sentence"])
        return ""

    @property
    def in_words(self) -> str:
        """The shortest true account of it."""
        if self.excluded:
            return f"not counted: {self.excluded}"
        broken = len({limit.id for limit in self.broken})
        limits = f"{broken} limit{'s' * (broken > 1)} broken" if broken else "no limit broken"
        return f"{self.comparison['word']}, {limits}" if self.comparison else limits


def evidence_for(
    revision: Revision, workspace: Workspace, governance: Governance, chosen: Iterable[int] = ()
) -> tuple[Evidence, ...]:
    """All runs of the revision, newest first; ``chosen`` are the ids of those that a review names.

    Those that are chosen, and the newest others. A constant number of statements.
    """
    ids = set(chosen)
    models = {str(revision.params.get("model")), *governance.models}
    of_revision = Run.objects.filter(
        workspace=workspace, pk__in=Subject.objects.filter(digest=revision.digest).values("run")
    )
    newest = list(of_revision.order_by("-number").values_list("pk", flat=True)[:MOST])
    runs = list(
        of_revision.filter(pk__in={*newest, *ids})
        .select_related("suite_version__suite")
        .prefetch_related("subjects")
        .order_by("-number")
    )
    cells = _cells(runs, revision)
    return tuple(
        _evidence(run, revision, _excluded(run, models, workspace), run.pk in ids, cells[run.pk])
        for run in runs
    )


def evidence_digest(evidence: Iterable[Evidence]) -> str:
    """Over the digests of the runs that count; empty when none does."""
    digests = sorted(item.run.digest for item in evidence if item.counts)
    return policies.digest(digests) if digests else ""


def _cells(runs: Sequence[Run], revision: Revision) -> dict[int, dict[str, Counts]]:
    """By run and scenario: how many of the revision's conversations passed, of how many that could be judged."""
    cells = Conversation.objects.filter(run__in=runs, subject__digest=revision.digest, status="finished")
    found: dict[int, dict[str, Counts]] = defaultdict(dict)
    judged = Count("pk", filter=Q(verdict__in=["pass", "fail"]))
    rows = cells.order_by().values("run", "scenario")
    for row in rows.annotate(passed=Count("pk", filter=Q(verdict="pass")), judged=judged):
        found[row["run"]][row["scenario"]] = (row["passed"], row["judged"])
    return found


def _evidence(
    run: Run, revision: Revision, excluded: str, chosen: bool, cells: Mapping[str, Counts]
) -> Evidence:
    subjects = sorted(run.subjects.all(), key=lambda subject: subject.position)
    position = next(subject.position for subject in subjects if subject.digest == revision.digest)
    result = (run.result or {}) if run.is_complete else {}
    sides = result.get("subjects", [])
    mine = sides[position] if position < len(sides) else {}
    return Evidence(
        run=run,
        chosen=chosen,
        excluded=excluded,
        position=position,
        baseline=subjects[0].label if position else "",
        rate=mine.get("rates", {}).get(""),
        baseline_rate=sides[0].get("rates", {}).get("") if position and sides else None,
        comparison=next((c for c in result.get("comparisons", []) if c["position"] == position), None),
        limits=tuple(
            Limit(id, count["held"], count["judged"], tuple(count["broken_in"]))
            for id, count in mine.get("limits", {}).items()
        ),
        covers=frozenset(
            id
            for scenario in run.suite_version.played
            if cells.get(scenario["id"], (0, 0))[1]
            for id in scenario.get("covers", ())
        ),
        cells=cells,
    )


def _excluded(run: Run, models: Collection[str], workspace: Workspace) -> str:
    """Why a run is no evidence, as the end of a sentence."""
    if run.is_open:
        return "it still runs"
    if not run.is_complete or not run.digest:
        return f"it did not finish ({run.get_status_display().lower()})"
    if run.model not in models:
        return f"{run.model} answered, and what counts is {' or '.join(sorted(models))}"
    if workspace.playground:
        return ""
    if run.rehearsal:
        return "the stand-in answered, not a model"
    if run.base_url:
        return "an address that a command named answered, not the configured provider"
    return ""
