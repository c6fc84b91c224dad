"""What allauth tells of accounts, for the record. Connected once, when the app is ready."""

from __future__ import annotations

import time
from typing import Any

from allauth.account.signals import password_changed, password_reset, password_set
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from django.contrib.auth.signals import user_logged_in
from django.db import transaction
from django.http import HttpRequest

from console.accounts.models import User
from console.accounts.sessions import BEGAN, SEEN
from console.audit.acts import Act
from console.audit.services import INSTALLATION, Subject, record


def connect() -> None:
    for signal in (password_changed, password_reset, password_set):
        signal.connect(_password, dispatch_uid="remit")
    user_logged_in.connect(_begin, dispatch_uid="remit")
    authenticator_added.connect(_factor_added, dispatch_uid="remit")
    authenticator_removed.connect(_factor_removed, dispatch_uid="remit")
    authenticator_reset.connect(_codes_made, dispatch_uid="remit")


def _begin(request: HttpRequest, **about: Any) -> None:
    request.session[BEGAN] = request.session[SEEN] = time.time()


def _password(user: User, **about: Any) -> None:
    record_account(user, Act.PASSWORD_CHANGED)


def _factor_added(user: User, authenticator: Any, **about: Any) -> None:
    record_account(user, Act.FACTOR_ADDED, kind=str(authenticator.type))


def _factor_removed(user: User, authenticator: Any, **about: Any) -> None:
    record_account(user, Act.FACTOR_REMOVED, kind=str(authenticator.type))


def _codes_made(user: User, **about: Any) -> None:
    record_account(user, Act.RECOVERY_CODES_MADE)


@transaction.atomic
def record_account(user: User, act: Act, **detail: str | list[str]) -> None:
    """Something about a person's own account, in the installation's chain."""
    subject = Subject("account", str(user.pk), user.shown_name)
    record(chain=INSTALLATION, actor=user.actor, act=act, subject=subject, detail=dict(detail))
