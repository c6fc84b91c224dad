"""What I was told, and how I want to be told."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render

from console.accounts.access import MemberRequest, member_view
from console.notifications import services
from console.notifications.models import Kind

PAGE = 40


@member_view("GET")
def listed(request: MemberRequest) -> HttpResponse:
    """Newest first; ``?show=all`` with what was read."""
    rows = request.member.notifications.all()
    show = "all" if request.GET.get("show") == "all" else "unread"
    unread = rows.filter(read_at=None)
    page = Paginator(rows if show == "all" else unread, PAGE).get_page(request.GET.get("page"))
    context = {"nav": "home", "page": page, "show": show, "unread_count": unread.count()}
    return render(request, "notifications/list.html", context)


@member_view("GET")
def unread(request: MemberRequest) -> HttpResponse:
    """What the bell of an open page shows."""
    return JsonResponse({"unread": request.member.notifications.filter(read_at=None).count()})


@member_view("POST")
def open_one(request: MemberRequest, pk: int) -> HttpResponseBase:
    """Mark it read and go where it leads: a post, since it changes something."""
    row = get_object_or_404(request.member.notifications, pk=pk)
    services.mark_read(request.member, row.pk)
    return redirect(row.address)


@member_view("POST")
def read_all(request: MemberRequest) -> HttpResponseBase:
    count = services.mark_read(request.member)
    messages.success(request, f"{count} marked as read." if count else "Nothing was unread.")
    return redirect("notifications:list", request.member.workspace.slug)


@member_view("GET", "POST")
def preferences(request: MemberRequest) -> HttpResponseBase:
    """A tick for each kind and way."""
    if request.method == "POST":
        services.prefer(
            member=request.member,
            shown=request.POST.getlist("shown"),
            mailed=request.POST.getlist("mailed"),
        )
        messages.success(request, "Kept: that is how you are told from now on.")
        return redirect("notifications:settings", request.member.workspace.slug)
    wanted = services.preferences_of(request.member)
    rows = [
        {
            "kind": kind,
            "label": label,
            "shown": kind in wanted.shown,
            "mailed": kind in wanted.mailed,
        }
        for kind, label in Kind.choices
    ]
    context = {"nav": "home", "rows": rows, "email": request.member.user.email}
    return render(request, "notifications/settings.html", context)
