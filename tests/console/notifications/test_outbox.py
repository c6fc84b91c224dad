"""Members are told once, as they prefer; letters leave from the rows, also when the mail server was away."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from console.notifications import outbox
from console.notifications.models import Kind, Notification
from console.notifications.services import notify, prefer
from tests.factories import make_member, make_workspace

pytestmark = pytest.mark.django_db


def told(*, email: str = "mara@example.org", kind: Kind = Kind.ASKED, key: str = "1", member=None):
    member = member or make_member(make_workspace(), "reviewer")
    member.user.email = email
    member.user.save()
    notify([member], kind=kind, key=key, title="Hanna\nasks you", address="/w/x/reviews/1/", text="Soon.")
    return member


def test_of_one_event_a_member_is_told_once():
    member = told()
    told(member=member)
    assert member.notifications.count() == 1


def test_an_open_page_learns_what_is_unread_and_that_is_no_activity_of_a_person(client):
    member = told()
    client.force_login(member.user)
    address = reverse("notifications:unread", args=[member.workspace.slug])
    assert client.get(address).json() == {"unread": 1}
    session = client.session
    session["seen"] = seen = session["seen"] - 120
    session.save()
    client.get(address)
    assert client.session["seen"] == seen
    client.post(reverse("notifications:read_all", args=[member.workspace.slug]))
    assert client.get(address).json() == {"unread": 0} and client.session["seen"] > seen


def test_a_letter_says_what_and_where_on_one_line_of_subject(settings):
    settings.REMIT_URL = "https://remit.example.org"
    member = told()
    assert outbox.send_due() == 1
    (letter,) = mail.outbox
    assert letter.subject == f"[{member.workspace.name}] Hanna asks you"
    assert "https://remit.example.org/w/x/reviews/1/" in letter.body
    assert letter.extra_headers["Message-ID"].endswith("@remit.example.org>")
    assert outbox.send_due() == 0
    assert member.notifications.get().mail == "sent"


def test_who_prefers_otherwise_is_told_otherwise():
    member = told()
    prefer(member=member, shown=["asked"], mailed=[])
    told(member=member, key="2")
    assert member.notifications.get(key="2").mail == "none"
    prefer(member=member, shown=[], mailed=["asked", "nonsense"])
    told(member=member, key="3")
    assert member.notifications.get(key="3").read_at is not None
    prefer(member=member, shown=[], mailed=[])
    told(member=member, key="4")
    assert not member.notifications.filter(key="4").exists()


def test_without_an_address_or_after_the_account_was_closed_nothing_is_mailed():
    assert told(email="").notifications.get().mail == "none"
    member = told()
    member.user.is_active = False
    member.user.save()
    assert outbox.send_due() == 0
    assert member.notifications.get().mail == "none"


def test_a_server_that_is_away_is_asked_again_later_and_not_for_ever(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    member = told()
    for attempt in range(1, 7):
        assert outbox.send_due() == 0
        row = member.notifications.get()
        assert (row.attempts, row.problem) == (attempt, "ConnectionRefusedError")
        assert row.mail == ("due" if attempt < 6 else "failed")
        assert outbox.send_due() == 0 and member.notifications.get().attempts == attempt
        Notification.objects.update(mail_after=timezone.now() - timedelta(seconds=1))


def test_a_letter_that_was_taken_by_somebody_who_died_comes_back():
    member = told()
    (row,) = outbox._take(outbox.POSTS[0])
    assert outbox.send_due() == 0
    Notification.objects.update(mail_after=timezone.now() - timedelta(seconds=1))
    assert outbox.send_due() == 1
    assert member.notifications.get().attempts == row.attempts + 1


def test_the_page_lists_what_is_unread_and_opening_marks_it(client, django_assert_max_num_queries):
    member = told()
    stranger = make_member(make_workspace(), "reviewer")
    client.force_login(member.user)
    url = reverse("notifications:list", args=[member.workspace.slug])
    with django_assert_max_num_queries(9):
        page = client.get(url).content.decode()
    assert "Notifications, 1 unread" in page and "asks you" in page
    opened = reverse("notifications:open", args=[member.workspace.slug, member.notifications.get().pk])
    assert client.get(opened).status_code == 405
    client.force_login(stranger.user)
    foreign = opened.replace(member.workspace.slug, stranger.workspace.slug)
    assert client.post(foreign).status_code == 404
    client.force_login(member.user)
    assert client.post(opened)["Location"] == "/w/x/reviews/1/"
    assert "Nothing unread" in client.get(url).content.decode()


def test_the_settings_are_kept(client):
    member = told()
    client.force_login(member.user)
    url = reverse("notifications:settings", args=[member.workspace.slug])
    assert client.post(url, {"shown": ["asked", "stale"], "mailed": ["mentioned"]}).status_code == 302
    member.refresh_from_db()
    assert (member.preferences.shown, member.preferences.mailed) == (["asked", "stale"], ["mentioned"])
    page = client.get(url).content.decode()
    assert page.count(" checked") == 3
