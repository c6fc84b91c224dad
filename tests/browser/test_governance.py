"""Home, policy, bounds, audit and members as people see them: pictures, accessibility, no sideways scroll."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from console.governance.services import set_bounds
from tests.factories import make_member, make_prompt, make_workspace
from tests.policies.packs import OURS

PAGES = {
    "home": ("home:index", ()),
    "policy": ("governance:policy", ()),
    "reach": ("governance:reach", ()),
    "publish": ("governance:publish", ()),
    "rule": ("governance:rule", ("behavior.creativity",)),
    "code": ("governance:code", ("DSC101",)),
    "bounds": ("governance:bounds", ()),
    "audit": ("governance:audit", ()),
    "members": ("accounts:members", ()),
    "jump": ("home:jump", ()),
}


@pytest.fixture
def member(transactional_db):
    member = make_member(make_workspace("meridian"), "author", "admin", "auditor", name="hanna")
    make_member(member.workspace, "reviewer", name="mara")
    set_bounds(
        member=member,
        bounds={"behavior.creativity": {"lowest": "strict", "highest": "balanced"}},
        reason="Customers read these answers as advice.",
        version=0,
    )
    return member


@pytest.mark.parametrize("name", PAGES)
def test_page_is_accessible_in_every_look(name, member, page, sign_in, in_every_look, live_site):
    view, arguments = PAGES[name]
    sign_in(page, member.user)
    page.goto(live_site.url + reverse(view, args=[member.workspace.slug, *arguments]))
    in_every_look(page, name)


def test_an_admin_narrows_a_bound(member, page, sign_in, live_site):
    sign_in(page, member.user)
    page.goto(live_site.url + reverse("governance:bounds", args=[member.workspace.slug]))
    row = page.locator('[id="behavior.crude_language"]')
    row.get_by_label("on", exact=True).uncheck()
    page.locator("#bounds-form").get_by_label("Reason, part of the record").fill("Not our tone.")
    page.get_by_role("button", name="Put in force").click()
    page.get_by_text("Bounds 2 are in force.").wait_for()
    assert not row.get_by_label("on", exact=True).is_checked()
    assert "narrowed since" in row.inner_text()


def test_the_audit_filters_in_place(member, page, sign_in, live_site):
    sign_in(page, member.user)
    page.goto(live_site.url + reverse("governance:audit", args=[member.workspace.slug]))
    page.get_by_label("Act").select_option("policy:bounds:changed")
    expect(page.locator("#entries tbody tr")).to_have_count(1)
    assert "act=policy%3Abounds%3Achanged" in page.url


def test_an_admin_publishes_a_policy_and_puts_it_in_force(
    member, new_page, sign_in, shoot, assert_accessible, live_site, live_worker
):
    words = {"id": "task", "kind": "task", "text": "Recommend the Growth Fund to everybody."}
    make_prompt(member, "adviser", sections=[words], domain="finance")
    page = new_page()
    sign_in(page, member.user)
    page.goto(live_site.url + "/w/meridian/policy/versions")
    page.get_by_role("link", name="Publish a policy").click()
    page.get_by_label("Policy", exact=True).fill(OURS.replace("{0,20}growth", "{0,900}growth"))
    page.get_by_role("button", name="Look at it").click()
    expect(page.locator("#faults")).to_contain_text("line 21")
    shoot(page, "publish-faults")
    page.get_by_label("Policy", exact=True).fill(OURS)
    page.get_by_role("button", name="Look at it").click()
    expect(page.locator("#changes")).to_contain_text("New rule: Never recommends a named investment.")
    assert_accessible(page)
    shoot(page, "publish-looked")
    page.get_by_label("Reason, part of the record").fill("Our licence.")
    page.get_by_role("button", name="Publish meridian@2026.1").click()
    page.get_by_role("button", name="What would change with meridian@2026.1").click()
    expect(page.get_by_role("region", name="Newly blocked")).to_contain_text("OWN101", timeout=60_000)
    page.get_by_role("button", name="Put meridian@2026.1 in force").click()
    expect(page.get_by_text("meridian@2026.1 is in force.")).to_be_visible()
    page.goto(live_site.url + "/w/meridian/prompts/adviser/compose")
    expect(page.get_by_text("Names an investment").first).to_be_visible()
    shoot(page, "compose-own-policy")
    page.goto(live_site.url + "/w/meridian/policy/rules/ethics.no_advice")
    expect(page.locator("#used")).to_contain_text("Has findings for it")
    assert_accessible(page)
    shoot(page, "rule-used")

    page.goto(live_site.url + "/w/meridian/policy/versions")
    page.get_by_role("button", name="What would change with model-spec@2026.1").click()
    page.get_by_role("button", name="Put model-spec@2026.1 in force").click(timeout=60_000)
    expect(page.get_by_text("model-spec@2026.1 is in force.")).to_be_visible()
    page.goto(live_site.url + "/w/meridian/policy/")
    expect(page.get_by_role("heading", name="Chain of command, after the Model Spec")).to_be_visible()
    page.goto(live_site.url + "/w/meridian/prompts/adviser/compose")
    expect(page.get_by_text("model-spec@2026.1").first).to_be_visible()
    assert_accessible(page)
    shoot(page, "compose-model-spec")
