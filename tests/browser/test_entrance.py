"""The way in, as a person meets it: the login form on the real site."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from console.accounts.models import User


def test_a_stranger_is_asked_to_log_in_and_comes_back(page: Page, assert_accessible, shoot) -> None:
    User.objects.create_user("ada", "ada@example.org", "a long enough word")
    page.goto("/")
    shoot(page, "login")
    assert_accessible(page)
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password").fill("a wrong word")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_text("not correct")).to_be_visible()
