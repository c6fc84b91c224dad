"""What stands around every page: navigation, jump, skip link, the strip of a playground."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import SignIn
from tests.factories import make_member, make_prompt, make_user, make_workspace


@pytest.fixture
def home(page: Page, sign_in: SignIn) -> Page:
    member = make_member(make_workspace("acme"), "author", "admin", user=make_user("ada"))
    for slug in ("aria", "clara", "ariadne"):
        make_prompt(member, slug)
    sign_in(page, member.user)
    page.goto("/w/acme/")
    return page


def test_control_k_finds_by_keyboard_alone(home: Page, assert_accessible) -> None:
    home.keyboard.press("Control+k")
    expect(home.get_by_role("searchbox")).to_be_focused()
    home.keyboard.type("aria")
    results = home.locator("#jump-results a")
    expect(results).to_have_count(2)
    assert_accessible(home)
    home.keyboard.press("ArrowDown")
    home.keyboard.press("ArrowDown")
    expect(results.nth(1)).to_be_focused()
    home.keyboard.press("ArrowUp")
    home.keyboard.press("ArrowUp")
    home.keyboard.type("dn")
    expect(results).to_have_count(1)
    home.keyboard.press("Enter")
    expect(home).to_have_url(re.compile("/w/acme/prompts/ariadne/"))


def test_escape_leaves_the_jump_where_one_was(home: Page) -> None:
    home.keyboard.press("Control+k")
    home.keyboard.press("Escape")
    expect(home.get_by_role("dialog")).to_have_count(0)
    expect(home).to_have_url(re.compile("/w/acme/$"))


def test_the_jump_is_a_page_too(home: Page, assert_accessible) -> None:
    home.goto("/w/acme/jump?q=clara")
    expect(home.locator("#jump-results a")).to_have_count(1)
    assert_accessible(home)


def test_a_playground_says_so_on_every_page(home: Page) -> None:
    expect(home.get_by_text("Rehearsal may count as evidence here")).to_be_visible()
    home.goto("/w/acme/policy/")
    expect(home.get_by_text("Rehearsal may count as evidence here")).to_be_visible()


def test_the_first_tab_skips_the_navigation(home: Page) -> None:
    home.keyboard.press("Tab")
    expect(home.get_by_role("link", name="Skip to content")).to_be_focused()
    home.keyboard.press("Enter")
    expect(home.locator("main")).to_be_focused()


def test_two_letters_lead_to_a_page(home: Page) -> None:
    home.keyboard.press("g")
    home.keyboard.press("l")
    expect(home).to_have_url(re.compile("/w/acme/policy/"))


def test_logging_out_is_two_steps(home: Page) -> None:
    home.get_by_role("button", name="account of").click()
    home.get_by_role("button", name="Log out").click()
    expect(home).to_have_url(re.compile("/accounts/login/"))


def test_what_is_not_there_says_what_to_do(home: Page, assert_accessible) -> None:
    home.goto("/w/acme/prompts/nobody/compose")
    expect(home.get_by_role("heading", level=1)).to_contain_text("isn’t here")
    assert_accessible(home)
    home.complaints.clear()  # type: ignore[attr-defined]
