"""Which reviews there are: those that need somebody, of the workspace and of a prompt; and asking for one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render

from console.accounts.access import MemberRequest, member_view
from console.accounts.models import Membership
from console.accounts.permissions import Action, require
from console.governance.services import governance_of
from console.htmx import render_region
from console.problems import DomainError
from console.prompts.models import PRODUCTION
from console.prompts.moved_snippets import live_behind
from console.prompts.pages import prompt_for, revision_for
from console.reviews.assigning import reviewers_for
from console.reviews.evidence import evidence_for
from console.reviews.forms import RequestForm
from console.reviews.models import Review
from console.reviews.queue import entries, open_entries, reviews_of
from console.reviews.services import AskedAlready
from console.reviews.standing import Change, change_of, current_target, lines_of
from policies import Severity

PAGE = 30
SHOWS = {
    "needs": "Need you",
    "release": "To release",
    "mine": "Yours",
    "open": "All open",
    "done": "Over",
}


@member_view("GET")
def queue(request: MemberRequest) -> HttpResponse:
    """Everything of the workspace: what waits for me first."""
    waiting = open_entries(request.member)
    lists = {
        "needs": [entry for entry in waiting if entry.needs],
        "release": [entry for entry in waiting if entry.ready],
        "mine": [entry for entry in waiting if entry.mine],
        "open": waiting,
    }
    done = _over(reviews_of(request.member))
    show = request.GET.get("show", "needs" if lists["needs"] else "open")
    show = show if show in SHOWS else "open"
    page = Paginator(done if show == "done" else lists[show], PAGE).get_page(request.GET.get("page"))
    context = {
        "nav": "home",
        "page": page,
        "entries": entries(page, request.member) if show == "done" else list(page),  # type: ignore[arg-type]
        "show": show,
        "behind": live_behind(request.member.workspace) if show == "release" else (),
        "switches": [
            (name, title, len(lists[name]) if name in lists else done.count())
            for name, title in SHOWS.items()
        ],
    }
    return render(request, "reviews/queue.html", context)


@member_view("GET")
def of_prompt(request: MemberRequest, slug: str) -> HttpResponse:
    """The reviews of one prompt, newest first."""
    prompt = prompt_for(request.member, slug)
    page = Paginator(reviews_of(request.member).filter(prompt=prompt).order_by("-number"), PAGE).get_page(
        request.GET.get("page")
    )
    context = {
        "nav": "prompts",
        "tab": "reviews",
        "prompt": prompt,
        "page": page,
        "entries": entries(page, request.member),
    }
    return render(request, "reviews/of_prompt.html", context)


def _over(reviews: QuerySet[Review]) -> QuerySet[Review]:
    return reviews.exclude(status__in=Review.UNDECIDED).order_by("-closed_at", "-number")


@member_view("GET", "POST")
def request_page(request: MemberRequest, slug: str, number: int) -> HttpResponseBase:
    """What would change, what that needs, and the form that asks for it."""
    prompt, revision = prompt_for(request.member, slug), revision_for(request.member, slug, number)
    revision.prompt = prompt
    require(request.member, Action.REQUEST_REVIEW, prompt)
    workspace = request.member.workspace
    evidence = evidence_for(revision, workspace, governance_of(workspace))
    form = RequestForm(request.POST or None, revision=revision, evidence=evidence)
    if request.method == "POST" and form.is_valid():
        try:
            review = form.send(request.member)
        except AskedAlready as error:
            return redirect("reviews:review", request.member.workspace.slug, error.review.number)
        except DomainError as error:
            form.add_error(None, f"{error.message} {error.what_to_do}".strip())
        else:
            return redirect("reviews:review", request.member.workspace.slug, review.number)
    change = change_of(revision, current_target(prompt, _label(form)), request.member.workspace)
    context = _request_context(form, change, request.member)
    status = 422 if request.method == "POST" else 200
    page = {"prompt": prompt, "revision": revision, **context}
    return render_region(request, "reviews/request.html", page, regions=("needs",), status=status)


def _label(form: RequestForm) -> str:
    return str(form.data.get("label", PRODUCTION)) if form.is_bound else PRODUCTION


def _request_context(form: RequestForm, change: Change, member: Membership) -> dict[str, Any]:
    chosen = tuple(
        replace(item, chosen=item.run.number in form.chosen and not item.excluded) for item in form.evidence
    )
    findings = change.checked.verdict.findings
    return {
        "nav": "prompts",
        "tab": "reviews",
        "form": form,
        "change": change,
        "runs": chosen,
        "lines": lines_of(change, chosen),
        "reviewers": reviewers_for(change.revision, member),
        "blocking": [finding for finding in findings if finding.severity is Severity.BLOCK],
    }
