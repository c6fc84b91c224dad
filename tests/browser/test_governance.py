"""Home, policy, bounds, audit and members as people see them: pictures, accessibility, no sideways scroll."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from console.governance.services import set_bounds
from tests.browser.conftest import LOOKS
from tests.factories import make_member, make_workspace

PAGES = {
    "home": ("home:index", ()),
    "policy": ("governance:policy", ()),
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
def test_page_is_accessible_in_every_look(
    name, member, new_page, sign_in, shoot, assert_accessible, live_site
):
    view, arguments = PAGES[name]
    url = live_site.url + reverse(view, args=[member.workspace.slug, *arguments])
    for look, options, what in (("light", {}, "all"), *LOOKS):
        page = new_page(**options)
        sign_in(page, member.user)
        page.goto(url)
        shoot(page, f"{name}-{look}")
        assert_accessible(page, what)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "scrolls sideways"
        page.context.close()


def test_an_admin_narrows_a_bound(member, page, sign_in, live_site):
    sign_in(page, member.user)
    page.goto(live_site.url + reverse("governance:bounds", args=[member.workspace.slug]))
    row = page.locator('[id="behavior.crude_language"]')
    row.get_by_label("on", exact=True).uncheck()
    page.get_by_label("Reason, part of the record").fill("Not our tone.")
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
