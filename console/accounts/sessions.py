"""How long a login lasts, where one is logged in, and what the record says of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from console.audit.acts import Act
from console.audit.services import INSTALLATION, Subject, record

BEGAN, SEEN = "began", "seen"  # in the session, seconds since the epoch
TICK = 60  # seconds; "last seen" is no finer, so that a page costs no write


class SessionLimitMiddleware:
    """Ends a session that was idle, or alive, for too long. What a page does by itself is no activity of a person."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # A request without a session's cookie costs no look-up.
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            self._keep(request)
        return self.get_response(request)

    def _keep(self, request: HttpRequest) -> None:
        now, session = time.time(), request.session
        began, seen = session.setdefault(BEGAN, now), session.setdefault(SEEN, now)
        if now - seen > settings.REMIT_SESSION_IDLE or now - began > settings.REMIT_SESSION_MOST:
            logout(request)
        elif now - seen > TICK and not _by_itself(request):
            session[SEEN] = now
            UserSession.objects.filter(session_key=session.session_key).update(last_seen_at=timezone.now())


def _by_itself(request: HttpRequest) -> bool:
    """Whether the page asked, not the person: it says so (``by-itself.js``), or it can be nothing else."""
    if request.headers.get("Remit-By-Itself") == "true":
        return True
    # A message of a chat is answered by a stream, too, and a person sent it.
    stream = request.method == "GET" and "text/event-stream" in request.headers.get("Accept", "")
    return stream or request.path.endswith(("/presence", "/notifications/unread"))


def clear_ended() -> None:
    """Django leaves the rows of sessions that are over, those of people who never logged in too."""
    Session.objects.filter(expire_date__lt=timezone.now()).delete()
    there = Session.objects.filter(session_key=OuterRef("session_key"))
    # One that just began has its session; whose is gone is over.
    UserSession.objects.filter(~Exists(there), created_at__lt=timezone.now() - timedelta(hours=1)).delete()


class UserSessionsAdapter(DefaultUserSessionsAdapter):
    """Sessions that a person ends are recorded."""

    @transaction.atomic
    def end_sessions(self, sessions: Any) -> None:
        ended = list(sessions)
        if not ended:
            return
        user = ended[0].user
        record(
            chain=INSTALLATION,
            actor=user.actor,
            act=Act.SESSIONS_ENDED,
            subject=Subject("account", str(user.pk), user.shown_name),
            detail={"sessions": len(ended)},
        )
        super().end_sessions(ended)
