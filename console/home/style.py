"""The page that shows every part in every state, for those who build pages (debug only)."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


@login_not_required
def style(request: HttpRequest) -> HttpResponse:
    return render(request, "style.html")
