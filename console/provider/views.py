"""Accounts at providers and budgets: every member sees where calls go and what is left, admins change it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render

from console.accounts.access import MemberRequest, member_view
from console.accounts.permissions import Action, can, require
from console.htmx import render_region
from console.problems import DomainError, NotAllowed
from console.provider import accounts, probe
from console.provider.allowance import set_budget
from console.provider.catalogue import lifecycle_warning, list_models
from console.provider.endpoints import deployed, endpoint_for
from console.provider.forms import AccountFields, BudgetFields
from console.provider.models import Budget, ProviderAccount
from console.provider.platforms import missing_extra
from console.provider.spending import month_so_far


@member_view("GET", "POST")
def account_list(request: MemberRequest) -> HttpResponseBase:
    """GET shows them, POST opens another."""
    member, status = request.member, 200
    form = AccountFields(request.POST or None)
    if request.method == "POST":
        require(member, Action.MANAGE_PROVIDER)
        opened = _opened(request, form) if form.is_valid() else None
        if opened is not None:
            messages.success(request, f"The account {opened.name} is open. Test it before you rely on it.")
            return redirect("provider:account", member.workspace.slug, opened.pk)
        status = 422
    context = {
        **_common(request),
        "tab": "accounts",
        "accounts": ProviderAccount.objects.filter(workspace=member.workspace_id).order_by(
            "closed_at", "name"
        ),
        "deployed": deployed(),
        "form": form,
    }
    return _fresh(render(request, "provider/accounts.html", context, status=status))


def _opened(request: MemberRequest, form: AccountFields) -> ProviderAccount | None:
    try:
        return accounts.open_account(member=request.member, form=form.form(), key=form.cleaned_data["key"])
    except NotAllowed:
        raise
    except DomainError as error:
        form.add_error(None, f"{error.message} {error.what_to_do}")
        return None


@member_view("GET", "POST")
def account(request: MemberRequest, pk: int) -> HttpResponseBase:
    """GET shows one, POST changes where it leads and how fast it may be used."""
    shown, status = _account(request, pk), 200
    form = AccountFields(request.POST or None, account=shown)
    if request.method == "POST":
        require(request.member, Action.MANAGE_PROVIDER)
        status = 422
        if form.is_valid():
            try:
                changed = accounts.change_account(account=shown, member=request.member, form=form.form())
            except DomainError as error:
                form.add_error(None, f"{error.message} {error.what_to_do}")
            else:
                dropped = shown.has_key and not changed.has_key
                messages.success(
                    request, "Changed. The address is another one, so the key was dropped: give it again."
                    if dropped else "Changed.",
                )  # fmt: skip
                return redirect("provider:account", request.member.workspace.slug, pk)
    return _fresh(_account_page(request, shown, form, status=status))


@member_view("POST")
def test(request: MemberRequest, pk: int) -> HttpResponseBase:
    """Try it, and say in a sentence what came of it."""
    shown = _account(request, pk)
    probe.try_account(account=shown, member=request.member, model=request.POST.get("model", ""))
    if not request.htmx:
        return redirect("provider:account", request.member.workspace.slug, pk)
    return _account_page(request, _account(request, pk), AccountFields(account=shown))


@member_view("POST")
def change_key(request: MemberRequest, pk: int) -> HttpResponseBase:
    shown = _account(request, pk)
    accounts.change_key(account=shown, member=request.member, key=request.POST.get("key", ""))
    messages.success(request, f"{shown.name} has a new key; calls that begin from now on use it.")
    return redirect("provider:account", request.member.workspace.slug, pk)


@member_view("POST")
def make_default(request: MemberRequest, pk: int) -> HttpResponseBase:
    shown = _account(request, pk)
    accounts.make_default(account=shown, member=request.member)
    messages.success(request, f"{shown.name} is used from now on where nobody names another account.")
    return redirect("provider:accounts", request.member.workspace.slug)


@member_view("POST")
def close(request: MemberRequest, pk: int) -> HttpResponseBase:
    shown = _account(request, pk)
    accounts.close_account(account=shown, member=request.member)
    messages.success(request, f"{shown.name} is closed and its key destroyed.")
    return redirect("provider:accounts", request.member.workspace.slug)


@member_view("GET", "POST")
def budgets(request: MemberRequest) -> HttpResponseBase:
    """GET shows the month and the limits, POST sets them."""
    workspace, status = request.member.workspace, 200
    form = BudgetFields(request.POST or None, workspace=workspace.pk)
    if request.method == "POST":
        require(request.member, Action.MANAGE_PROVIDER)
        status = 422
        if form.is_valid():
            try:
                set_budget(member=request.member, wanted=form.allowance())
            except DomainError as error:
                form.add_error(None, f"{error.message} {error.what_to_do}")
            else:
                messages.success(request, "The budgets are in force. It is in the record.")
                return redirect("provider:budgets", workspace.slug)
    context = {
        **_common(request),
        "tab": "budgets",
        "month": month_so_far(workspace.pk),
        "budget": Budget.objects.select_related("by").filter(workspace=workspace).first(),
        "form": form,
    }
    return render(request, "provider/budgets.html", context, status=status)


@member_view("GET")
def model_note(request: MemberRequest) -> HttpResponse:
    """What is worth knowing of a model before a prompt is written for it: a region that other pages show."""
    name = request.GET.get("model", "").strip()[:120]
    try:
        models = list_models(endpoint_for(request.member.workspace))
    except DomainError:
        models = ()
    known = next((model for model in models if model.id == name), None)
    context = {
        "model": name,
        "warning": lifecycle_warning(known) if known else "",
        "unlisted": models and not known,
    }
    return render(request, "provider/_model_note.html", context)


def _account_page(
    request: MemberRequest, shown: ProviderAccount, form: AccountFields, *, status: int = 200
) -> HttpResponse:
    context = {
        **_common(request),
        "tab": "accounts",
        "account": shown,
        "form": form,
        "extra": missing_extra(shown.kind, has_key=shown.has_key),
    }
    return render_region(request, "provider/account.html", context, regions=("tested",), status=status)


def _common(request: MemberRequest) -> dict[str, Any]:
    return {"nav": "members", "may_manage": can(request.member, Action.MANAGE_PROVIDER)}


def _account(request: MemberRequest, pk: int) -> ProviderAccount:
    found = ProviderAccount.objects.select_related("key_by", "created_by")
    return get_object_or_404(found, workspace=request.member.workspace_id, pk=pk)


def _fresh(response: HttpResponse) -> HttpResponse:
    """A page with a field for a key is kept by nobody."""
    response["Cache-Control"] = "no-store"
    return response
