"""What htmx gets back when something is wrong: said above the page, never swapped into it.

(With REMIT_DEBUG django-htmx shows Django's own error page instead.)
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect


@pytest.mark.parametrize(("status", "words"), [(404, "no longer here"), (500, "(500)")])
def test_an_error_page_is_never_swapped_in_but_said(page: Page, status: int, words: str) -> None:
    page.goto("/accounts/login/")
    page.route("**/broken", lambda route: route.fulfill(status=status, body="<h1>Broken</h1>"))
    page.evaluate("htmx.ajax('GET', '/broken', '#main')")
    expect(page.locator("#notices")).to_contain_text(words)
    expect(page.get_by_text("Broken")).to_have_count(0)
    page.complaints.clear()


def test_a_problem_becomes_a_notice(page: Page) -> None:
    page.goto("/accounts/login/")
    headers = {"HX-Retarget": "#notices", "HX-Reswap": "beforeend", "Content-Type": "text/html"}
    notice = '<div class="notice" data-severity="block"><p><strong>The slug is taken.</strong> Choose another.</p></div>'
    page.route("**/taken", lambda route: route.fulfill(status=409, headers=headers, body=notice))
    # What polls says that nobody asked, so that it keeps no login alive; what somebody presses does not.
    place = """words => {
        main.insertAdjacentHTML('beforeend', words)
        htmx.process(main.lastElementChild)
    }"""
    with page.expect_request("**/polled") as polled:
        page.route("**/polled", lambda route: route.fulfill(status=286))  # htmx: no more of it
        page.evaluate(place, '<p hx-get="/polled" hx-trigger="every 50ms"></p>')
    assert polled.value.headers.get("remit-by-itself") == "true"
    page.evaluate(place, '<button type="button" hx-post="/taken">Take it</button>')
    with page.expect_request("**/taken") as pressed:
        page.get_by_role("button", name="Take it").click()
    assert "remit-by-itself" not in pressed.value.headers
    expect(page.locator("#notices")).to_contain_text("The slug is taken.")
    page.get_by_role("button", name="Dismiss").click()
    expect(page.locator("#notices .notice")).to_have_count(0)


def test_a_server_that_is_away_is_said(page: Page) -> None:
    page.goto("/accounts/login/")
    page.route("**/away", lambda route: route.abort())
    page.evaluate("htmx.ajax('GET', '/away', '#main').catch(() => {})")
    expect(page.locator("#notices")).to_contain_text("does not answer")
    page.complaints.clear()  # type: ignore[attr-defined]
