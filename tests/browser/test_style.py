"""The page of all parts: nothing to complain about in any theme or width, and every island does its work."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from console.accounts.models import User
from tests import live


@pytest.fixture(scope="module")
def live_site(debug_site: live.Site) -> live.Site:
    return debug_site


@pytest.fixture
def open_style(page: Page, new_page: Callable[..., Page]) -> Callable[..., Page]:
    def opened(**options: object) -> Page:
        shown = new_page(**options) if options else page
        shown.goto("/style/")
        expect(shown.locator(".cm-content").nth(1)).to_be_visible()
        return shown

    return opened


def test_no_part_fails_anybody(open_style, in_every_look) -> None:
    in_every_look(open_style(), "style")


def test_a_phone_in_the_dark_fails_nobody(open_style, assert_accessible) -> None:
    page = open_style(color_scheme="dark", width=390)
    assert_accessible(page, "colours")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_question_mark_lists_the_keys_and_single_letters_can_be_turned_off(open_style) -> None:
    page = open_style()
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys on this page")
    expect(dialog).to_contain_text("snapshot")
    dialog.get_by_label("Keys without Ctrl or Alt work").uncheck()
    dialog.get_by_role("button", name="Close").click()
    page.keyboard.press("?")
    expect(dialog).to_have_count(0)


def test_letters_are_letters_while_typing(open_style) -> None:
    page = open_style()
    page.get_by_label("Reason").press_sequentially("why?")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_label("Reason")).to_have_value("why?")


def test_a_shortcut_presses_its_button_even_while_typing(open_style) -> None:
    page = open_style()
    page.evaluate("document.addEventListener('click', e => { window.pressed = e.target.textContent.trim() })")
    page.get_by_label("Reason").press("Control+s")
    assert "Snapshot" in page.evaluate("window.pressed")


def test_j_and_k_walk_the_rows(open_style) -> None:
    page = open_style()
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="Branch desk, r11")).to_be_focused()
    page.keyboard.press("k")
    expect(page.get_by_role("link", name="Collections: softer reminders")).to_be_focused()


def test_a_dialog_opens_takes_the_focus_and_gives_it_back(open_style, assert_accessible) -> None:
    page = open_style()
    opener = page.get_by_role("button", name="Open a dialog")
    opener.click()
    expect(page.get_by_label("What changed, in a sentence")).to_be_focused()
    assert_accessible(page)
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()


def test_a_digest_is_copied_whole(open_style) -> None:
    page = open_style(permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy the revision digest 99999999").first.click()
    expect(page.get_by_role("status").filter(has_text="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "9" * 64


def test_the_range_is_clamped_to_what_is_permitted(open_style) -> None:
    page = open_style()
    page.get_by_role("slider", name="Longest reply").press("End")
    expect(page.get_by_role("spinbutton", name="Longest reply")).to_have_value("2048")
    page.get_by_role("spinbutton", name="Longest reply").fill("5000")
    expect(page.get_by_role("spinbutton", name="Longest reply")).to_have_attribute("aria-invalid", "true")


def test_a_closed_value_that_is_selected_is_still_submitted_until_another_is_chosen(open_style) -> None:
    page = open_style()
    sent = "new FormData(document.querySelector('form.bounds-list')).getAll('behavior.now_out_of_bounds')"
    assert page.evaluate(sent) == ["exploratory"]
    page.get_by_role("group", name="Now out of bounds").get_by_role("radio", name="balanced").check()
    assert page.evaluate(sent)[-1] == "balanced"


def test_the_theme_is_chosen_in_the_account_menu_and_stays(open_style, sign_in, assert_accessible) -> None:
    page = open_style()
    sign_in(page, User.objects.create_user("ada", name="Ada Lovelace"))
    page.reload()
    page.get_by_role("button", name="account of Ada Lovelace").click()
    page.get_by_text("Dark", exact=True).click()
    assert_accessible(page)
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.get_by_role("button", name="account of Ada Lovelace").click()
    page.get_by_text("System", exact=True).click()
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") is None
