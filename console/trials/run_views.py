"""The runs of a prompt, starting one, and its matrix."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render

from console import live
from console.accounts.access import MemberRequest, member_view
from console.accounts.permissions import Action, can, require
from console.htmx import render_region
from console.notifications.services import bell
from console.problems import DomainError
from console.prompts.pages import prompt_for
from console.trials import comparing, exports, failures, matrix, progress, quality_page, results, runs
from console.trials.batches.shown import shown_batches
from console.trials.forms import RunForm
from console.trials.judge_panel import judge_panel
from console.trials.models import Run, Subject
from console.trials.pages import run_for
from console.trials.suite_csv import BOM

MOST_RUNS = 100
MOST_NAMED = 12  # flaky scenarios, kinds of failure, other runs


@member_view("GET")
def run_list(request: MemberRequest, slug: str) -> HttpResponse:
    prompt = prompt_for(request.member, slug)
    found = prompt.runs.select_related("suite_version__suite", "created_by").prefetch_related(
        Prefetch("subjects", Subject.objects.order_by("position").defer("params", "tools", "variables"))
    )
    context = {"nav": "prompts", "tab": "trials", "prompt": prompt, "runs": found[:MOST_RUNS]}
    return render(request, "trials/list.html", context)


@member_view("GET", "POST")
def new_run(request: MemberRequest, slug: str) -> HttpResponseBase:
    """GET with values shows what the run would take; POST starts it."""
    require(request.member, Action.RUN)
    prompt = prompt_for(request.member, slug)
    form = RunForm(request.POST or request.GET or None, prompt=prompt, workspace=request.member.workspace)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                started = form.start(by=request.member)
            except DomainError as error:
                form.add_error(None, f"{error.message} {error.what_to_do}")
            else:
                return redirect("trials:run", request.member.workspace.slug, started.number)
        status = 422
    estimate = form.estimate() if form.is_bound else None
    context = {
        "nav": "prompts",
        "tab": "trials",
        "prompt": prompt,
        "form": form,
        "estimate": estimate,
        "budget_warning": form.budget_warning(estimate),
    }
    return render_region(
        request,
        "trials/new.html",
        context,
        regions=("estimate", "model-field", "economy-field"),
        status=status,
    )


@member_view("GET")
def run(request: MemberRequest, number: int) -> HttpResponse:
    shown = run_for(request.member, number)
    context = {
        "nav": "prompts",
        "tab": "trials",
        "run": shown,
        "prompt": prompt_for(request.member, shown.prompt.slug) if shown.prompt else None,
        "may_cancel": shown.status == Run.Status.RUNNING and can(request.member, Action.RUN, shown),
        **_matrix_context(request, shown),
    }
    return render_region(request, "trials/run.html", context, regions=("run-body",))


def _matrix_context(request: MemberRequest, shown: Run) -> dict[str, Any]:
    subjects = list(shown.subjects.select_related("revision").defer("params", "tools", "variables"))
    candidate = _candidate(request, subjects)
    rows, limits = results.rows_of(shown), results.limits_of(shown)
    lines = matrix.lines_of(rows, limits, candidate)
    so_far = progress.progress_of(shown)
    return {
        "subjects": subjects,
        "baseline": subjects[0],
        "candidate": subjects[candidate] if candidate else None,
        "columns": 4 + 2 * len(subjects),
        "matrix": matrix.matrix(
            lines,
            show=request.GET.get("show", "all"),
            query=request.GET.get("q", ""),
            page=request.GET.get("page", 1),
            candidate_label=subjects[candidate].label,
            limit=request.GET.get("limit", ""),
        ),
        "query": request.GET.get("q", ""),
        "progress": so_far,
        "figures": progress.figures_of(shown, so_far),
        "batches": shown_batches(shown) if shown.economy else [],
        "rates": _rates(rows, candidate),
        "limits": _limits(limits, candidate),
        "measures": quality_page.figures_of(shown, candidate),
        "comparison": _comparison(shown, candidate),
        "judge": judge_panel(shown, _comparison(shown, candidate)),
        "may_rate": can(request.member, Action.RATE, shown),
        "flaky": results.flaky_of(rows, candidate)[:MOST_NAMED],
        "failures": failures.failures_of(shown, candidate)[:MOST_NAMED],
        "others": comparing.others(shown),
        "regressions": _regressions(shown, candidate),
    }


def _candidate(request: MemberRequest, subjects: list[Subject]) -> int:
    """The position that is compared with the baseline; 0 when there is only one."""
    given = request.GET.get("with", "")
    position = int(given) if given.isdecimal() and len(given) < 3 else 1
    return position if 0 < position < len(subjects) else min(1, len(subjects) - 1)


def _rates(rows: list[results.Row], candidate: int) -> list[dict[str, Any]]:
    """One line a group and one over all: the candidate's rate, and the baseline's value beside it."""
    now = results.rates_of(rows, candidate)
    before = results.rates_of(rows, 0) if candidate else {}
    return [
        {
            "group": group or "All",
            "is_total": not group,
            "now": now[group],
            "old": before[group].value if group in before else None,
        }
        for group in sorted(now, key=lambda group: (not group, group))
    ]


def _limits(limits: dict[int, dict[str, results.LimitCount]], candidate: int) -> list[dict[str, Any]]:
    now, before = limits.get(candidate, {}), limits.get(0, {}) if candidate else {}
    return [{"limit": limit, "now": count, "old": before.get(limit)} for limit, count in now.items()]


def _comparison(shown: Run, candidate: int) -> dict[str, Any] | None:
    if not shown.result or not candidate:
        return None
    return next((c for c in shown.result["comparisons"] if c["position"] == candidate), None)


def _regressions(shown: Run, candidate: int) -> list[str]:
    """Of the comparison that is shown alone: those of other revisions stand where these are chosen."""
    comparison = _comparison(shown, candidate)
    labels = [subject["label"] for subject in shown.result["subjects"]] if shown.result else []
    return results.regressions_in(comparison, labels[0], labels[candidate]) if comparison else []


@member_view("POST")
def cancel(request: MemberRequest, number: int) -> HttpResponse:
    shown = run_for(request.member, number)
    runs.cancel_run(run=shown, by=request.member)
    return redirect("trials:run", request.member.workspace.slug, number)


@member_view("GET")
def events(request: MemberRequest, number: int) -> HttpResponseBase:
    return live.stream(f"run:{run_for(request.member, number).pk}", bell(request.member))


@member_view("GET")
def report(request: MemberRequest, number: int, format: str) -> HttpResponseBase:
    """The run as a file for people and other programs."""
    shown = run_for(request.member, number)
    if format not in exports.FORMATS:
        raise Http404
    chosen = exports.FORMATS[format]
    body = (BOM if format == "csv" else "") + "".join(chosen.write(shown))
    response = HttpResponse(body, content_type=f"{chosen.media_type}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="run-{shown.number}.{format}"'
    return response
