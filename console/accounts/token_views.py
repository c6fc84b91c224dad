"""Keys of applications: made here, shown once, revoked here."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_date

from console.accounts.access import MemberRequest, member_view
from console.accounts.mfa import fresh_factor
from console.accounts.models import Right, Token
from console.accounts.permissions import Action, can, require
from console.accounts.tokens import create_token, revoke_token
from console.problems import DomainError, Invalid, NotAllowed


@member_view("GET", "POST")
@fresh_factor
def tokens(request: MemberRequest) -> HttpResponse:
    problem: DomainError | None = None
    made: tuple[Token, str] | None = None
    if request.method == "POST":
        try:
            made = _create(request)
        except NotAllowed:
            raise
        except DomainError as error:
            problem = error
    else:
        require(request.member, Action.READ)
    context = {
        "nav": "members",
        "tokens": Token.objects.filter(workspace=request.member.workspace_id).select_related("created_by"),
        "now": timezone.now(),
        "made": made,
        "problem": problem,
        "form": request.POST if problem else {"scopes": "*@production", "expires": _in_a_year()},
        "rights": Right.choices,
        "chosen": request.POST.getlist("rights") if problem else [Right.FETCH.value],
        "may_manage": can(request.member, Action.MANAGE_TOKENS),
    }
    response = render(request, "accounts/tokens.html", context, status=problem.status if problem else 200)
    # The secret is on the page this one time; neither the browser nor a proxy may keep it.
    response["Cache-Control"] = "no-store"
    return response


@member_view("POST")
def revoke(request: MemberRequest, pk: int) -> HttpResponseBase:
    token = get_object_or_404(Token, workspace=request.member.workspace_id, pk=pk)
    revoke_token(token=token, member=request.member)
    messages.success(request, f"The token {token.name} is revoked.")
    return redirect("accounts:tokens", request.member.workspace.slug)


def _create(request: MemberRequest) -> tuple[Token, str]:
    return create_token(
        member=request.member,
        name=request.POST.get("name", ""),
        scopes=request.POST.get("scopes", "").replace(",", " ").split(),
        expires_at=_end_of(request.POST.get("expires", "")),
        rights=request.POST.getlist("rights"),
    )


def _end_of(day: str) -> datetime | None:
    """The end of a day that was typed; None for never."""
    if not day.strip():
        return None
    try:
        parsed = parse_date(day.strip())
    except ValueError:
        parsed = None
    if parsed is None:
        raise Invalid(f"“{day[:20]}” is not a day.", "Write it as 2027-01-31, or leave it empty for no end.")
    return timezone.make_aware(datetime.combine(parsed, time.max))


def _in_a_year() -> str:
    return (timezone.localdate() + timedelta(days=365)).isoformat()
