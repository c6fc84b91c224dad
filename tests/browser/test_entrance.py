"""The way in, as a person meets it: the login form on the real site."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import AssertAccessible, Shoot
from tests.factories import PASSWORD, make_member, make_user, make_workspace


def test_a_stranger_is_asked_to_log_in_and_comes_to_the_page_asked_for(
    page: Page, assert_accessible: AssertAccessible, shoot: Shoot
) -> None:
    make_member(make_workspace("acme"), user=make_user("ada"))
    page.goto("/w/acme/")
    shoot(page, "login")
    assert_accessible(page)
    log_in(page, "ada", "a wrong word")
    expect(page.get_by_text("not correct")).to_be_visible()
    log_in(page, "ada", PASSWORD)
    expect(page).to_have_url(re.compile("/w/acme/$"))


def log_in(page: Page, name: str, word: str) -> None:
    page.get_by_label("Login").fill(name)
    page.get_by_label("Password").fill(word)
    page.get_by_role("button", name="Log in").click()
