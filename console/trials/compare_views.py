"""Any two runs of a suite beside each other."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from console.accounts.access import MemberRequest, member_view
from console.prompts.pages import prompt_for
from console.trials import comparing, matrix, results
from console.trials.pages import run_for


@member_view("GET")
def compare(request: MemberRequest, number: int, other: int) -> HttpResponse:
    """``a`` and ``b``: which subject of each; ``show``, ``q``, ``limit``, ``page`` as on a run's matrix."""
    first, second = run_for(request.member, number), run_for(request.member, other)
    one, two = comparing.ends(first, second, request.GET.dict())
    found = comparing.compared(one, two)
    lines = matrix.lines_of(found.rows, found.limits, 1)
    context = {
        "nav": "prompts",
        "tab": "trials",
        "prompt": prompt_for(request.member, second.prompt.slug) if second.prompt else None,
        "one": one,
        "two": two,
        "found": found,
        "regressions": results.regressions_in(found.result, one.label, two.label) if found.result else [],
        "others": comparing.others(second),
        "matrix": matrix.matrix(
            lines,
            show=request.GET.get("show", "all"),
            query=request.GET.get("q", ""),
            page=request.GET.get("page", 1),
            candidate_label=two.label,
            limit=request.GET.get("limit", ""),
        ),
        "query": request.GET.get("q", ""),
    }
    return render(request, "trials/compare.html", context)
