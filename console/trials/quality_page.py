"""What the Quality tab reads: the revisions of a prompt with what complete runs measured of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from django.db.models import Prefetch

import policies
from console.governance.services import Governance, governance_of
from console.prompts.models import Prompt, Revision
from console.trials.models import Run, Subject
from console.trials.quality import VERSION
from console.trials.tradeoff import Measured, Point, front_of, placed
from console.trials.tradeoff_plot import Plot, plot_of
from policies.canonical import digest

MOST_RUNS = 60  # the newest
CREATIVITY = "behavior.creativity"


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The creativity that policy and organisation permit in the prompt's domain."""

    highest: str
    closed: tuple[str, ...]
    sentence: str


@dataclass(frozen=True, slots=True)
class Quality:
    points: tuple[Point, ...]
    plot: Plot | None
    ceiling: Ceiling
    sentences: tuple[str, ...]
    rehearsal: bool
    measuring: int  # complete runs whose figures are not there yet
    suites: tuple[str, ...]


def quality_of(prompt: Prompt, across: str) -> Quality:
    """A constant number of statements, whatever the number of runs and revisions."""
    runs = _runs(prompt)
    measured = [run for run in runs if run.quality and run.quality.get("version") == VERSION]
    real = [run for run in measured if not run.rehearsal]
    shown = real or measured
    governance = governance_of(prompt.workspace)
    ceiling = _ceiling(prompt, governance)
    statistics = governance.pack.statistics
    points = placed(
        _points(prompt, shown, across, ceiling),
        margin_x=statistics.margin_other,
        margin_y=statistics.margin_limits,
    )
    return Quality(
        points=tuple(points),
        plot=plot_of(
            points,
            draws_ceiling=across == "variety" and bool(ceiling.closed),
            required=statistics.hold_rate,
            across=across,
        ),
        ceiling=ceiling,
        sentences=tuple(_sentences(points, ceiling, across)),
        rehearsal=bool(shown) and not real,
        measuring=len(runs) - len(measured),
        suites=tuple(dict.fromkeys(str(run.suite_version) for run in shown)),
    )


def _runs(prompt: Prompt) -> list[Run]:
    subjects = Subject.objects.select_related("revision").defer(
        "params", "tools", "variables", "revision__content", "revision__params"
    )
    return list(
        prompt.runs.filter(status=Run.Status.FINISHED, subjects__revision__prompt=prompt)
        .distinct()
        .select_related("suite_version__suite")
        .defer("suite_version__scenarios", "result")
        .prefetch_related(Prefetch("subjects", subjects))
        .order_by("-number")[:MOST_RUNS]
    )


def _ceiling(prompt: Prompt, governance: Governance) -> Ceiling:
    """Of the newest draft's domain and audience."""
    content = prompt.drafts.filter(name="main").values_list("content", flat=True).first() or {}
    domain, audience = content.get("domain") or "general", tuple(content.get("audience") or ("public",))
    behavior = governance.pack.behavior(CREATIVITY)
    if behavior is None:
        return Ceiling("", (), "")
    reach = policies.reach(
        governance.pack, domain=domain, audience=audience, organisation=governance.bounds.organisation
    )
    permitted = reach[CREATIVITY].permitted
    open_values = [name for name in behavior.names if policies.contains(permitted, name)]
    closed = tuple(name for name in behavior.names if name not in open_values)
    highest = open_values[-1] if open_values else ""
    where = domain.replace("_", " ")
    if not closed:
        return Ceiling(highest, (), f"No level of creativity is closed in the domain {where}.")
    levels = " and ".join(f"“{behavior.label(name)}”" for name in closed)
    word = "is" if len(closed) == 1 else "are"
    return Ceiling(highest, closed, f"Creativity {levels} {word} closed here (domain {where}).")


def _points(prompt: Prompt, runs: Sequence[Run], across: str, ceiling: Ceiling) -> Iterable[Point]:
    """One a revision: of each figure the newest run that has it."""
    of_revision: dict[int, list[tuple[Run, Mapping[str, Any]]]] = {}
    for run in runs:
        for subject, figures in zip(run.subjects.all(), (run.quality or {})["subjects"], strict=False):
            if subject.revision and subject.revision.prompt_id == prompt.pk:
                of_revision.setdefault(subject.revision.number, []).append((run, figures))
    revisions = {
        revision.number: revision
        for revision in Revision.objects.filter(prompt=prompt, number__in=of_revision)
        .only("number", "content", "prompt")
        .prefetch_related("releases__labels")
    }
    for number in sorted(of_revision, reverse=True):
        found, revision = of_revision[number], revisions[number]
        creativity = _creativity(revision)
        yield Point(
            number=number,
            x=_variety(found) if across == "variety" else _answered(found),
            y=_hold(found),
            creativity=creativity,
            closed=creativity in ceiling.closed,
            labels=tuple(label.name for release in revision.releases.all() for label in release.labels.all()),
            figures={name: _newest(found, name) for name in _FIGURES},
        )


_FIGURES: dict[str, tuple[str, ...]] = {
    "pressure": ("pressure",),
    "over_refusal": ("over_refusal",),
    "honesty": ("honesty",),
    "adherence": ("adherence", "prompt_strict"),
    "loose": ("adherence", "prompt_loose"),
    "open": ("open",),
    "variety": ("variety",),
}


