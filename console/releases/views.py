"""Releases of a prompt: what is out under which label, what it does, and how to take it away."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render

from console.accounts.access import MemberRequest, member_view
from console.accounts.mfa import fresh_factor
from console.accounts.permissions import Action, can, require
from console.problems import Invalid
from console.prompts.drafts import draft_of
from console.prompts.moved_snippets import moved_of
from console.prompts.pages import prompt_for
from console.releases import drift_page, exporting, pages
from console.releases.exports import FORMATS
from console.releases.exports.card import card_of
from console.releases.labels import move_label
from console.releases.models import Release
from console.releases.services import BREAKABLE, create_release
from console.reviews.models import Review
from console.reviews.standing import standing

SHOWN = ("python", "json", "yaml")  # shown on the page; the others are a download away


@member_view("GET")
def releases(request: MemberRequest, slug: str) -> HttpResponse:
    """The newest release's page, with all others in its history; an empty state before there is one."""
    prompt = prompt_for(request.member, slug)
    newest = pages.releases_of(prompt).first()
    if newest is None:
        return render(request, "releases/empty.html", {"nav": "prompts", "tab": "releases", "prompt": prompt})
    return _page(request, pages.release_for(request.member, prompt, newest.number))


@member_view("GET")
def release(request: MemberRequest, slug: str, number: int) -> HttpResponse:
    prompt = prompt_for(request.member, slug)
    return _page(request, pages.release_for(request.member, prompt, number))


def _page(request: MemberRequest, release: Release) -> HttpResponse:
    labels = pages.label_rows(release.prompt)
    may_move = can(request.member, Action.MOVE_LABEL, release)
    labels = pages.with_reach(labels, request.member) if may_move else labels
    label = next((row.label.name for row in labels if row.label.release_id == release.pk), "")
    shown = request.GET.get("format", SHOWN[0])
    out = exporting.exported(release, label or f"release-{release.number}")
    context: dict[str, Any] = {
        "nav": "prompts",
        "tab": "releases",
        "prompt": release.prompt,
        "release": release,
        "predicate": pages.predicate_of(release),
        "labels": labels,
        "label": label,
        "moves": pages.label_moves(release.prompt)[:50],
        "retired": list(pages.retired_labels(release.prompt)),
        "planned": list(pages.planned_moves(release.prompt)),
        "shares": list(pages.shares(release.prompt)),
        "past_shares": list(pages.past_shares(release.prompt)[:20]),
        "past_plans": list(pages.past_plans(release.prompt)[:20]),
        "keys": pages.keys_of(release),
        "others": pages.releases_of(release.prompt)[:50],
        "card": card_of(out),
        "formats": list(FORMATS),
        "shown": shown if shown in FORMATS else SHOWN[0],
        "snippet": FORMATS[shown if shown in FORMATS else SHOWN[0]].render(out),
        "moved": moved_of(request.member.workspace, release.revision) if label else (),
        "draft": draft_of(release.prompt) if can(request.member, Action.EDIT, release.prompt) else None,
        "release_name": str(release.number),
        "alarm": drift_page.alarm_of(release),
        "may_release": can(request.member, Action.RELEASE, release),
        "may_move": may_move,
    }
    return render(request, "releases/release.html", context)


@member_view("POST")
def export(request: MemberRequest, slug: str, number: int, format: str) -> HttpResponse:
    """A file of the release. A post, since that it left is recorded."""
    require(request.member, Action.EXPORT)
    prompt = prompt_for(request.member, slug)
    row = pages.release_for(request.member, prompt, number)
    chosen = exporting.format_named(format)
    label = row.labels.order_by("name").values_list("name", flat=True).first()
    if label is None:
        raise Invalid(
            f"No label points to release {row.number} any more.",
            "Move a label to it, then export what it names.",
        )
    text = exporting.export(release=row, label=label, format=chosen, actor=request.member.actor)
    response = HttpResponse(text, content_type=f"{chosen.media_type}; charset=utf-8")
    name = f"{prompt.slug}-{row.number}.{chosen.extension}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


@member_view("POST")
@fresh_factor
def move(request: MemberRequest, slug: str, number: int) -> HttpResponseBase:
    """Point a label at this release; a roll-back is the same with an older one."""
    prompt = prompt_for(request.member, slug)
    row = pages.release_for(request.member, prompt, number)
    require(request.member, Action.MOVE_LABEL, row)
    seen = request.POST.get("seen", "")
    label = move_label(
        release=row,
        name=request.POST.get("label", "").strip(),
        member=request.member,
        reason=request.POST.get("reason", ""),
        seen=int(seen) if seen.isdecimal() else None,
    )
    messages.success(request, f"{label.name} points to release {row.number} now.")
    return redirect("releases:release", request.member.workspace.slug, slug, row.number)


@member_view("GET", "POST")
@fresh_factor
def create(request: MemberRequest, number: int) -> HttpResponseBase:
    """The page that asks before a reviewed revision goes out, and names what it replaces."""
    member = request.member
    review = get_object_or_404(
        Review.objects.select_related("workspace", "prompt", "revision__prompt", "requested_by"),
        workspace=member.workspace_id,
        number=number,
    )
    if request.method == "POST":
        out = create_release(
            review=review,
            member=member,
            reason=request.POST.get("reason", ""),
            break_glass=bool(request.POST.get("break_glass")),
        )
        messages.success(request, f"Release {out.number} is out as {review.label}.")
        return redirect("releases:release", member.workspace.slug, review.prompt.slug, out.number)
    prompt = prompt_for(member, review.prompt.slug)
    context = {
        "nav": "prompts",
        "tab": "releases",
        "prompt": prompt,
        "review": review,
        "standing": (now := standing(review)),
        "may_break": all(line.kind in BREAKABLE for line in now.unmet),
        "included_by": pages.included_by(prompt, review.label),
        "replaced": next((row for row in pages.label_rows(prompt) if row.label.name == review.label), None),
        "may_release": can(member, Action.RELEASE, review),
    }
    return render(request, "releases/create.html", context)
