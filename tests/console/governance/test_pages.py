"""The policy, its rules and codes, and the audit, as a member reads them."""

from __future__ import annotations

import pytest
from django.urls import reverse

import policies
from tests.factories import make_member, make_workspace

pytestmark = pytest.mark.django_db


def get(client, member, name: str, *args: str, **query: str):
    client.force_login(member.user)
    return client.get(reverse(f"governance:{name}", args=[member.workspace.slug, *args]), query)


@pytest.fixture
def member():
    return make_member(make_workspace(), "author", "auditor")


def test_the_policy_page_shows_every_rule_and_behaviour(client, member):
    page = get(client, member, "policy").content.decode()
    pack = policies.load_pack()
    for rule in pack.rules:
        assert rule.id in page
    for behavior in pack.behaviors:
        assert reverse("governance:rule", args=[member.workspace.slug, behavior.id]) in page
    assert f"Honesty <b>{len(pack.honesty) + len(pack.ethics)}</b>" in page


@pytest.mark.parametrize(
    "rule", [r.id for r in policies.load_pack().rules] + [b.id for b in policies.load_pack().behaviors]
)
def test_every_rule_has_a_page(client, member, rule):
    assert get(client, member, "rule", rule).status_code == 200


def test_a_page_argues(client, member):
    """What breaks a limit and what does not; why a behaviour weighs what it does, is narrowed, and opens."""
    page = get(client, member, "rule", "limit.emergency").content.decode()
    assert "What breaks it" in page and "Not turning every worry into an emergency." in page
    page = get(client, member, "rule", "behavior.creativity").content.decode()
    assert "Where it is narrower" in page and "Terms, rates and products are not to be embroidered." in page
    page = get(client, member, "rule", "behavior.clinical_detail").content.decode()
    assert "A wrong dose can kill" in page and "severity 3" in page
    assert "Doses are for people who are trained to weigh them" in page
    assert (
        "approval of a clinical reviewer" in page and "SET301" in page and "Points to emergency help" in page
    )
    assert "GRT102" in page and "SET101" not in page and "GRT101" not in page, "it is known"
    assert "default as it fits" in get(client, member, "rule", "behavior.tone").content.decode()
    page = get(client, member, "rule", "behavior.balanced_views").content.decode()
    assert "Balanced views off needs Persuasion disclaimer on (blocks)." in page
    page = get(client, member, "rule", "behavior.crude_language").content.decode()
    assert "When a user asks for crude language, use it until they ask you to stop" in page


@pytest.mark.parametrize("check", policies.CHECKS, ids=lambda check: check.code)
def test_every_code_has_a_page_with_its_reason_and_fix(client, member, check):
    page = get(client, member, "code", check.code)
    assert page.status_code == 200
    assert check.title in page.content.decode().replace("&#x27;", "'").replace("&quot;", '"')


@pytest.mark.parametrize(("name", "what"), [("rule", "limit.none"), ("code", "NOP999")])
def test_what_the_policy_does_not_know_is_not_there(client, member, name, what):
    assert get(client, member, name, what).status_code == 404


def test_the_audit_is_for_auditors_and_admins(client, member):
    assert get(client, member, "audit").status_code == 200
    assert get(client, make_member(member.workspace, "author"), "audit").status_code == 403


def test_the_audit_filters_and_verifies(client, member):
    answer = get(client, member, "audit", act="member:added", verify="1")
    page = answer.content.decode()
    assert "The chain holds." in page
    assert "workspace:created</code>" not in page


def test_a_filter_that_fits_nothing_says_what_to_do(client, member):
    assert "Clear the filter" in get(client, member, "audit", who="nobody of that name").content.decode()


@pytest.mark.parametrize("name", ["policy", "bounds", "audit"])
def test_pages_take_few_statements(client, member, name, django_assert_max_num_queries):
    client.force_login(member.user)
    with django_assert_max_num_queries(12):
        get(client, member, name)


def test_the_policy_is_searched(client, member):
    page = get(client, member, "policy", q="emergency").content.decode()
    assert "limit.emergency" in page and "limit.csam" not in page
    assert get(client, member, "policy", q="no such thing").status_code == 200


def test_bounds_are_read_by_domain_and_audience(client, member):
    page = get(
        client, member, "reach", domain="finance", audience="public", q="clinical detail"
    ).content.decode()
    assert "Clinical detail" in page and "Creativity" not in page
    assert "<b>On</b> is closed by the policy for finance; open in medical" in page
    page = get(client, member, "reach", domain="medical", audience="professionals").content.decode()
    assert "a clinical reviewer must approve" in page
    assert get(client, member, "reach", domain="nowhere", audience="martians").status_code == 200


def test_who_closed_it_since_when_and_what_opens_it_besides(client, member):
    from console.governance.services import set_bounds

    admin = make_member(member.workspace, "admin")
    saved = set_bounds(
        member=admin, bounds={"behavior.clinical_detail": {"permitted": ["off"]}}, reason="", version=0
    )
    since = saved.statement["behavior.clinical_detail"]["since"]
    page = get(
        client, member, "reach", domain="medical", audience="staff", q="clinical detail"
    ).content.decode()
    assert f"is closed by {member.workspace.name} on {since}; an admin can open it" in page
    assert "the policy would allow it in medical with the approval of a clinical reviewer" in page
