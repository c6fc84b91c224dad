"""Logging in through an identity provider: a real one speaks over HTTP."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.test import Client
from django.urls import reverse

from console.accounts import invitations
from console.accounts.models import Membership, User
from console.audit.models import Entry
from console.single_sign_on import oidc_provider
from tests.factories import make_member, make_user, make_workspace
from tests.oidc_issuer import CLIENT, SECRET, oidc_issuer

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/oidc/oidc/login/"


@pytest.fixture
def issuer(settings):
    with oidc_issuer() as running:
        settings.SOCIALACCOUNT_PROVIDERS = oidc_provider(
            issuer=running.url, client=CLIENT, secret=SECRET, name="Meridian"
        )
        yield running


def come_from(issuer, client: Client, **form: str):
    sent = client.post(LOGIN, form)
    assert sent["Location"].startswith(f"{issuer.url}/authorize?")
    back = issuer.authorise(sent["Location"])
    return client.get(back.split("testserver", 1)[1])


def person(email: str, *, verified: bool = True) -> dict[str, object]:
    return {"sub": f"id of {email}", "email": email, "email_verified": verified, "name": "Ada Lovelace"}


def test_a_known_address_logs_in(issuer, client):
    user = make_user("ada")
    User.objects.filter(pk=user.pk).update(email="ada@meridian.example")
    assert "Log in with Meridian" in client.get("/accounts/login/").content.decode()
    issuer.person = person("ada@meridian.example")
    assert come_from(issuer, client).status_code == 302
    assert client.get(reverse("account")).context["request"].user == user
    assert "/token" in issuer.asked
    # The account is known by its id from now on, whatever the address.
    issuer.person = {**issuer.person, "email": "lovelace@meridian.example"}
    again = Client()
    come_from(issuer, again)
    assert again.get(reverse("account")).context["request"].user == user


def test_nobody_waits_in_an_account_for_whose_address_he_typed(issuer, client):
    eve = make_user("eve")
    TOTP.activate(eve, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    User.objects.filter(pk=eve.pk).update(email="ada@meridian.example")
    issuer.person = person("ada@meridian.example")
    come_from(issuer, client)
    # It is Ada's from now on: nothing that Eve could have put there opens it.
    kept = User.objects.get(pk=eve.pk)
    assert not kept.has_usable_password() and not Authenticator.objects.filter(user=kept).exists()
    assert Entry.objects.filter(act="account:factor:removed").exists()
    # Nor does an account that the issuer knows become another person's by an address typed into it.
    User.objects.filter(pk=eve.pk).update(email="boss@meridian.example")
    issuer.person, boss = person("boss@meridian.example"), Client()
    come_from(issuer, boss)
    assert boss.get(reverse("account")).status_code == 302


@pytest.mark.parametrize("verified", [True, False])
def test_nobody_else_gets_in(issuer, client, verified):
    make_user("ada")
    User.objects.update(email="ada@meridian.example")
    issuer.person = person("eve@elsewhere.example" if verified else "ada@meridian.example", verified=verified)
    page = come_from(issuer, client)
    if page.status_code == 302:
        page = client.get(page["Location"])
    assert client.get(reverse("account")).status_code == 302
    assert User.objects.count() == 1


def test_a_token_for_another_application_is_refused(issuer, client):
    make_user("ada")
    User.objects.update(email="ada@meridian.example")
    issuer.person, issuer.audience = person("ada@meridian.example"), "another application"
    assert "did not work" in come_from(issuer, client).content.decode()
    assert client.get(reverse("account")).status_code == 302


def test_who_holds_an_invitation_comes_in_and_joins(issuer, client):
    admin = make_member(make_workspace(), "admin")
    _, link = invitations.invite(member=admin, roles=["author"])
    page = reverse("invitation", args=[link.rstrip("/").rsplit("/", 1)[-1]])
    assert f"/accounts/login/?next={page}" in client.get(page).content.decode()
    issuer.person = person("new@meridian.example")
    assert come_from(issuer, client, next=page)["Location"] == page
    client.post(page)
    assert Membership.objects.get(workspace=admin.workspace, user__email="new@meridian.example").roles == [
        "author"
    ]


def test_it_is_off_while_nothing_names_an_issuer(client):
    assert oidc_provider(issuer="", client="", secret="", name="x") == {}
    assert "Log in with M" not in client.get("/accounts/login/").content.decode()
    assert client.post(LOGIN).status_code == 404
