"""Logging in over SAML: an identity provider signs, and everything that it did not sign, or not for us, is refused."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from console.accounts import invitations
from console.accounts.deployment import single_sign_on
from console.accounts.models import Membership, User
from console.audit.acts import Act
from console.audit.models import Entry
from console.single_sign_on import saml_problem, saml_provider
from tests.factories import make_member, make_user, make_workspace
from tests.saml_issuer import ENTITY, SSO, IdentityProvider, make_key

pytestmark = pytest.mark.django_db
LOGIN, ACS = "/accounts/saml/saml/login/", "/accounts/saml/saml/acs/"
KEY = make_key()


def given(**other: str) -> dict[str, str]:
    known = {
        "entity_id": ENTITY,
        "metadata": "",
        "sso_url": SSO,
        "certificate": KEY.certificate,
        "attributes": "",
    }
    return {**known, **other}


@pytest.fixture
def provider(settings):
    settings.SOCIALACCOUNT_PROVIDERS = saml_provider(**given(), name="Meridian")
    return IdentityProvider(key=KEY)


@pytest.fixture
def ada():
    user = make_user("ada")
    User.objects.filter(pk=user.pk).update(email="ada@meridian.example")
    return user


def ask(client: Client, **form: str) -> str:
    location = client.post(LOGIN, form)["Location"]
    assert location.startswith(f"{SSO}?SAMLRequest=")
    return location


def bring(client: Client, answer: str):
    """The browser posts from the provider's page, then follows to where the session's cookie comes along."""
    kept = client.post(ACS, {"SAMLResponse": answer, "RelayState": ""})
    return client.get(kept["Location"]) if kept.status_code == 302 else kept


def who(client: Client):
    page = client.get(reverse("account"))
    return page.context["request"].user if page.status_code == 200 else None


def test_a_known_address_logs_in_and_is_known_by_its_id_from_then_on(provider, ada, client):
    assert "Log in with Meridian" in client.get("/accounts/login/").content.decode()
    assert bring(client, provider.answer(ask(client), signed=KEY)).status_code == 302
    assert who(client) == ada
    provider.email, again = "lovelace@meridian.example", Client()
    bring(again, provider.answer(ask(again), signed=KEY))
    assert who(again) == ada


def test_who_holds_an_invitation_comes_in_and_nobody_else(provider, client):
    admin = make_member(make_workspace(), "admin")
    _, link = invitations.invite(member=admin, roles=["author"])
    page = reverse("invitation", args=[link.rstrip("/").rsplit("/", 1)[-1]])
    provider.email, stranger = "new@meridian.example", Client()
    bring(stranger, provider.answer(ask(stranger), signed=KEY))
    assert who(stranger) is None and User.objects.count() == 1
    refused = Entry.objects.filter(act=Act.LOGIN_REFUSED).latest("seq")
    assert refused.subject_name == "new@meridian.example"
    assert bring(client, provider.answer(ask(client, next=page), signed=KEY))["Location"] == page
    client.post(page)
    assert Membership.objects.get(user__email="new@meridian.example").roles == ["author"]


FORGED = {
    "nobody signed": lambda p, at: p.answer(at, signed=None),
    "another key": lambda p, at: p.answer(at, signed=make_key()),
    "for another application": lambda p, at: _with(p, audience="https://other.example").answer(
        at, signed=KEY
    ),
    "by another provider": lambda p, at: _with(p, issuer="https://evil.example").answer(at, signed=KEY),
    "too old": lambda p, at: _with(p, age=timedelta(hours=1)).answer(at, signed=KEY),
    "SHA-1": lambda p, at: _with(p, digest="http://www.w3.org/2000/09/xmldsig#sha1").answer(at, signed=KEY),
    "unasked": lambda p, at: _with(p, unasked=True).answer(at, signed=KEY),
    "words changed": lambda p, at: _edited(p.answer(at, signed=KEY), b"eve@", b"ada@"),
    "no XML": lambda p, at: base64.b64encode(b"hello").decode(),
    "no base64": lambda p, at: "%%%",
    "entities": lambda p, at: base64.b64encode(b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>').decode(),
    "nothing": lambda p, at: "",
    "too much": lambda p, at: "A" * 300_000,
}


def _with(provider: IdentityProvider, **other: object) -> IdentityProvider:
    return IdentityProvider(key=provider.key, **other)  # type: ignore[arg-type]


def _edited(answer: str, old: bytes, new: bytes) -> str:
    return base64.b64encode(base64.b64decode(answer).replace(old, new)).decode()


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_what_the_provider_did_not_say_to_us_now_is_refused(provider, ada, client, forge):
    if forge is FORGED["words changed"]:
        provider.email = "eve@meridian.example"
    page = bring(client, forge(provider, ask(client)))
    assert page.status_code in {400, 401, 403, 422}
    assert who(client) is None
    if page.status_code == 401:
        assert Entry.objects.filter(act=Act.LOGIN_REFUSED, subject_name="Meridian").count() == 1


def test_an_answer_counts_once_and_only_where_it_was_asked_for(provider, ada, client):
    answer = provider.answer(ask(client), signed=KEY)
    thief = Client()
    assert bring(thief, answer).status_code == 403
    assert bring(client, answer).status_code == 302
    client.logout()
    assert "did not work" in bring(client, answer).content.decode()
    assert who(client) is None and who(thief) is None


def test_an_address_that_the_provider_does_not_vouch_for_names_nobody(provider, ada, client, settings):
    settings.SOCIALACCOUNT_PROVIDERS = saml_provider(
        **given(attributes="email_verified=sure"), name="Meridian"
    )
    provider.attributes = {"sure": "false"}
    bring(client, provider.answer(ask(client), signed=KEY))
    assert who(client) is None
    provider.attributes = {"sure": "true"}
    bring(client, provider.answer(ask(client), signed=KEY))
    assert who(client) == ada


def test_the_metadata_name_us_and_offer_no_way_to_log_people_out(provider, client):
    told = client.get("/accounts/saml/saml/metadata/").content.decode()
    assert ACS in told and "SingleLogout" not in told
    assert client.get("/accounts/saml/saml/sls/?SAMLRequest=x").status_code == 404
    assert client.get(ACS).status_code == 405


def test_it_is_off_while_nothing_names_a_provider(client, settings):
    assert saml_provider(**given(entity_id=""), name="x") == {}
    assert client.post(LOGIN).status_code == client.post(ACS).status_code == 404


def test_metadata_that_cannot_be_had_are_a_sentence(client, settings):
    off = saml_provider(**given(metadata="https://127.0.0.1:9/"), name="x")
    settings.SOCIALACCOUNT_PROVIDERS = off
    page = client.post(LOGIN)
    assert (page.status_code, "did not work" in page.content.decode()) == (400, True)


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"sso_url": ""}, "SAML needs"),
        ({"entity_id": ""}, "SAML needs"),
        ({"metadata": "http://idp.example"}, "no https"),
        ({"certificate": "/no/such/file"}, "neither a certificate"),
        ({"attributes": "mail=email"}, "maps mail; known are uid, email"),
    ],
)
def test_what_is_set_wrongly_is_said_in_a_sentence(settings, setting, said):
    settings.REMIT_SAML_PROBLEM = saml_problem(**given(**setting))
    (warning,) = single_sign_on()
    assert said in warning.msg


def test_missing_packages_are_said(monkeypatch):
    monkeypatch.setattr("console.single_sign_on.find_spec", lambda name: None)
    assert "requirements-saml.lock" in saml_problem(**given())
    assert saml_problem(entity_id="", metadata="", sso_url="", certificate="", attributes="") == ""


def test_a_certificate_may_stand_in_a_file(tmp_path):
    (tmp_path / "idp.pem").write_text(KEY.certificate)
    assert saml_problem(**given(certificate=str(tmp_path / "idp.pem"))) == ""
