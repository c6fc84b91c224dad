"""One cell of the matrix: a scenario's transcripts side by side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Sum
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from console.accounts.access import MemberRequest, member_view
from console.accounts.permissions import Action, can
from console.prompts.pages import prompt_for
from console.trials import cells, matrix, ratings, results
from console.trials.models import Conversation, Preference, Rating, Run, Step, Subject, Verdict
from console.trials.pages import run_for
from console.trials.ratings import Calibration
from console.trials.scenarios import Scenario, parse_scenario
from policies.canonical import digest


@member_view("GET")
def cell(request: MemberRequest, number: int, scenario: str) -> HttpResponse:
    """``sample``, ``with`` (the position beside the baseline, or all) and ``view`` (words or plain) are in the address."""
    run = run_for(request.member, number)
    form = next((form for form in run.suite_version.played if form["id"] == scenario), None)
    if form is None:
        raise Http404
    subjects = list(run.subjects.select_related("revision").defer("params", "tools", "variables"))
    candidate = min(_number(request, "with", 1), len(subjects) - 1)
    shows_all = request.GET.get("with") == "all" and len(subjects) > 2
    columns = (
        subjects if shows_all else [subjects[0], *subjects[candidate : candidate + 1][: bool(candidate)]]
    )
    sample = min(max(1, _number(request, "sample", 1)), run.samples)
    rows = results.rows_of(run)
    context = {
        "nav": "prompts",
        "tab": "trials",
        "run": run,
        "prompt": prompt_for(request.member, run.prompt.slug) if run.prompt else None,
        "scenario": parse_scenario(form),
        "sample": sample,
        "candidate": subjects[candidate] if candidate else None,
        "baseline": subjects[0],
        "subjects": subjects,
        "shows_all": shows_all,
        "may_rate": can(request.member, Action.RATE, run),
        "by_word": not shows_all and request.GET.get("view", "words") != "plain",
        "reviews": list(run.reviews.filter(status__in=["open", "changes"]).order_by("-number")[:3]),
        **_columns(run, parse_scenario(form), columns, sample, rows),
        **_neighbours(request, run, rows, scenario, candidate),
    }
    context["exchanges"] = cells.exchanges(
        context["scenario"],
        context.pop("shown"),
        context.pop("verdicts"),
        context.pop("readings"),
        by_word=context["by_word"],
    )
    return render(request, "trials/cell.html", context)


def _number(request: MemberRequest, name: str, default: int) -> int:
    given = request.GET.get(name, "")
    return int(given) if given.isdecimal() and len(given) < 4 else default


def _columns(
    run: Run, scenario: Scenario, subjects: list[Subject], sample: int, rows: list[results.Row]
) -> dict[str, Any]:
    """The conversations of this sample with their verdicts, and the words of all samples."""
    found = run.conversations.filter(scenario=scenario.id, sample=sample, subject__in=subjects)
    conversations = {conversation.subject_id: conversation for conversation in found}
    verdicts: dict[int, list[Verdict]] = defaultdict(list)
    for verdict in Verdict.objects.filter(conversation__in=[c.pk for c in conversations.values()]).order_by(
        "expect"
    ):
        verdicts[verdict.conversation_id].append(verdict)
    beside = _beside(run, [c.pk for c in conversations.values()], verdicts)
    shown = [(subject, conversations.get(subject.pk)) for subject in subjects]
    judged = [verdicts[conversation.pk] if conversation else [] for _, conversation in shown]
    readings = [beside.reading(conversation) for _, conversation in shown]
    row = next(row for row in rows if row.scenario == scenario.id)
    return {
        "shown": shown,
        "verdicts": judged,
        "readings": readings,
        "columns": [
            cells.column(
                subject,
                conversation,
                each,
                scenario,
                row.sides[subject.position].words,
                reading,
                beside.preferences.get(conversation.pk) if conversation else None,
                beside.spent.get(conversation.pk, cells.NOBODY) if conversation else cells.NOBODY,
            )
            for (subject, conversation), each, reading in zip(shown, judged, readings, strict=True)
        ],
        "samples": _samples(row, subjects[-1].position, sample),
        "transcript": digest([conversation.messages if conversation else None for _, conversation in shown]),
        "place": [row.scenario for row in rows].index(scenario.id) + 1,
        "places": len(rows),
        "errors": [(s, c) for s, c in shown if c and c.status == Conversation.Status.ERROR],
    }


@dataclass(frozen=True, slots=True)
class _Beside:
    """What stands beside the verdicts, by conversation."""

    ratings: Mapping[int, Sequence[Rating]]
    calibrations: Mapping[str, Calibration]
    preferences: Mapping[int, Preference]
    spent: Mapping[int, cells.Spent]

    def reading(self, conversation: Conversation | None) -> cells.Reading:
        given = self.ratings.get(conversation.pk, ()) if conversation else ()
        return cells.Reading(tuple(given), self.calibrations)


def _beside(run: Run, conversations: list[int], verdicts: Mapping[int, Sequence[Verdict]]) -> _Beside:
    """Four statements, whatever the number of verdicts."""
    judges = {verdict.judge for each in verdicts.values() for verdict in each}
    return _Beside(
        ratings.ratings_of(conversations),
        ratings.calibrations(run.workspace, judges),
        {found.conversation_id: found for found in Preference.objects.filter(conversation__in=conversations)},
        _spent(conversations),
    )


def _spent(conversations: list[int]) -> dict[int, cells.Spent]:
    by_role = Step.objects.filter(conversation__in=conversations).values_list("conversation", "role")
    found: dict[int, dict[str, Any]] = defaultdict(dict)
    for pk, role, calls, tokens, cost in by_role.annotate(
        n=Count("pk"), out=Sum("output_tokens"), paid=Sum("cost")
    ).order_by():
        found[pk][role] = calls, tokens, cost or Decimal(0)
    nothing = 0, 0, Decimal(0)
    return {
        pk: cells.Spent(
            tokens=roles.get("assistant", nothing)[1],
            judge_calls=roles.get("judge", nothing)[0],
            judge_cost=roles.get("judge", nothing)[2],
            user_calls=roles.get("user", nothing)[0],
        )
        for pk, roles in found.items()
    }


def _samples(row: results.Row, position: int, current: int) -> list[dict[str, Any]]:
    return [
        {"number": cell.sample, "word": cell.word, "is_current": cell.sample == current}
        for cell in row.sides[position].cells
    ]


def _neighbours(
    request: MemberRequest, run: Run, rows: list[results.Row], scenario: str, candidate: int
) -> dict[str, Any]:
    """The cells before and after this one in the matrix's order: within its filter, else among those that differ."""
    lines = matrix.lines_of(rows, results.limits_of(run), candidate)
    show, limit = request.GET.get("show", ""), request.GET.get("limit", "")
    kept = [line.row.scenario for line in matrix.kept_lines(lines, show=show, limit=limit)]
    differing = [
        line.row.scenario for line in lines if line.is_difference or (not candidate and line.has("fail"))
    ]
    filtered = bool(show or limit) and scenario in kept
    order = (
        kept if filtered else differing if scenario in differing else [line.row.scenario for line in lines]
    )
    at = order.index(scenario)
    beside = "all" if request.GET.get("with") == "all" else candidate if candidate > 1 else ""
    chosen = {"with": beside, "show": show, "limit": limit}
    query = urlencode({name: value for name, value in chosen.items() if value})

    def address(index: int) -> str:
        if not 0 <= index < len(order):
            return ""
        path = reverse("trials:cell", args=[run.workspace.slug, run.number, order[index]])
        return f"{path}?{query}" if query else path

    return {
        "previous": address(at - 1),
        "next": address(at + 1),
        "among": _among(show, limit) if filtered else "differing" if scenario in differing else "all",
        "order_place": at + 1,
        "order_length": len(order),
        "matrix_query": query,
    }


def _among(show: str, limit: str) -> str:
    """What the cells are called that j and k go through."""
    title = matrix.FILTERS[show][0].lower() if show in matrix.FILTERS and show != "all" else "scenarios"
    return f"{title} about {limit}" if limit else title
