"""Letters that are due, sent by whoever takes them first. A letter that is taken and not sent comes back by itself.

The mail server may have accepted one whose sender died before noting it: the repeat carries the same Message-ID, so
that mailboxes recognise it.
"""

from __future__ import annotations

import logging
import smtplib
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from console.notifications.models import Notification

logger = logging.getLogger(__name__)
AT_ONCE = 20
AWAY = (OSError, smtplib.SMTPException)
TAKEN = timedelta(minutes=2)  # until somebody else may take it
WAITS = tuple(
    timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 480)
)  # after each attempt but the last


def send_due() -> int:
    """Send what is due; returns how many letters left."""
    sent = 0
    while taken := _take():
        sent += _send_all(taken)
        if len(taken) < AT_ONCE:
            break
    return sent


def _take() -> list[Notification]:
    """Take some, by a row lock and a time: nobody sends inside a transaction."""
    now = timezone.now()
    due = Notification.objects.filter(mail=Notification.Mail.DUE, mail_after__lte=now)
    with transaction.atomic():
        ids = list(
            due.order_by("mail_after")
            .select_for_update(no_key=True, skip_locked=True)
            .values_list("pk", flat=True)[:AT_ONCE]
        )
        Notification.objects.filter(pk__in=ids).update(mail_after=now + TAKEN, attempts=F("attempts") + 1)
    return list(Notification.objects.filter(pk__in=ids).select_related("member__user", "member__workspace"))


def _send_all(rows: list[Notification]) -> int:
    """Over one connection; a server that is away is asked once for all of them."""
    server = get_connection(timeout=10)
    try:
        server.open()
    except AWAY as error:
        for row in rows:
            _failed(row, error)
        return 0
    try:
        return sum(_send(row, server) for row in rows)
    finally:
        server.close()


def _send(row: Notification, server: BaseEmailBackend) -> bool:
    user = row.member.user
    if not (user.is_active and user.email):
        _note(row, mail=Notification.Mail.NONE)
        return False
    try:
        letter(row, server).send()
    except (*AWAY, ValueError) as error:
        _failed(row, error)
        return False
    _note(row, mail=Notification.Mail.SENT, problem="")
    return True


def letter(row: Notification, server: BaseEmailBackend | None = None) -> EmailMessage:
    """A plain letter: what happened and where. Nothing of a prompt leaves the console by mail."""
    address = f"{settings.REMIT_URL.rstrip('/')}{row.address}"
    workspace = row.member.workspace
    body = "\n\n".join(
        part
        for part in (
            row.title,
            row.text,
            address,
            f"-- \n{workspace.name} in Remit. Choose what you are told: "
            f"{settings.REMIT_URL.rstrip('/')}/w/{workspace.slug}/notifications/settings",
        )
        if part
    )
    host = urlsplit(settings.REMIT_URL).hostname or "localhost"
    return EmailMessage(
        subject=" ".join(f"[{workspace.name}] {row.title}".split()),
        body=body,
        to=[row.member.user.email],
        headers={"Message-ID": f"<remit-{row.pk}@{host}>", "Auto-Submitted": "auto-generated"},
        connection=server,
    )


def _failed(row: Notification, error: Exception) -> None:
    logger.warning("A notification could not be mailed (%s).", type(error).__name__)
    problem = type(error).__name__[:200]
    if row.attempts > len(WAITS):
        _note(row, mail=Notification.Mail.FAILED, problem=problem)
    else:
        _note(row, mail_after=timezone.now() + WAITS[row.attempts - 1], problem=problem)


def _note(row: Notification, **fields: object) -> None:
    Notification.objects.filter(pk=row.pk, mail=Notification.Mail.DUE).update(**fields)
