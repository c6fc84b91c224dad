"""Invitations: a link makes one member, once, until it expires."""

from __future__ import annotations

import re
import threading

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from console.accounts import invitations
from console.accounts.models import Invitation, Membership, User
from console.audit.models import Entry
from console.problems import DomainError, Invalid, NotAllowed
from tests.factories import make_member, make_user, make_workspace

pytestmark = pytest.mark.django_db
NEW = {"name": "Bo", "username": "bo", "password": "a long enough word", "again": "a long enough word"}


@pytest.fixture
def admin():
    return make_member(make_workspace(), "admin")


def secret_of(link: str) -> str:
    return link.rstrip("/").rsplit("/", 1)[-1]


def test_a_link_is_sent_shown_once_and_makes_an_account(client, admin, django_capture_on_commit_callbacks):
    client.force_login(admin.user)
    with django_capture_on_commit_callbacks(execute=True):
        form = {"email": "bo@example.com", "roles": ["author", "reviewer"], "days": "7"}
        page = client.post(reverse("accounts:invite", args=[admin.workspace.slug]), form)
    made, link = page.context["made"]
    assert link in page.content.decode()
    assert link in mail.outbox[0].body
    assert mail.outbox[0].to == ["bo@example.com"]
    assert link not in client.get(reverse("accounts:members", args=[admin.workspace.slug])).content.decode()
    assert secret_of(link) not in str(Invitation.objects.values())

    guest, page = Client(), reverse("invitation", args=[secret_of(link)])
    assert admin.workspace.name in guest.get(page).content.decode()
    assert guest.post(page, {**NEW, "again": "another"}).status_code == 422
    assert guest.post(page, {**NEW, "password": "short", "again": "short"}).status_code == 422
    done = guest.post(page, NEW)
    assert done["Location"] == reverse("home:index", args=[admin.workspace.slug])
    assert guest.get(done["Location"]).status_code == 200  # logged in
    member = Membership.objects.get(user__username="bo")
    assert (member.roles, member.user.email) == (["author", "reviewer"], "bo@example.com")
    assert Client().get(page).status_code == 404  # once
    acts = Entry.objects.filter(chain__name=admin.workspace.chain, act__startswith="invitation:")
    assert list(acts.order_by("seq").values_list("act", flat=True)) == [
        "invitation:created",
        "invitation:accepted",
    ]
    assert made.pk == Invitation.objects.get().pk


def test_somebody_with_an_account_joins_as_that(client, admin):
    _, link = invitations.invite(member=admin, roles=["viewer"])
    client.force_login(make_user("cy"))
    client.post(reverse("invitation", args=[secret_of(link)]))
    assert Membership.objects.get(user__username="cy").roles == ["viewer"]


def test_what_leads_nowhere_cannot_be_told_apart(client, admin):
    used, withdrawn, expired = (
        secret_of(invitations.invite(member=admin, roles=["viewer"])[1]) for _ in range(3)
    )
    invitations.accept(secret=used, user=make_user())
    invitations.withdraw(invitation=invitations.invitation_of(withdrawn), member=admin)
    Invitation.objects.filter(pk=invitations.invitation_of(expired).pk).update(expires_at=timezone.now())
    pages = {
        re.sub(r"\b\w{64}\b", "", client.get(reverse("invitation", args=[secret])).content.decode())
        for secret in (used, withdrawn, expired, "n" * 43)
    }
    assert len(pages) == 1
    assert "leads nowhere" in pages.pop()


@pytest.mark.parametrize(
    "given",
    [
        {"roles": []},
        {"roles": ["king"]},
        {"roles": ["viewer"], "email": "x\x00@y"},
        {"roles": ["viewer"], "days": 9},
    ],
)
def test_what_cannot_be_is_said(admin, given):
    with pytest.raises(Invalid):
        invitations.invite(member=admin, **given)


def test_only_an_admin_invites(admin):
    with pytest.raises(NotAllowed):
        invitations.invite(member=make_member(admin.workspace, "approver"), roles=["admin"])


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_joins():
    admin = make_member(make_workspace(), "admin")
    _, link = invitations.invite(member=admin, roles=["viewer"])
    users, said, gate = [make_user(), make_user()], [], threading.Barrier(2)

    def take(user: User) -> None:
        gate.wait()
        try:
            invitations.accept(secret=secret_of(link), user=user)
        except DomainError as error:
            said.append(str(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=take, args=[user]) for user in users]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(said) == 1
    assert Membership.objects.filter(workspace=admin.workspace, roles=["viewer"]).count() == 1
