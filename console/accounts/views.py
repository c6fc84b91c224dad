"""Who is in the workspace, and what they may do."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render

from console.accounts.access import MemberRequest, member_view
from console.accounts.models import Membership, Role
from console.accounts.permissions import Action, can
from console.accounts.services import set_roles


@member_view("GET")
def members(request: MemberRequest) -> HttpResponse:
    context = {
        "nav": "members",
        "members": _members(request),
        "roles": Role.choices,
        "may_manage": can(request.member, Action.MANAGE_MEMBERS),
    }
    return render(request, "accounts/members.html", context)


@member_view("POST")
def member_roles(request: MemberRequest, pk: int) -> HttpResponseBase:
    member = get_object_or_404(_members(request), pk=pk)
    set_roles(member=member, roles=request.POST.getlist("roles"), domains=member.domains, by=request.member)
    messages.success(request, f"{member.user.shown_name} now has: {', '.join(member.roles) or 'no role'}.")
    return redirect("accounts:members", request.member.workspace.slug)


def _members(request: MemberRequest):  # type: ignore[no-untyped-def]
    return Membership.objects.filter(workspace=request.member.workspace_id).select_related("user")
