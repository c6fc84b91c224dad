"""Logging in: how often it may be tried, how long it lasts, where one is, and what caches keep."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from console.accounts.tasks import sweep as accounts_sweep
from console.audit.models import Entry
from tests.factories import PASSWORD, make_member, make_user, make_workspace

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/login/"


def attempt(client: Client, name: str, password: str, **headers: str):
    return client.post(LOGIN, {"login": name, "password": password}, headers=headers)


def test_guesses_are_slowed_for_the_account_whatever_the_address(settings):
    """Behind a proxy the client's address is the one that the proxy saw, and what the client wrote before it is not."""
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    user = make_user("ada")
    for number in range(5):
        answer = attempt(Client(), "ada", "wrong", **{"X-Forwarded-For": f"6.6.6.6, 203.0.113.{number}"})
        assert "not correct" in answer.content.decode()
    answer = attempt(Client(), "ada", PASSWORD, **{"X-Forwarded-For": "203.0.113.99"})
    assert "Too many failed" in answer.content.decode()
    assert UserSession.objects.filter(user=user).count() == 0
    assert Entry.objects.filter(act="login:refused", subject_name="ada").count() == 5


def test_guesses_are_slowed_for_the_address_whatever_the_account(settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    answers = [
        attempt(Client(), f"nobody{n}", "wrong", **{"X-Forwarded-For": f"{n}.1.1.1, 203.0.113.7"})
        for n in range(11)
    ]
    assert "Too many failed" in answers[-1].content.decode()
    elsewhere = attempt(Client(), "nobody", "wrong", **{"X-Forwarded-For": "203.0.113.8"})
    assert "not correct" in elsewhere.content.decode()


def log_in(name: str, agent: str = "") -> Client:
    client = Client(headers={"User-Agent": agent})
    attempt(client, name, PASSWORD)
    return client


def age(client: Client, **seconds: float) -> None:
    session = client.session
    for name, by in seconds.items():
        session[name] -= by
    session.save()


def test_a_session_ends_when_idle_and_when_old(settings):
    make_user("ada")
    client = log_in("ada")
    assert client.get(reverse("account")).status_code == 200
    age(client, seen=settings.REMIT_SESSION_IDLE - 30)
    assert client.get(reverse("account")).status_code == 200  # and is seen anew
    age(client, seen=settings.REMIT_SESSION_IDLE - 30)
    client.post(reverse("account"), headers={"Accept": "text/event-stream"})  # as a chat's message does
    age(client, seen=settings.REMIT_SESSION_IDLE - 30)
    for asked in ({"Accept": "text/event-stream"}, {"HX-Request": "true", "Remit-By-Itself": "true"}):
        assert client.get(reverse("account"), headers=asked).status_code == 200
    age(client, seen=60)  # what a page does by itself kept nothing alive
    assert client.get(reverse("account")).status_code == 302
    client = log_in("ada")
    client.get(reverse("account"))
    age(client, began=settings.REMIT_SESSION_MOST + 1)
    assert client.get(reverse("account")).status_code == 302


def test_sessions_are_listed_and_ended():
    user = make_user("ada")
    here = log_in("ada", "Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0")
    there = log_in("ada", "Mozilla/5.0 (iPhone) Safari/605")
    third = log_in("ada")
    make_user("eve")
    foreign = log_in("eve")
    page = here.get(reverse("usersessions_list")).content.decode()
    assert "Chrome on Linux" in page
    assert "Safari on iPhone" in page
    one = UserSession.objects.get(session_key=there.session.session_key)
    here.post(reverse("usersessions_list"), {"session": UserSession.objects.get(user__username="eve").pk})
    assert foreign.get(reverse("account")).status_code == 200  # somebody else's is none of mine
    here.post(reverse("usersessions_list"), {"session": one.pk})
    assert there.get(reverse("account")).status_code == 302
    assert third.get(reverse("account")).status_code == 200
    here.post(reverse("usersessions_list"))
    assert third.get(reverse("account")).status_code == 302
    assert here.get(reverse("account")).status_code == 200
    assert Entry.objects.filter(act="account:sessions:ended", actor_id=str(user.pk)).count() == 2


def test_sessions_that_are_over_are_forgotten():
    make_user("ada")
    client, gone = log_in("ada"), log_in("ada")
    over = timezone.now() - timedelta(hours=2)
    Session.objects.filter(session_key=gone.session.session_key).update(expire_date=over)
    UserSession.objects.update(created_at=over)
    accounts_sweep()
    assert Session.objects.get().session_key == client.session.session_key
    assert UserSession.objects.get().session_key == client.session.session_key


def test_pages_are_kept_by_no_cache_and_what_was_refused_is_recorded(client):
    member = make_member(make_workspace(), "viewer")
    client.force_login(member.user)
    home = client.get(reverse("home:index", args=[member.workspace.slug]))
    assert home["Cache-Control"] == "no-store"
    for _ in range(3):
        assert client.get(reverse("prompts:new", args=[member.workspace.slug])).status_code == 403
    refused = Entry.objects.get(act="access:refused")  # once a minute
    assert (refused.subject_name, refused.actor_id) == ("prompts:new", str(member.user_id))
    assert refused.chain.name == member.workspace.chain


def test_the_account_is_changed_by_its_owner_and_the_address_only_with_the_password(client):
    user, _ = make_user("ada"), make_user("bo")
    type(user).objects.filter(username="bo").update(email="bo@example.com")
    client = log_in("ada")
    assert client.post(reverse("account"), {"name": "Ada L", "email": ""})["Location"] == reverse("account")
    taken = client.post(reverse("account"), {"name": "Ada L", "email": "BO@example.com"})
    assert taken.status_code == 422
    asked = client.post(reverse("account"), {"name": "Ada L", "email": "ada@example.com"})
    assert asked["Location"].startswith(reverse("account_reauthenticate"))
    client.post(asked["Location"], {"password": PASSWORD, "next": reverse("account")})
    user.refresh_from_db()
    assert (user.name, user.email) == ("Ada L", "ada@example.com")
    assert Entry.objects.filter(act="account:changed").count() == 2
