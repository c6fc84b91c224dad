"""Letters that are due, sent by whoever takes them first. A letter that is taken and not sent comes back by itself.

The mail server may have accepted one whose sender died before noting it: the repeat carries the same Message-ID, so
that mailboxes recognise it.
"""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from console.accounts import invitations
from console.accounts.mailed import MOST_ATTEMPTS, WAITS, Mailed
from console.accounts.models import Invitation
from console.notifications.models import Notification
from console.problems import DomainError

logger = logging.getLogger(__name__)
AT_ONCE = 20
AWAY = (OSError, smtplib.SMTPException)
Status = Mailed.Mail
TAKEN = timedelta(minutes=2)  # until somebody else may take it


@dataclass(frozen=True, slots=True)
class Letter:
    to: str
    subject: str
    body: str
    id: str  # the same at every attempt


@dataclass(frozen=True, slots=True)
class Post:
    """Rows of one kind: how to read them, and the letter of one (None: there is nobody to tell any more)."""

    rows: type[Mailed]
    related: tuple[str, ...]
    letter: Callable[[Any], Letter | None]
    # What is forgotten, or noted, once the letter left or was given up.
    sent: Callable[[], dict[str, Any]] = dict
    over: Callable[[], dict[str, Any]] = dict


def send_due() -> int:
    """Send what is due; returns how many letters left."""
    return sum(_send_of(post) for post in POSTS)


def _send_of(post: Post) -> int:
    sent = 0
    while taken := _take(post):
        sent += _send_all(post, taken)
        if len(taken) < AT_ONCE:
            break
    return sent


def _take(post: Post) -> list[Any]:
    """Take some, by a row lock and a time: nobody sends inside a transaction."""
    now = timezone.now()
    rows: Any = post.rows._default_manager
    with transaction.atomic():
        due = rows.filter(mail=Status.DUE, mail_after__lte=now).order_by("mail_after")
        ids = list(
            due.select_for_update(no_key=True, skip_locked=True, of=("self",)).values_list("pk", flat=True)[
                :AT_ONCE
            ]
        )
        rows.filter(pk__in=ids).update(mail_after=now + TAKEN, attempts=F("attempts") + 1)
    return list(rows.filter(pk__in=ids).select_related(*post.related))


def _send_all(post: Post, rows: list[Any]) -> int:
    """Over one connection; a server that is away is asked once for all of them."""
    server = get_connection(timeout=10)
    try:
        server.open()
    except AWAY as error:
        for row in rows:
            _failed(post, row, error)
        return 0
    try:
        return sum(_send(post, row, server) for row in rows)
    finally:
        server.close()


def _send(post: Post, row: Any, server: BaseEmailBackend) -> bool:
    try:
        letter = post.letter(row)
        if letter is None:
            _note(row, mail=Status.NONE, **post.over())
            return False
        _message(letter, server).send()
    except (*AWAY, ValueError, DomainError) as error:
        _failed(post, row, error)
        return False
    _note(row, mail=Status.SENT, problem="", **post.over(), **post.sent())
    return True


def _message(letter: Letter, server: BaseEmailBackend) -> EmailMessage:
    host = urlsplit(settings.REMIT_URL).hostname or "localhost"
    return EmailMessage(
        subject=" ".join(letter.subject.split()),
        body=letter.body,
        to=[letter.to],
        headers={"Message-ID": f"<remit-{letter.id}@{host}>", "Auto-Submitted": "auto-generated"},
        connection=server,
    )


def _of_notification(row: Notification) -> Letter | None:
    """A plain letter: what happened and where. Nothing of a prompt leaves the console by mail."""
    user, workspace = row.member.user, row.member.workspace
    if not (user.is_active and user.email):
        return None
    here = settings.REMIT_URL.rstrip("/")
    chosen = f"-- \n{workspace.name} in Remit. Choose what you are told: {here}/w/{workspace.slug}/notifications/settings"
    parts = (row.title, row.text, f"{here}{row.address}", chosen)
    return Letter(
        user.email,
        f"[{workspace.name}] {row.title}",
        "\n\n".join(part for part in parts if part),
        f"{row.pk}",
    )


def _of_invitation(row: Invitation) -> Letter | None:
    said = invitations.letter_of(row)
    # Another link is another letter.
    return said and Letter(row.email, *said, f"invitation-{row.pk}-{row.hash[:12]}")


POSTS = (
    Post(Notification, ("member__user", "member__workspace"), _of_notification),
    Post(
        Invitation,
        ("created_by", "workspace"),
        _of_invitation,
        sent=lambda: {"mailed_at": timezone.now()},
        over=lambda: {"secret": None},
    ),
)


def _failed(post: Post, row: Mailed, error: Exception) -> None:
    what = type(error).__name__[:200]
    logger.warning("A letter of %s %s could not be mailed (%s).", post.rows._meta.model_name, row.pk, what)
    if row.attempts >= MOST_ATTEMPTS:
        _note(row, mail=Status.FAILED, problem=what, **post.over())
    else:
        _note(row, mail_after=timezone.now() + WAITS[row.attempts - 1], problem=what)


def _note(row: Mailed, **fields: object) -> None:
    """INVARIANT: whoever took the row too long ago, or of whom it was asked anew since, changes nothing."""
    rows: Any = type(row)._default_manager
    rows.filter(pk=row.pk, mail=Status.DUE, mail_after=row.mail_after).update(**fields)