def _newest(found: Sequence[tuple[Run, Mapping[str, Any]]], name: str) -> Any:
    """The figure of the newest run that has it, or None."""
    values = (reduce(lambda table, key: table[key], _FIGURES[name], figures) for _, figures in found)
    return next((value for value in values if value["value"] is not None), None)


def _creativity(revision: Revision) -> str:
    stated = revision.content.get("settings", {}).get(CREATIVITY)
    return str(stated.get("value", "")) if isinstance(stated, Mapping) else ""


def _key(run: Run, figures: Mapping[str, Any]) -> tuple[str, ...]:
    return run.suite_version.digest, run.model, str(run.samples), digest(figures["parameters"])


_Found = Sequence[tuple[Run, Mapping[str, Any]]]


def _hold(found: _Found) -> Measured | None:
    for run, figures in found:
        if figures["hold"]["value"] is not None:
            return _measured(run, figures, figures["hold"], figures["held"])
    return None


def _variety(found: _Found) -> Measured | None:
    for run, figures in found:
        if figures["variety"]["value"] is not None:
            return _measured(run, figures, figures["variety"], figures["variety"]["spread"])
    return None


def _answered(found: _Found) -> Measured | None:
    """One less the rate of refusals; what is paired is not kept, so that nothing is called dominated by it."""
    for run, figures in found:
        refused = figures["over_refusal"]
        if refused["value"] is not None:
            turned = {
                "value": 1 - refused["value"],
                "low": 1 - refused["high"],
                "high": 1 - refused["low"],
                "scenarios": refused["scenarios"],
            }
            return _measured(run, figures, turned, {})
    return None


def _measured(
    run: Run, figures: Mapping[str, Any], rate: Mapping[str, Any], scores: Mapping[str, Any]
) -> Measured:
    return Measured(
        value=rate["value"],
        low=rate["low"],
        high=rate["high"],
        run=run.number,
        key=_key(run, figures),
        scenarios=rate["scenarios"],
        scores={name: (cluster, value) for name, (cluster, value) in scores.items()},
    )


def _sentences(points: Sequence[Point], ceiling: Ceiling, across: str) -> Iterable[str]:
    front = list(reversed(front_of(points)))
    if len(front) > 1:
        freest, next_one = front[0], front[1]
        assert freest.x and freest.y and next_one.x and next_one.y
        yield (
            f"{freest.name} reaches furthest right ({freest.x.value:.0%} against {next_one.x.value:.0%} of"
            f" {next_one.name}) and holds {freest.y.value:.1%} of the limit scenarios against {next_one.y.value:.1%}."
        )
    elif front:
        yield f"Nothing measured is better than {front[0].name} on either side."
    beyond = [point.name for point in points if point.closed and point.is_drawn]
    if across == "variety" and ceiling.sentence:
        told = f" {', '.join(beyond)} went beyond it." if beyond else ""
        yield ceiling.sentence + told


# --- the same of one run


@dataclass(frozen=True, slots=True)
class Figure:
    """One measure of a run: of the candidate, and of the baseline beside it."""

    title: str
    now: Mapping[str, Any]
    old: Mapping[str, Any] | None
    note: str = ""


_TITLES: dict[str, str] = {
    "hold": "Limits held",
    "pressure": "Limits held under pressure",
    "over_refusal": "Safe requests refused",
    "honesty": "Honesty",
    "adherence": "Instructions followed",
    "variety": "Variety of open answers",
}


def figures_of(run: Run, candidate: int) -> list[Figure]:
    """What the run measured, the baseline's beside it; empty until it is complete and measured."""
    return _figures(run, candidate, 0 if candidate else None)


def figures_alone(run: Run, position: int) -> list[Figure]:
    """What the run measured of one subject."""
    return _figures(run, position, None)


def _figures(run: Run, position: int, beside: int | None) -> list[Figure]:
    """Without what the run has no scenario for."""
    if not run.quality or run.quality.get("version") != VERSION:
        return []
    now = run.quality["subjects"][position]
    before = run.quality["subjects"][beside] if beside is not None else None
    found = []
    for name, title in _TITLES.items():
        mine = _of_run(now, name)
        if mine["value"] is not None:
            old = _of_run(before, name) if before else None
            found.append(Figure(title, mine, old, _note(name, now)))
    return found


def _of_run(figures: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = figures["adherence"]["prompt_strict"] if name == "adherence" else figures[name]
    return found


def _note(name: str, figures: Mapping[str, Any]) -> str:
    if name == "over_refusal":
        refused = figures["over_refusal"]
        return f"{refused['full']:.0%} in full, {refused['partial']:.0%} in part"
    if name == "adherence":
        loose = figures["adherence"]["prompt_loose"]["value"]
        return f"{loose:.0%} without greetings and marks"
    if name == "variety":
        variety = figures["variety"]
        return (
            f"{variety['distinct']:.0%} of {variety['answers']} answers differ, {variety['removed']} left out"
        )
    if name == "pressure" and figures["broken_by_turn"]:
        turn, share = figures["broken_by_turn"][-1]
        return f"{share:.0%} broken by turn {turn}"
    return ""
