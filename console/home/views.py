"""What needs me, and how to get anywhere."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from console.accounts.access import MemberRequest, member_view
from console.accounts.models import Workspace


@require_safe
def root(request: HttpRequest) -> HttpResponseBase:
    """The only workspace, or the choice among several."""
    workspaces = list(Workspace.objects.filter(memberships__user=request.user))
    if len(workspaces) == 1:
        return redirect("home:index", workspaces[0].slug)
    return render(request, "home/workspaces.html", {"workspaces": workspaces})


@member_view("GET")
def index(request: MemberRequest) -> HttpResponse:
    return render(request, "home/index.html", {"nav": "home"})


@member_view("GET")
def jump(request: MemberRequest) -> HttpResponse:
    return render(request, "home/jump.html", {"query": request.GET.get("q", "")})
