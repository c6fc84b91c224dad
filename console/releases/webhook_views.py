"""Webhooks: made, tried, and their deliveries read and sent again."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render

from console.accounts.access import MemberRequest, member_view
from console.accounts.permissions import Action, require
from console.htmx import render_region
from console.problems import DomainError, NotAllowed
from console.releases.models import Delivery, Webhook
from console.releases.webhooks import endpoints, outbox
from console.releases.webhooks.events import NAMES

PAGE = 25


@member_view("GET", "POST")
def webhooks(request: MemberRequest) -> HttpResponse:
    """The list, and the form that makes one; its secret is shown once."""
    require(request.member, Action.MANAGE_WEBHOOKS)
    problem: DomainError | None = None
    made: tuple[Webhook, str] | None = None
    chosen = request.POST.getlist("kinds")
    if request.method == "POST":
        try:
            made = endpoints.create_webhook(
                member=request.member,
                name=request.POST.get("name", ""),
                url=request.POST.get("url", ""),
                kinds=chosen,
            )
        except NotAllowed:
            raise
        except DomainError as error:
            problem = error
    context = {
        "nav": "members",
        "webhooks": request.member.workspace.webhooks.select_related("created_by"),
        "names": NAMES,
        "made": made,
        "problem": problem,
        "form": request.POST if problem else {},
        "chosen": chosen if problem else ["label.moved"],
    }
    return _once(
        render(request, "releases/webhooks.html", context, status=problem.status if problem else 200)
    )


@member_view("GET")
def webhook(request: MemberRequest, pk: int) -> HttpResponse:
    return _page(request, _webhook(request, pk))


@member_view("POST")
def change(request: MemberRequest, pk: int, act: str) -> HttpResponseBase:
    """test, rotate, pause, resume, remove."""
    hook = _webhook(request, pk)
    member = request.member
    match act:
        case "test":
            endpoints.send_test(hook=hook, member=member)
            messages.success(request, "A test is on its way: it comes up in the log.")
        case "rotate":
            return _page(request, hook, endpoints.rotate_secret(hook=hook, member=member))
        case "pause" | "resume":
            endpoints.pause(hook=hook, member=member, paused=act == "pause")
            messages.success(request, f"{hook.name} {'pauses' if act == 'pause' else 'goes on'}.")
        case "remove":
            endpoints.remove_webhook(hook=hook, member=member)
            messages.success(request, f"{hook.name} is removed.")
            return redirect("releases:webhooks", member.workspace.slug)
        case _:
            raise Http404
    return redirect("releases:webhook", member.workspace.slug, pk)


@member_view("POST")
def replay(request: MemberRequest, pk: int, delivery: int) -> HttpResponseBase:
    hook = _webhook(request, pk)
    row = get_object_or_404(Delivery.objects.select_related("webhook"), webhook=hook, pk=delivery)
    endpoints.replay(delivery=row, member=request.member)
    messages.success(request, f"{row.kind} is sent again.")
    return redirect("releases:webhook", request.member.workspace.slug, pk)


def _webhook(request: MemberRequest, pk: int) -> Webhook:
    require(request.member, Action.MANAGE_WEBHOOKS)
    hook = get_object_or_404(
        Webhook.objects.select_related("created_by"), workspace=request.member.workspace_id, pk=pk
    )
    hook.workspace = request.member.workspace
    return hook


def _page(request: MemberRequest, hook: Webhook, secret: str = "") -> HttpResponse:
    rows = hook.deliveries.prefetch_related("log")
    status = request.GET.get("status", "")
    if status:
        rows = rows.filter(status=status)
    context: dict[str, Any] = {
        "nav": "members",
        "hook": hook,
        "secret": secret,
        "names": NAMES,
        "page": Paginator(rows, PAGE).get_page(request.GET.get("page")),
        "status": status,
        "statuses": Delivery.Status.choices,
        "most": len(outbox.WAITS) + 1,
    }
    return _once(render_region(request, "releases/webhook.html", context, regions=("log",)))


def _once(response: HttpResponse) -> HttpResponse:
    """A secret may be on the page: neither the browser nor a proxy keeps it."""
    response["Cache-Control"] = "no-store"
    return response
