"""Telling members: a row each, in the transaction of what happened; letters go out later, from the same rows."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils import timezone

from console import live, queue
from console.accounts.mailed import SEND
from console.accounts.models import Membership
from console.notifications.models import Kind, Notification, Preferences


def bell(member: Membership) -> str:
    """The live topic that says ``bell`` when what a member has not read changes: every stream of theirs listens to it."""
    return f"bell:{member.pk}"


def notify(
    members: Iterable[Membership], *, kind: Kind, key: str, title: str, address: str, text: str = ""
) -> None:
    """Tell ``members`` once of the event ``key``, each as they prefer. ``address`` is a path of this console.

    Call it in the transaction of the event. Three statements, whatever the number.
    """
    told = {member.pk: member for member in members if member.user.is_active}
    if not told:
        return
    preferences = {row.member_id: row for row in Preferences.objects.filter(member__in=told)}
    rows = [
        row
        for pk, member in told.items()
        if (row := _row(member, preferences.get(pk) or Preferences(member=member), kind))
    ]
    for row in rows:
        row.key, row.title, row.text, row.address = key[:120], title[:200], text[:400], address
    Notification.objects.bulk_create(rows, ignore_conflicts=True)
    live.publish_all([bell(row.member) for row in rows if row.read_at is None], "bell")
    if any(row.mail == Notification.Mail.DUE for row in rows):
        queue.wake(SEND, 0)


def _row(member: Membership, preferences: Preferences, kind: Kind) -> Notification | None:
    shown, mailed = kind in preferences.shown, kind in preferences.mailed and bool(member.user.email)
    if not shown and not mailed:
        return None
    now = timezone.now()
    return Notification(
        member=member,
        kind=kind,
        # What is only mailed does not ring the bell.
        read_at=None if shown else now,
        mail=Notification.Mail.DUE if mailed else Notification.Mail.NONE,
        mail_after=now if mailed else None,
    )


def mark_read(member: Membership, pk: int | None = None) -> int:
    """Mark one notification of the member as read, or all; returns how many were not."""
    unread = member.notifications.filter(read_at=None)
    count = (unread.filter(pk=pk) if pk is not None else unread).update(read_at=timezone.now())
    if count:
        live.publish(bell(member), "bell")  # in other tabs
    return count


def preferences_of(member: Membership) -> Preferences:
    return Preferences.objects.filter(member=member).first() or Preferences(member=member)


def prefer(*, member: Membership, shown: Iterable[str], mailed: Iterable[str]) -> Preferences:
    """Keep how the member wants to be told; words that are no kinds are left out."""
    wanted = {"shown": _kinds(shown), "mailed": _kinds(mailed)}
    return Preferences.objects.update_or_create(member=member, defaults=wanted)[0]


def _kinds(words: Iterable[str]) -> list[str]:
    given = set(words)
    return [kind for kind in Kind.values if kind in given]
