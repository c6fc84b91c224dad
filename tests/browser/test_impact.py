"""Narrower bounds, looked at before they hold: what they would block, live, then put in force."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from console.governance.services import bounds_for
from tests.browser.conftest import AssertAccessible, InEveryLook, NewPage, Shoot, SignIn
from tests.factories import make_member, make_prompt, make_user, make_workspace

CREATIVITY = "behavior.creativity"


def test_an_admin_sees_what_narrower_bounds_would_block_and_puts_them_in_force(
    new_page: NewPage,
    sign_in: SignIn,
    shoot: Shoot,
    assert_accessible: AssertAccessible,
    in_every_look: InEveryLook,
    live_worker: Any,
) -> None:
    admin = make_member(make_workspace("meridian"), "admin", "author", user=make_user("hanna"))
    for number in range(30):
        value = "balanced" if number % 3 else "strict"
        make_prompt(admin, f"assistant-{number}", settings={CREATIVITY: {"value": value}})
    page = new_page()
    sign_in(page, admin.user)

    page.goto("/w/meridian/bounds/")
    row = page.get_by_role("group", name="Creativity")
    row.get_by_label("balanced").uncheck()
    page.locator("#bounds-form").get_by_label("Reason, part of the record").fill("Calm answers only")
    page.get_by_role("button", name="What would change").click()
    expect(page.get_by_role("alert")).to_contain_text("a level can't have a gap")
    expect(page.locator("#bounds-form").get_by_label("Reason, part of the record")).to_have_value(
        "Calm answers only"
    )
    row.get_by_label("exploratory").uncheck()
    shoot(page, "bounds")
    page.get_by_role("button", name="What would change").click()

    blocked = page.get_by_role("region", name="Newly blocked")
    expect(blocked.get_by_role("listitem")).to_have_count(20)
    expect(page.get_by_role("button", name="Put these bounds in force")).to_be_visible()
    assert bounds_for(admin.workspace).version == 0
    in_every_look(page, "impact")
    page.reload()
    expect(blocked.get_by_role("listitem")).to_have_count(20)

    page.get_by_role("button", name="Put these bounds in force").click()
    expect(page.get_by_text("The bounds are in force.")).to_be_visible()
    expect(page.get_by_role("heading", name="In force")).to_be_visible()
    assert bounds_for(admin.workspace).version == 1

    page.goto("/w/meridian/policy/versions")
    expect(page.get_by_text("Calm answers only").first).to_be_visible()
    assert_accessible(page)
    shoot(page, "policy-versions")
    page.get_by_role("button", name="What would change with model-spec@2026.1").click()
    expect(page.get_by_role("button", name="Put model-spec@2026.1 in force")).to_be_visible(timeout=60_000)
    shoot(page, "impact-policy")
