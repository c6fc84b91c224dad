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
from console.notifications import outbox
from console.problems import DomainError, Invalid, NotAllowed
from tests.factories import make_member, make_user, make_workspace

pytestmark = pytest.mark.django_db
NEW = {"name": "Bo", "username": "bo", "password": "a long enough word", "again": "a long enough word"}


@pytest.fixture
def admin():
    return make_member(make_workspace(), "admin")


def secret_of(link: str) -> str:
    return link.rstrip("/").rsplit("/", 1)[-1]


def test_a_link_is_sent_shown_once_and_makes_an_account(client, admin):
    client.force_login(admin.user)
    form = {"email": "bo@example.com", "roles": ["author", "reviewer"], "days": "7"}
    members = reverse("accounts:members", args=[admin.workspace.slug])
    done = client.post(reverse("accounts:invite", args=[admin.workspace.slug]), form)
    assert (done.status_code, done["Location"]) == (302, members)
    assert b"http" not in str(client.session.items()).encode()  # sealed until it is shown
    client.get(members, headers={"hx-request": "true", "hx-target": "invitations"})
    page = client.get(members)
    made, link = Invitation.objects.get(), page.context["link"]
    assert link in page.content.decode() and "On its way" in page.content.decode()
    assert outbox.send_due() == 1 and outbox.send_due() == 0
    assert link in mail.outbox[0].body
    assert Invitation.objects.get().secret is None
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


def test_a_letter_that_does_not_leave_is_tried_again_shown_and_sent_anew_by_hand(client, admin, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    made, first = invitations.invite(member=admin, roles=["viewer"], email="bo@example.com")
    client.force_login(admin.user)
    members = reverse("accounts:members", args=[admin.workspace.slug])
    region = {"hx-request": "true", "hx-target": "invitations"}
    for attempt in range(1, 7):
        assert outbox.send_due() == 0
        shown = client.get(members, headers=region).content.decode()
        assert "<html" not in shown and "ConnectionRefusedError" in shown
        assert ("attempt 2 of 6" in shown) == (attempt == 1)
        Invitation.objects.update(mail_after=timezone.now())
    assert "given up after 6 attempts" in shown and Invitation.objects.get().secret is None

    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    page = client.post(
        reverse("accounts:invitation-renew", args=[admin.workspace.slug, made.pk]), follow=True
    )
    link = page.context["link"]
    # Whoever took the former letter and comes late says nothing of the new one.
    outbox._note(made, mail="sent", secret=None)
    assert outbox.send_due() == 1
    assert link in mail.outbox[0].body and first not in mail.outbox[0].body
    assert "Mailed</span>" in client.get(members).content.decode()
    assert client.get(reverse("invitation", args=[secret_of(first)])).status_code == 404
    assert client.get(reverse("invitation", args=[secret_of(link)])).status_code == 200

    invitations.renew(invitation=made, member=admin)
    invitations.withdraw(invitation=made, member=admin)
    assert outbox.send_due() == 0 and Invitation.objects.get().mail == "none"
    with pytest.raises(DomainError, match="over already"):
        invitations.renew(invitation=made, member=admin)


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
