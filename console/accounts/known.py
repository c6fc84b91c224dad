"""Who sends a request: its session and its person, looked up for every page, and so worked out once (``console.repeated``)."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions
from django.contrib.sessions.models import Session
from django.db.models.functions import Now

from console.accounts.models import User
from console.repeated import Repeated

_SESSION = Repeated(lambda key: Session.objects.filter(session_key=key, expire_date__gt=Now()))
_USER = Repeated(lambda pk: User.objects.filter(pk=pk))


class SessionStore(DatabaseSessions):
    """Django's sessions in the database."""

    def _get_session_from_db(self) -> Session | None:
        found = _SESSION.first(self.session_key or "")
        if found is None:
            self._session_key = None
        return found


class Backend(AuthenticationBackend):
    """allauth's."""

    def get_user(self, user_id: Any) -> User | None:
        user = _USER.first(int(user_id))
        return user if user is not None and self.user_can_authenticate(user) else None
