"""A chat becomes a scenario."""

from __future__ import annotations

from django.http import Http404, HttpResponse

from console.accounts.access import MemberRequest, member_view


@member_view("GET", "POST")
def keep(request: MemberRequest, slug: str, chat: int) -> HttpResponse:
    raise Http404
