"""The page of a review, and what people do on it."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from console import live
from console.accounts.access import MemberRequest, member_view
from console.accounts.mfa import fresh_factor
from console.accounts.permissions import Action, can, require
from console.htmx import render_region
from console.notifications.services import bell
from console.problems import DomainError, Invalid
from console.prompts.pages import prompt_for
from console.reviews import assigning, services, threads
from console.reviews.ground import read_ground
from console.reviews.mentions import people
from console.reviews.models import Decision, Review, Thread
from console.reviews.pages import comment_for, review_for, thread_for
from console.reviews.queue import is_overdue
from console.reviews.reading import Reading
from console.reviews.services import topic
from console.reviews.standing import Standing, standing
from console.reviews.suggestions import apply_suggestion
from console.reviews.voices import refusal
from console.trials.models import Run

REGIONS = ("reading", "state", "findings", "decide-word")


@member_view("GET")
def review(request: MemberRequest, number: int) -> HttpResponse:
    return _page(request, review_for(request.member, number), writing=request.GET.get("comment"))


@member_view("GET")
def events(request: MemberRequest, number: int) -> HttpResponseBase:
    return live.stream(topic(review_for(request.member, number)), bell(request.member))


@member_view("POST")
@fresh_factor
def decide(request: MemberRequest, number: int) -> HttpResponseBase:
    """What was typed comes back when it cannot be taken: with what changed, and the ground of now."""
    shown = review_for(request.member, number)
    require(request.member, Action.DECIDE)
    word, reason = request.POST.get("word", ""), request.POST.get("reason", "")
    try:
        ground = read_ground(request.POST)
        services.decide(review=shown, word=word, reason=reason, shown=ground, member=request.member)
    except DomainError as error:
        fresh = review_for(request.member, number)
        return _page(request, fresh, reason=reason, problem=error, status=error.status)
    said = "You approved it." if word == Decision.Word.APPROVE else "You asked for changes."
    messages.success(request, f"{said} It is in the record.")
    return redirect("reviews:review", request.member.workspace.slug, number)


@member_view("POST")
def withdraw(request: MemberRequest, number: int) -> HttpResponseBase:
    services.withdraw(review=review_for(request.member, number), member=request.member)
    messages.success(request, f"Review {number} is withdrawn.")
    return redirect("reviews:review", request.member.workspace.slug, number)


@member_view("POST")
def evidence(request: MemberRequest, number: int) -> HttpResponseBase:
    """Name exactly the ticked runs as evidence."""
    numbers = [int(text) for text in request.POST.getlist("run") if text.isdecimal()]
    runs = Run.objects.filter(workspace=request.member.workspace_id, number__in=numbers)
    services.set_evidence(review=review_for(request.member, number), runs=runs, member=request.member)
    messages.success(request, "The evidence is named. Approvals on the former one are stale.")
    return redirect(f"{_address(request, number)}#evidence")


@member_view("POST")
def open_thread(request: MemberRequest, number: int) -> HttpResponseBase:
    shown = review_for(request.member, number)
    thread = threads.open_thread(
        review=shown,
        anchor=request.POST.get("anchor", ""),
        text=request.POST.get("text", ""),
        member=request.member,
        suggestion=request.POST.get("suggestion"),
    )
    return _said(request, thread)


@member_view("POST")
def apply(request: MemberRequest, number: int, pk: int) -> HttpResponseBase:
    """Put suggested words into the draft."""
    comment = comment_for(request.member, number, pk)
    draft = apply_suggestion(comment=comment, member=request.member)
    where = "the draft" if draft.is_main else f"the proposal {draft.name}"
    messages.success(request, f"The words are in {where}, as version {draft.version}.")
    return redirect(f"{_address(request, number)}#thread-{comment.thread_id}")


@member_view("GET", "POST")
def ask_people(request: MemberRequest, number: int) -> HttpResponseBase:
    """Of whom it is asked, and until when; and the page that asks."""
    shown = review_for(request.member, number)
    if request.method == "GET":
        return _asking(request, shown)
    review = assigning.assign(
        review=shown,
        logins=request.POST.getlist("asked"),
        due=_day(request.POST.get("due", "")),
        member=request.member,
    )
    asked = ", ".join(row.user.shown_name for row in review.assignments.select_related("user"))
    messages.success(request, f"Asked of {asked or 'everybody who may decide'}.")
    return redirect("reviews:review", request.member.workspace.slug, number)


def _asking(request: MemberRequest, shown: Review) -> HttpResponse:
    require(request.member, Action.COMMENT, shown)
    asked = {row.user_id for row in shown.assignments.all()}
    context = {
        "nav": "prompts",
        "tab": "reviews",
        "prompt": prompt_for(request.member, shown.prompt.slug),
        "review": shown,
        "asked_ids": asked,
        "is_asked": request.member.user_id in asked,
        "assignable": assigning.assignable(shown) if shown.is_open else [],
    }
    return render(request, "reviews/asking.html", context)


@member_view("POST")
def hand_over(request: MemberRequest, number: int) -> HttpResponseBase:
    login = request.POST.get("to", "")
    assigning.hand_over(review=review_for(request.member, number), login=login, member=request.member)
    messages.success(request, "Handed over.")
    return redirect("reviews:review", request.member.workspace.slug, number)


@member_view("GET")
def people_json(request: MemberRequest) -> HttpResponse:
    """Members whose login or name holds ``q``: what an @ completes."""
    return JsonResponse({"people": people(request.member, request.GET.get("q", "")[:100])})


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid(f"“{text[:20]}” is no day.", "Write it as 2026-12-31.") from None


@member_view("POST")
def reply(request: MemberRequest, number: int, pk: int) -> HttpResponseBase:
    """``do`` may resolve the thread with the reply, or without one."""
    thread = thread_for(request.member, number, pk)
    text, do = request.POST.get("text", ""), request.POST.get("do", "reply")
    if do == "reopen":
        threads.reopen(thread=thread, member=request.member)
    elif text.strip() or do == "reply":
        threads.reply(thread=thread, text=text, member=request.member)
    if do == "resolve":
        threads.resolve(thread=thread, member=request.member)
    return _said(request, thread)


def _said(request: MemberRequest, thread: Thread) -> HttpResponseBase:
    """The page with the thread in it: as a region where htmx asked, else by its address."""
    if request.htmx:
        return _page(request, review_for(request.member, thread.review.number))
    show = request.GET.get("show", "")
    query = f"?show={show}" if show in ("all", "compiled") else ""
    return redirect(f"{_address(request, thread.review.number)}{query}#thread-{thread.pk}")


def _address(request: MemberRequest, number: int) -> str:
    return reverse("reviews:review", args=[request.member.workspace.slug, number])


def _page(
    request: MemberRequest,
    shown: Review,
    *,
    writing: str | None = None,
    reason: str = "",
    problem: DomainError | None = None,
    status: int = 200,
) -> HttpResponse:
    now = standing(shown)
    show = request.GET.get("show", "")
    address = _address(request, shown.number)
    context: dict[str, Any] = {
        "nav": "prompts",
        "tab": "reviews",
        "prompt": prompt_for(request.member, shown.prompt.slug),
        "review": shown,
        "address": address,
        "standing": now,
        "reading": Reading(now, show=show, writing=writing),
        "show": show,
        "writing": writing,
        "reason": reason,
        "problem": problem,
        **_may(request, now),
    }
    if context["may_comment"]:
        context["comment_url"] = f"{address}?{'show=all&' if show == 'all' else ''}comment="
    return render_region(request, "reviews/review.html", context, regions=REGIONS, status=status)


def _may(request: MemberRequest, now: Standing) -> dict[str, Any]:
    """What this member may do here, with the sentence where not."""
    shown, member = now.review, request.member
    decides = can(member, Action.DECIDE)
    mine = next((voice for voice in now.voices if voice.decision.by_id == member.user_id), None)
    return {
        "may_comment": shown.is_open and can(member, Action.COMMENT, shown),
        "may_decide": shown.is_open and decides,
        "refused": refusal(member, shown, now.authors) if decides else "",
        "my_word": mine,
        "may_withdraw": shown.is_open and can(member, Action.REQUEST_REVIEW, shown),
        "may_release": shown.is_open and not now.unmet and can(member, Action.RELEASE, shown),
        "is_author": member.user_id in now.authors,
        "may_edit": shown.is_open and can(member, Action.EDIT, shown.prompt),
        "assignments": list(shown.assignments.select_related("user")),
        "overdue": is_overdue(shown),
    }
