"""Another version of the policy, or narrower bounds: see what it would change, then put it in force."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render

from console.accounts.access import MemberRequest, member_view
from console.accounts.models import Workspace
from console.accounts.permissions import Action, can, require
from console.governance import bounds_form, bounds_page
from console.governance.models import PublishedPack
from console.governance.packs import refs
from console.governance.services import in_force, pack_in_force
from console.htmx import render_region
from console.problems import DomainError, NotAllowed
from console.releases import impact
from console.releases.impact_models import Impact
from console.releases.impact_page import page_of
from console.releases.usage import uses_of
from policies import Pack, PackRef


@member_view("GET")
def versions(request: MemberRequest) -> HttpResponse:
    """The installed policies, which one holds, and what was counted before."""
    workspace = request.member.workspace
    context = {
        "nav": "policy",
        "pack": (pack := pack_in_force(workspace)),
        "since": in_force(workspace),
        "packs": (listed := _packs(workspace, pack)),
        "replaced": sum(str(ref) == pack.ref for ref, _ in listed) > 1,
        "history": workspace.policies.select_related("by")[:20],
        "impacts": workspace.impacts.select_related("by")[:20],
        "may_switch": can(request.member, Action.SWITCH_PACK),
        "may_publish": can(request.member, Action.PUBLISH_PACK),
    }
    return render(request, "releases/versions.html", context)


def _packs(workspace: Workspace, now: Pack) -> list[tuple[PackRef, PublishedPack | None]]:
    """All policies that can be put in force, each of the workspace's own with who published it, and the one that is.

    That one is kept, whatever a later release of this program calls by its name.
    """
    own = {str(row): row for row in workspace.packs.select_related("by").defer("source")}
    listed = [(ref, own.get(str(ref))) for ref in refs(workspace)]
    if all(ref.digest != now.digest for ref, _ in listed):
        listed.insert(0, (PackRef(now.name, now.version, now.title, now.digest), None))
    return listed


@member_view("POST")
def compare_policy(request: MemberRequest) -> HttpResponseBase:
    started = impact.start_policy(
        member=request.member, ref=request.POST.get("to", ""), reason=request.POST.get("reason", "")
    )
    return redirect("releases:impact", request.member.workspace.slug, started.number)


@member_view("GET")
def used(request: MemberRequest, rule: str) -> HttpResponse:
    """The drafts and live releases that move a behaviour, or have findings for a rule."""
    pack = pack_in_force(request.member.workspace)
    subject = pack.rule(rule) or pack.behavior(rule)
    if subject is None:
        raise Http404
    context = {"nav": "policy", "subject": subject, "uses": uses_of(request.member, rule)}
    return render_region(request, "releases/used.html", context, regions=("used",))


@member_view("POST")
def preview_bounds(request: MemberRequest) -> HttpResponseBase:
    member = request.member
    require(member, Action.SET_BOUNDS)
    try:
        bounds = bounds_form.parse(request.POST, pack_in_force(member.workspace))
        started = impact.start_bounds(member=member, bounds=bounds, reason=request.POST.get("reason", ""))
    except NotAllowed:
        raise
    except DomainError as problem:
        context = bounds_page.context(member, request.POST, problem)
        return render(request, "governance/bounds.html", context, status=problem.status)
    return redirect("releases:impact", member.workspace.slug, started.number)


@member_view("GET")
def show(request: MemberRequest, number: int) -> HttpResponse:
    counted = _impact(request, number)
    action = Action.SWITCH_PACK if counted.kind == Impact.Kind.POLICY else Action.SET_BOUNDS
    context = {
        "nav": "policy" if counted.kind == Impact.Kind.POLICY else "bounds",
        "impact": counted,
        "page": page_of(counted),
        "may_put": can(request.member, action),
    }
    return render_region(request, "releases/impact.html", context, regions=("impact-body",))


@member_view("POST")
def put(request: MemberRequest, number: int) -> HttpResponseBase:
    """Put what was counted in force, and count again what it did."""
    counted = _impact(request, number)
    again = impact.put_in_force(impact=counted, member=request.member, reason=request.POST.get("reason", ""))
    what = again.after_pack if counted.kind == Impact.Kind.POLICY else "The bounds"
    messages.success(request, f"{what} {'is' if counted.kind == Impact.Kind.POLICY else 'are'} in force.")
    return redirect("releases:impact", request.member.workspace.slug, again.number)


def _impact(request: MemberRequest, number: int) -> Impact:
    found: Impact = get_object_or_404(
        Impact.objects.select_related("workspace", "by"), workspace=request.member.workspace_id, number=number
    )
    return found
