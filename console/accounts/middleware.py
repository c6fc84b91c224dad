"""Everything needs a login but what says otherwise; what was refused is recorded; nothing is kept by caches."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import resolve_url
from django_htmx.http import trigger_client_event

from console.accounts.models import Membership
from console.audit.acts import Act
from console.audit.services import Subject, record
from console.problems import NotAllowed

logger = logging.getLogger("remit.access")


class RefusedMiddleware:
    """Records what a member was refused. It stands below ProblemMiddleware, which makes the answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        member: Membership | None = getattr(request, "member", None)
        if not isinstance(exception, NotAllowed) or member is None or request.resolver_match is None:
            return
        page = request.resolver_match.view_name
        logger.warning("refused %s %s to %s: %s", request.method, page, member.user_id, exception.message)
        # Once a minute: whoever knocks all day must not fill the chain.
        if cache.add(f"refused:{member.pk}:{page}", 1, 60):
            with transaction.atomic():
                record(
                    chain=member.workspace.chain,
                    actor=member.actor,
                    act=Act.ACCESS_REFUSED,
                    subject=Subject("page", "", page),
                    detail={"method": request.method or "", "path": request.path[:200]},
                )


# A prompt needs no device; passkeys are left as they are.
_NO_DEVICES = ", ".join(
    f"{name}=()" for name in ("camera", "geolocation", "microphone", "payment", "usb", "browsing-topics")
)


class HeadersMiddleware:
    """No cache keeps a page, no other site embeds it, and no page asks for a device, unless the view says otherwise."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("Permissions-Policy", _NO_DEVICES)
        return response


class LoginMiddleware(LoginRequiredMiddleware):
    def process_view(
        self, request: HttpRequest, view_func: Any, view_args: Any, view_kwargs: Any
    ) -> HttpResponseBase | None:
        # Django looks at the session first. Where no login is needed nobody reads it: answers do not vary by cookie.
        if not getattr(view_func, "login_required", True):
            return None
        return super().process_view(request, view_func, view_args, view_kwargs)

    def handle_no_permission(  # type: ignore[override]
        self, request: HttpRequest, view_func: Any
    ) -> HttpResponseBase:
        if request.headers.get("Accept") == "application/json":
            return JsonResponse(
                {
                    "type": "about:blank",
                    "title": "Unauthorized",
                    "status": 401,
                    "detail": "Log in again to go on.",
                },
                status=401,
                content_type="application/problem+json",
            )
        if request.htmx:  # type: ignore[attr-defined]
            back = quote(request.htmx.current_url_abs_path or "/")  # type: ignore[attr-defined]
            address = f"{resolve_url(self.get_login_url(view_func))}?next={back}"
            # Never a redirect: half of these requests are the page's own, and what a person types must not be torn away.
            return trigger_client_event(HttpResponse(status=401), "remit:logged-out", {"address": address})
        return super().handle_no_permission(request, view_func)
