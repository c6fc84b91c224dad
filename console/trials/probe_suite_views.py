"""A suite from the policy's probes: what it would hold and why, and what keeping it would change."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render

from console.accounts.access import MemberRequest, member_view
from console.accounts.permissions import Action, can, require
from console.problems import Invalid
from console.prompts.models import Prompt
from console.prompts.pages import prompt_for
from console.trials import probe_suites
from console.trials.probe_suites import MovedOn
from console.trials.results import PURPOSES


@member_view("GET", "POST")
def suite(request: MemberRequest, slug: str) -> HttpResponseBase:
    """GET is the preview; POST keeps what was shown (``digest``)."""
    prompt = prompt_for(request.member, slug)
    if request.method != "POST":
        return _page(request, prompt)
    require(request.member, Action.EDIT_SUITE, prompt)
    try:
        version = probe_suites.keep(prompt=prompt, digest=request.POST.get("digest", ""), by=request.member)
    except (MovedOn, Invalid) as error:
        return _page(request, prompt, problem=f"{error.message} {error.what_to_do}", status=error.status)
    messages.success(request, f"Kept as {version.suite.title}, version {version.number}.")
    return redirect("trials:suite", request.member.workspace.slug, version.suite.slug)


def _page(request: MemberRequest, prompt: Prompt, *, problem: str = "", status: int = 200) -> HttpResponse:
    context: dict[str, Any] = {
        "nav": "prompts",
        "tab": "trials",
        "prompt": prompt,
        "problem": problem,
        "may_keep": can(request.member, Action.EDIT_SUITE, prompt),
    }
    try:
        made = probe_suites.generate(prompt)
    except Invalid as error:
        context["problem"] = problem or f"{error.message} {error.what_to_do}"
        return render(request, "trials/probe_suite.html", context, status=status)
    difference = probe_suites.changes(prompt, made)
    context |= {
        "made": made,
        "difference": difference,
        "added": probe_suites.titles(made.scenarios, difference.added),
        "changed": probe_suites.titles(made.scenarios, difference.changed),
        "removed": [
            (form["id"], form["title"])
            for form in (difference.version.scenarios if difference.version else ())
            if form["id"] in difference.removed
        ],
        "groups": _groups(made),
    }
    return render(request, "trials/probe_suite.html", context, status=status)


def _groups(made: probe_suites.Generated) -> list[tuple[str, list[Any]]]:
    return [
        (title, found)
        for purpose, title in PURPOSES.items()
        if (found := [scenario for scenario in made.scenarios if scenario.purpose == purpose])
    ]
