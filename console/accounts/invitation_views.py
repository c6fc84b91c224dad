"""Invitations: making and withdrawing them among the members, and the page that a link opens."""

from __future__ import annotations

from allauth.account.utils import perform_login
from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from console.accounts import invitations
from console.accounts.access import MemberRequest, member_view
from console.accounts.members_page import LINK
from console.accounts.mfa import fresh_factor
from console.accounts.models import Invitation, Membership, User
from console.accounts.shown_once import keep
from console.problems import DomainError, Invalid


@member_view("POST")
@fresh_factor
def create(request: MemberRequest) -> HttpResponseBase:
    """Lead to the page of the members, which shows the link this once."""
    days = request.POST.get("days", "7")
    made = invitations.invite(
        member=request.member,
        email=request.POST.get("email", ""),
        roles=request.POST.getlist("roles"),
        days=int(days) if days.isdecimal() and len(days) < 4 else 0,
    )
    return _shown(request, made)


@member_view("POST")
@fresh_factor
def renew(request: MemberRequest, pk: int) -> HttpResponseBase:
    """The same with a new link."""
    made = invitations.renew(invitation=_invitation(request, pk), member=request.member)
    return _shown(request, made)


def _shown(request: MemberRequest, made: tuple[Invitation, str]) -> HttpResponseBase:
    invitation, link = made
    keep(request, LINK, f"{invitation.email}\n{link}")
    return redirect("accounts:members", request.member.workspace.slug)


@member_view("POST")
def withdraw(request: MemberRequest, pk: int) -> HttpResponseBase:
    invitation = _invitation(request, pk)
    invitations.withdraw(invitation=invitation, member=request.member)
    messages.success(request, f"The invitation ({invitation.shown_name}) is withdrawn.")
    return redirect("accounts:members", request.member.workspace.slug)


def _invitation(request: MemberRequest, pk: int) -> Invitation:
    found = get_object_or_404(Invitation, workspace=request.member.workspace_id, pk=pk)
    found.workspace = request.member.workspace
    return found


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, secret: str) -> HttpResponseBase:
    """Whoever is logged in joins as that; everybody else makes an account, or logs in first."""
    invited = invitations.invitation_of(secret)
    if request.method == "POST":
        if not ratelimit.consume(request, action="signup"):
            return ratelimit.respond_429(request)
        try:
            return _joined(request, secret)
        except invitations.Gone:
            raise
        except DomainError as error:
            return _page(request, invited, error)
    return _page(request, invited)


def _joined(request: HttpRequest, secret: str) -> HttpResponseBase:
    if isinstance(request.user, User):
        return _welcome(request, invitations.accept(secret=secret, user=request.user))
    typed = {name: request.POST.get(name, "") for name in ("username", "name", "password")}
    if typed["password"] != request.POST.get("again", ""):
        raise Invalid("The two passwords differ.", "Type the same one twice.")
    member = invitations.join(secret=secret, **typed)
    perform_login(request, member.user, email_verification="none")
    return _welcome(request, member)


def _welcome(request: HttpRequest, member: Membership) -> HttpResponseBase:
    messages.success(request, f"You are a member of {member.workspace.name} now: {', '.join(member.roles)}.")
    return redirect("home:index", member.workspace.slug)


def _page(request: HttpRequest, invited: Invitation, problem: DomainError | None = None) -> HttpResponse:
    context = {"invited": invited, "problem": problem, "typed": request.POST}
    return render(request, "accounts/invitation.html", context, status=problem.status if problem else 200)
