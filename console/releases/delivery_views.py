"""How a release reaches applications: a label moved now or later, a share of its fetches, and what verifies it."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from console.accounts.access import MemberRequest, member_view
from console.accounts.mfa import fresh_factor
from console.accounts.permissions import Action, can, require
from console.problems import Invalid
from console.prompts.pages import prompt_for
from console.releases import pages
from console.releases.checkpoints import line_of
from console.releases.keys import listed
from console.releases.labels import check_name, move_action, protect_label, require_move
from console.releases.models import Checkpoint, Label, PlannedMove, Release
from console.releases.planning import cancel_move, plan_move
from console.releases.retiring import retire_label
from console.releases.shares import end_share, set_share
from console.releases.validity import why_not


@member_view("GET")
def point(request: MemberRequest, slug: str, number: int, name: str) -> HttpResponse:
    """What a label points to and what it would point to: the ways to get there."""
    release = _release(request, slug, number)
    check_name(name)
    rows = pages.label_rows(release.prompt)
    row = next((row for row in rows if row.label.name == name), None)
    action = move_action(release.prompt, row.label if row else None, name)
    context = {
        "nav": "prompts",
        "tab": "releases",
        "prompt": release.prompt,
        "release": release,
        "name": name,
        "row": row,
        "retired": pages.retired_labels(release.prompt).filter(name=name).first(),
        "included_by": pages.included_by(release.prompt, name),
        "planned": pages.planned_moves(release.prompt).filter(name=name).first(),
        "share": pages.shares(release.prompt).filter(name=name).first(),
        "problem": why_not(release),
        "may": can(request.member, action, release),
        "protected": action is Action.MOVE_PROTECTED,
        "now": timezone.localtime(),
    }
    return render(request, "releases/point.html", context)


@member_view("POST")
@fresh_factor
def plan(request: MemberRequest, slug: str, number: int, name: str) -> HttpResponseBase:
    release = _release(request, slug, number)
    _may_move(request, release, name)
    planned = plan_move(
        release=release,
        name=name,
        at=_moment(request.POST.get("at", "")),
        member=request.member,
        reason=request.POST.get("reason", ""),
    )
    at = timezone.localtime(planned.at)
    messages.success(request, f"{name} moves to release {number} on {at:%-d %B %Y at %H:%M}.")
    return redirect("releases:release", request.member.workspace.slug, slug, number)


@member_view("POST")
@fresh_factor
def cancel(request: MemberRequest, slug: str, pk: int) -> HttpResponseBase:
    planned = get_object_or_404(PlannedMove, pk=pk, prompt=prompt_for(request.member, slug))
    cancel_move(planned=planned, member=request.member)
    messages.success(request, f"The move of {planned.name} is cancelled.")
    return redirect("releases:list", request.member.workspace.slug, slug)


@member_view("POST")
@fresh_factor
def share(request: MemberRequest, slug: str, number: int, name: str) -> HttpResponseBase:
    release = _release(request, slug, number)
    _may_move(request, release, name)
    seen, percent = request.POST.get("seen", ""), request.POST.get("percent", "")
    made = set_share(
        release=release,
        name=name,
        percent=int(percent) if percent.isdecimal() and len(percent) < 4 else 0,
        member=request.member,
        reason=request.POST.get("reason", ""),
        seen=int(seen) if seen.isdecimal() else None,
    )
    messages.success(request, f"{made.percent} % of the fetches of {name} get release {number} now.")
    return redirect("releases:release", request.member.workspace.slug, slug, number)


@member_view("POST")
@fresh_factor
def end(request: MemberRequest, slug: str, name: str) -> HttpResponseBase:
    end_share(prompt=prompt_for(request.member, slug), name=name, member=request.member)
    messages.success(request, f"Every fetch of {name} gets what the label points to.")
    return redirect("releases:list", request.member.workspace.slug, slug)


@member_view("GET")
def choose(request: MemberRequest, slug: str, number: int) -> HttpResponseBase:
    """From a typed name to the page of what it points to."""
    release, name = _release(request, slug, number), request.GET.get("label", "").strip()
    check_name(name)
    return redirect("releases:point", request.member.workspace.slug, slug, release.number, name)


@member_view("POST")
@fresh_factor
def protect(request: MemberRequest, slug: str, name: str) -> HttpResponseBase:
    protected = request.POST.get("protected") == "on"
    prompt = prompt_for(request.member, slug)
    protect_label(prompt=prompt, name=name, protected=protected, member=request.member)
    who = "only an approver moves it" if protected else "authors may move it too"
    messages.success(request, f"{name} is {'protected' if protected else 'not protected'} now: {who}.")
    return redirect("releases:list", request.member.workspace.slug, slug)


@member_view("POST")
@fresh_factor
def retire(request: MemberRequest, slug: str, name: str) -> HttpResponseBase:
    seen = request.POST.get("seen", "")
    before = retire_label(
        prompt=prompt_for(request.member, slug),
        name=name,
        member=request.member,
        reason=request.POST.get("reason", ""),
        seen=int(seen) if seen.isdecimal() else None,
    )
    messages.success(request, f"{name} is retired: whoever fetches {slug}@{name} is told that it is gone.")
    return redirect("releases:release", request.member.workspace.slug, slug, before.number)


@member_view("GET")
def keys(request: MemberRequest) -> HttpResponse:
    """The public keys of this installation, with those that are revoked: what verifiers take."""
    response = JsonResponse(listed(), safe=False, json_dumps_params={"indent": 2})
    response["Content-Disposition"] = 'attachment; filename="remit-keys.json"'
    return response


@member_view("GET")
def checkpoints_file(request: MemberRequest) -> HttpResponse:
    """What was signed of this workspace's audit, to be kept outside."""
    require(request.member, Action.READ_AUDIT)
    rows = Checkpoint.objects.filter(chain=request.member.workspace.chain).order_by("count")
    response = HttpResponse("".join(f"{line_of(row)}\n" for row in rows), content_type="application/jsonl")
    response["Content-Disposition"] = 'attachment; filename="remit-checkpoints.jsonl"'
    return response


def _may_move(request: MemberRequest, release: Release, name: str) -> None:
    """Before anything is said of the form. Raises NotAllowed, Invalid (the name)."""
    check_name(name)
    require_move(
        request.member, Label.objects.filter(prompt=release.prompt, name=name).first(), name, release
    )


def _release(request: MemberRequest, slug: str, number: int) -> Release:
    return pages.release_for(request.member, prompt_for(request.member, slug), number)


def _moment(text: str) -> datetime:
    """A time as the browser's field gives it, in the time zone of the console."""
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None:
        raise Invalid(f"“{text[:30]}” is no time.", "Write it as 2026-12-31T09:00.")
    return timezone.make_aware(found) if timezone.is_naive(found) else found
