"""Asking the judge, and the page on which a workspace settles it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.db.models import Sum
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import trigger_client_event

from console.accounts.access import MemberRequest, member_view
from console.accounts.permissions import Action, can, require
from console.problems import DomainError, Invalid
from console.prompts.acknowledgements import acknowledge
from console.prompts.draft_pages import address, draft_for
from console.prompts.drafts import MAIN, check
from console.prompts.judge import ask, judged, rows_of
from console.prompts.judge_models import Judgement
from console.prompts.judge_settings import models_that_judge, settle, settled
from console.prompts.pages import prompt_for, revision_for
from console.provider.catalogue import Model
from console.provider.endpoints import endpoint_for
from console.provider.errors import ProviderError

SHOWN = 30  # judgements on the page


@member_view("POST")
def judge_draft(request: MemberRequest, slug: str, draft: str = MAIN) -> HttpResponseBase:
    """Have the draft judged as it is kept."""
    row = draft_for(request.member, slug, draft)
    checked = check(request.member.workspace, row.content)
    ask(prompt=row.prompt, checked=checked, member=request.member)
    if request.htmx:
        return trigger_client_event(HttpResponse(status=204), "judge-asked")
    return redirect(f"{address('compose', row)}#judge")


@member_view("POST")
def judge_revision(request: MemberRequest, slug: str, number: int) -> HttpResponseBase:
    """Have a revision judged under the policy in force; ``back`` is the page to return to."""
    prompt, revision = prompt_for(request.member, slug), revision_for(request.member, slug, number)
    ask(prompt=prompt, checked=check(request.member.workspace, revision.content), member=request.member)
    return redirect(f"{_back(request, slug, number)}#judge")


@member_view("POST")
def acknowledge_judged(request: MemberRequest, slug: str, number: int) -> HttpResponseBase:
    """Accept a warning of the judge about a revision: the draft may say something else by now."""
    prompt, revision = prompt_for(request.member, slug), revision_for(request.member, slug, number)
    require(request.member, Action.EDIT, prompt)
    said = judged(request.member.workspace, check(request.member.workspace, revision.content), prompt)
    row = next((row for row in rows_of(prompt, said) if row.key == request.POST.get("finding")), None)
    if row is None:
        raise Invalid("The judge does not say that of this revision.", "Open its page again.")
    reason = request.POST.get("reason", "")
    acknowledge(prompt=prompt, finding=row.finding, reason=reason, member=request.member)
    return redirect(f"{_back(request, slug, number)}#judge")


def _back(request: MemberRequest, slug: str, number: int) -> str:
    back = request.POST.get("back", "")
    inside = back.startswith(f"/w/{request.member.workspace.slug}/")
    if inside and url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        return back
    return reverse("prompts:revision", args=[request.member.workspace.slug, slug, number])


@member_view("GET", "POST")
def judge_settings(request: MemberRequest) -> HttpResponseBase:
    """What holds, what was judged and what it cost; an admin changes it."""
    problem: DomainError | None = None
    if request.method == "POST":
        try:
            form = settle(
                on=request.POST.get("on") == "on", model=request.POST.get("model", ""), member=request.member
            )
        except Invalid as error:
            problem = error
        else:
            said = f"{form.model} judges." if form.on else "The judge is switched off, and reviews say so."
            messages.success(request, f"{said} It is in the record.")
            return redirect("prompts:judge-settings", request.member.workspace.slug)
    return render(
        request, "prompts/judge.html", _context(request, problem), status=problem.status if problem else 200
    )


def _context(request: MemberRequest, problem: DomainError | None) -> dict[str, Any]:
    workspace = request.member.workspace
    endpoint, rows = endpoint_for(workspace), Judgement.objects.filter(workspace=workspace)
    since = datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    sums = rows.filter(asked_at__gte=since).aggregate(
        calls=Sum("calls", default=0), cost=Sum("cost", default=Decimal(0))
    )
    models: tuple[Model, ...] = ()
    unlisted = ""
    try:
        models = models_that_judge(workspace)
    except ProviderError as error:
        unlisted = str(error)
    return {
        "nav": "policy",
        "form": settled(workspace),
        "endpoint": endpoint,
        "models": models,
        "unlisted": unlisted,
        "month": sums,
        "judgements": rows.select_related("prompt", "asked_by").defer("subject")[:SHOWN],
        "may_settle": can(request.member, Action.SET_JUDGE),
        "problem": problem,
    }
