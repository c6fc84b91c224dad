"""What needs me, and how to get anywhere."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from console.accounts.access import MemberRequest, member_view
from console.accounts.models import Workspace
from console.governance.services import pack_in_force
from console.home import selectors
from console.htmx import render_region
from console.reviews.queue import open_entries


@require_safe
def root(request: HttpRequest) -> HttpResponseBase:
    """The only workspace, or the choice among several."""
    workspaces = list(Workspace.objects.filter(memberships__user=request.user.pk))
    if len(workspaces) == 1:
        return redirect("home:index", workspaces[0].slug)
    return render(request, "home/workspaces.html", {"workspaces": workspaces})


@member_view("GET")
def index(request: MemberRequest) -> HttpResponse:
    member = request.member
    waiting = open_entries(member)
    (decide, release), fix = selectors.to_decide(waiting), selectors.to_fix(member, waiting)
    context = {
        "nav": "home",
        "decide": decide[: selectors.MOST],
        "decide_more": len(decide) - selectors.MOST,
        "release": release[: selectors.MOST],
        "release_more": len(release) - selectors.MOST,
        "fix": fix,
        "things": len(decide) + len(release) + len(fix),
        "running": list(selectors.running(member)),
        "live": list(selectors.in_production(member)),
        "today": list(selectors.today(member)),
        "prompts": list(selectors.worked_on(member)),
        "pack_ref": pack_in_force(member.workspace).ref,
    }
    return render(request, "home/index.html", context)


@member_view("GET")
def jump(request: MemberRequest) -> HttpResponse:
    """Get anywhere by typing: the dialog's results, and a page of its own."""
    query = request.GET.get("q", "").strip()[:100]
    context = {"nav": "", "query": query, **selectors.jump_targets(request.member, query)}
    return render_region(request, "home/jump.html", context, regions=("jump-results",))
