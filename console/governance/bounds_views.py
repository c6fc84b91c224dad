"""The organisation's bounds: everybody reads them, an admin narrows them."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render

from console.accounts.access import MemberRequest, member_view
from console.accounts.permissions import Action, require
from console.governance import bounds_form, bounds_page
from console.governance.samples import set_samples
from console.governance.services import governance_of, set_bounds
from console.problems import DomainError, Invalid, NotAllowed


@member_view("GET", "POST")
def bounds(request: MemberRequest) -> HttpResponseBase:
    problem: DomainError | None = None
    if request.method == "POST":
        require(request.member, Action.SET_BOUNDS)
        try:
            return _save(request)
        except NotAllowed:
            raise
        except DomainError as error:
            problem = error
    return _page(request, problem)


def _save(request: MemberRequest) -> HttpResponseBase:
    workspace = request.member.workspace
    saved = set_bounds(
        member=request.member,
        bounds=bounds_form.parse(request.POST, governance_of(workspace).pack),
        reason=request.POST.get("reason", ""),
        version=_version(request.POST.get("version", "")),
    )
    messages.success(request, f"Bounds {saved.version} are in force." if saved else "Nothing changed.")
    return redirect("governance:bounds", workspace.slug)


@member_view("POST")
def samples(request: MemberRequest) -> HttpResponseBase:
    """How often each scenario must have been played and on which models, from which risk score on."""
    require(request.member, Action.SET_BOUNDS)
    try:
        saved = set_samples(
            member=request.member,
            samples=_number(request.POST.get("samples", "")),
            from_risk=_number(request.POST.get("from_risk", "")),
            models=tuple(request.POST.get("models", "").replace(",", " ").split()),
            reason=request.POST.get("reason", ""),
            version=_version(request.POST.get("version", "")),
        )
    except NotAllowed:
        raise
    except DomainError as error:
        return _page(request, error)
    messages.success(request, f"Bounds {saved.version} are in force." if saved else "Nothing changed.")
    return redirect("governance:bounds", request.member.workspace.slug)


def _number(text: str) -> int:
    if not (text.isdecimal() and len(text) < 6):
        raise Invalid(f"“{text[:20]}” is no number.", "Use digits, e.g. 3.")
    return int(text)


def _version(text: str) -> int:
    if not (text.isdecimal() and len(text) < 10):
        raise Invalid("The form does not say which bounds it changes.", "Reload the page and narrow again.")
    return int(text)


def _page(request: MemberRequest, problem: DomainError | None) -> HttpResponse:
    context = bounds_page.context(request.member, request.POST, problem)
    return render(request, "governance/bounds.html", context, status=problem.status if problem else 200)
