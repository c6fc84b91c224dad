"""Who is in the workspace, and what they may do."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect

from console.accounts.access import MemberRequest, member_view
from console.accounts.members_page import LINK, members_of, members_page
from console.accounts.mfa import fresh_factor
from console.accounts.models import Role, User
from console.accounts.permissions import Action, require
from console.accounts.services import add_member, remove_member, require_mfa, set_roles
from console.accounts.shown_once import take
from console.accounts.voices import policy_of
from console.htmx import render_region
from console.problems import Invalid


@member_view("GET")
def members(request: MemberRequest) -> HttpResponse:
    context = members_page(request.member)
    if not request.htmx:  # the list that comes by itself has no place for it
        context["mailed_to"], _, context["link"] = take(request, LINK).partition("\n")
    return render_region(request, "accounts/members.html", context, regions=("invitations",))


@member_view("POST")
@fresh_factor
def member_roles(request: MemberRequest, pk: int) -> HttpResponseBase:
    """Roles, and where the form has them (``reviews``) what a reviewer speaks for and is bound to."""
    member = get_object_or_404(members_of(request.member), pk=pk)
    pack, whole = policy_of(request.member.workspace), "reviews" in request.POST
    specialties = _known(request.POST.getlist("specialties"), (each.id for each in pack.specialties))
    domains = _known(request.POST.getlist("domains"), (each.id for each in pack.domains))
    set_roles(
        member=member,
        roles=request.POST.getlist("roles"),
        domains=domains if whole else member.domains,
        specialties=specialties if whole else None,
        by=request.member,
    )
    messages.success(request, f"{member.user.shown_name} now has: {', '.join(member.roles) or 'no role'}.")
    return redirect("accounts:members", request.member.workspace.slug)


@member_view("POST")
@fresh_factor
def add(request: MemberRequest) -> HttpResponseBase:
    """Make a member of somebody who has an account."""
    require(request.member, Action.MANAGE_MEMBERS)
    login = request.POST.get("login", "").strip()
    # One sentence for "no such account" and for "several": neither says who has one.
    found = list(User.objects.filter(Q(username=login) | Q(email__iexact=login), is_active=True)[:2])
    if not login or len(found) != 1:
        raise Invalid(f"Nobody has the login {login[:60]!r}.", "Ask them for the name that they log in with.")
    try:
        with transaction.atomic():
            member = add_member(
                workspace=request.member.workspace,
                user=found[0],
                roles=request.POST.getlist("roles") or [Role.VIEWER],
                actor=request.member.actor,
            )
    except IntegrityError:
        raise Invalid(f"{found[0].shown_name} is a member already.") from None
    messages.success(request, f"{member.user.shown_name} is a member now: {', '.join(member.roles)}.")
    return redirect("accounts:members", request.member.workspace.slug)


@member_view("POST")
def remove(request: MemberRequest, pk: int) -> HttpResponseBase:
    member = get_object_or_404(members_of(request.member), pk=pk)
    remove_member(member=member, by=request.member)
    messages.success(
        request, f"{member.user.shown_name} is no longer a member; what they approved counts no more."
    )
    return redirect("accounts:members", request.member.workspace.slug)


def _known(given: Iterable[str], names: Iterable[str]) -> list[str]:
    known = set(names)
    for name in given:
        if name not in known:
            raise Invalid(f"The policy knows no {name[:60]!r}.", f"Choose from {', '.join(sorted(known))}.")
    return list(given)


@member_view("POST")
@fresh_factor
def security(request: MemberRequest) -> HttpResponseBase:
    """Whether members need a second factor."""
    on = "requires_mfa" in request.POST
    require_mfa(on=on, member=request.member)
    said = "Members need a second factor now." if on else "Members need no second factor any more."
    messages.success(request, said)
    return redirect("accounts:members", request.member.workspace.slug)
