"""Autosave: whatever the server answers, what was typed is in the form, in the browser, or saved."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote_plus

import pytest
from playwright.sync_api import Page, Route, expect

PAUSE = 250  # milliseconds after the last key
FORM = """
  <span data-save-state></span>
  <draft-form data-save-url="/save" data-draft="draft:17" data-merge-url="/merge" data-login-url="/login"><form method="post">
    <input type="hidden" name="version" value="87"><label>Task <textarea name="task">Be brief.</textarea></label>
    <label>on <input type="radio" name="tone" value="on"></label> <label>off <input type="radio" name="tone" value="off" checked></label>
    <label data-save-ignore>Search <input name="q"></label>
  </form></draft-form>
  <form method="get" action="/style/" data-after-save><button>Snapshot</button></form>
  <p id="region" hx-get="/region" hx-trigger="draft-saved from:body">not yet</p>"""


class Server:
    """Answers /save as it is told, and remembers what it was sent."""

    def __init__(self, page: Page) -> None:
        self.page, self.received = page, []  # type: ignore[var-annotated]
        self.answers: list[Callable[[Route], None]] = []
        page.context.route("**/save", self._save)
        page.context.route(
            "**/merge", lambda route: route.fulfill(body="<title>Merge</title>", content_type="text/html")
        )
        page.route("**/region", lambda route: route.fulfill(body="refreshed", content_type="text/html"))

    def will(self, status: int, content_type: str = "application/json", **answer: Any) -> None:
        self.answers.append(
            lambda route: route.fulfill(status=status, content_type=content_type, body=json.dumps(answer))
        )

    def will_be_away(self) -> None:
        self.answers.append(lambda route: route.abort())

    def _save(self, route: Route) -> None:
        self.received.append(unquote_plus(route.request.post_data or ""))
        if self.answers:
            return self.answers.pop(0)(route)
        version = 87 + len(self.received)
        return route.fulfill(json={"version": version, "saved": f"Saved, version {version}"})


@pytest.fixture
def server(page: Page) -> Server:
    return Server(page)


@pytest.fixture
def typed(fill: Callable[[str], Page]) -> Callable[[str], Page]:
    def type_text(text: str) -> Page:
        page = fill(FORM)
        page.get_by_label("Task").fill(text)
        return page

    return type_text


def copy(page: Page) -> str | None:
    return page.evaluate("localStorage.getItem('remit:draft:draft:17')")


def test_it_saves_after_a_pause_and_regions_hear_of_it(typed, server: Server) -> None:
    page = typed("Be brief and kind.")
    expect(page.locator("[data-save-state]")).to_have_text("Saved, version 88")
    expect(page.locator("#region")).to_have_text("refreshed")
    assert "Be brief and kind." in server.received[0]
    assert page.locator("[name=version]").input_value() == "88"


@pytest.mark.usefixtures("throw_page_away")
def test_many_keys_are_few_saves_and_the_version_travels_along(fill, server: Server) -> None:
    page = fill(FORM)
    # The pause after a key passes when the test says so: between two keys a busy machine takes longer than that.
    page.clock.install()
    page.clock.pause_at(datetime.now() + timedelta(seconds=5))
    page.get_by_label("Task").press_sequentially("abcdefgh")
    assert not server.received
    page.clock.run_for(PAUSE)
    expect(page.locator("[data-save-state]")).to_have_text("Saved, version 88")
    page.get_by_label("on").check()
    page.clock.run_for(PAUSE)
    expect(page.locator("[data-save-state]")).to_have_text("Saved, version 89")
    assert len(server.received) == 2
    assert "version=88" in server.received[1]


def test_what_is_ignored_is_not_saved(typed, server: Server) -> None:
    page = typed("a")
    expect(page.locator("[data-save-state]")).to_have_text("Saved, version 88")
    page.get_by_label("Search").fill("needle")
    page.get_by_label("on").check()
    expect(page.locator("[data-save-state]")).to_have_text("Saved, version 89")
    assert len(server.received) == 2


def test_a_conflict_stops_saving_and_offers_the_merge_with_all_that_was_typed(typed, server: Server) -> None:
    server.will(409, detail="Ines saved version 88 while you wrote.")
    page = typed("Mine.")
    notice = page.locator("#notices .notice")
    expect(notice).to_contain_text("Ines saved version 88")
    page.get_by_label("Task").fill("Mine, and more.")
    assert "Mine, and more." in (copy(page) or "")
    with page.expect_request("**/merge") as merging:
        notice.get_by_role("button", name="Merge the two").click()
    assert "Mine%2C+and+more." in (merging.value.post_data or "")
    assert len(server.received) == 1


def test_logged_out_it_keeps_a_copy_and_goes_on_after_the_log_in(typed, server: Server) -> None:
    server.will(401, detail="Log in again to go on.")
    page = typed("While away.")
    expect(page.locator("#notices")).to_contain_text("You were logged out.")
    expect(page.get_by_role("link", name="Log in in a new tab")).to_have_attribute("href", "/login")
    assert "While away." in (copy(page) or "")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("[data-save-state]")).to_have_text("Saved, version 89")
    expect(page.locator("#notices .notice")).to_have_count(0)
    assert copy(page) is None


def test_a_refusal_is_said_in_its_words_and_nothing_is_lost(typed, server: Server) -> None:
    server.will(413, detail="The text has 300,000 characters; 200,000 is the most.")
    page = typed("Too long.")
    expect(page.locator("#notices")).to_contain_text("200,000 is the most")
    page.get_by_label("Task").fill("Short.")
    expect(page.locator("[data-save-state]")).to_have_text("Saved, version 89")


def test_without_an_answer_it_tries_again(typed, server: Server, page: Page) -> None:
    server.will_be_away()
    server.will(503, "text/html")
    typed("Offline.")
    expect(page.locator("#notices")).to_contain_text("The console does not answer.")
    assert "Offline." in (copy(page) or "")
    expect(page.locator("[data-save-state]")).to_have_text("Saved, version 90")
    page.complaints.clear()  # type: ignore[attr-defined]


def test_what_could_not_be_saved_is_offered_on_the_next_visit(typed, fill, server: Server) -> None:
    server.will(401)
    page = typed("Left behind.")
    expect(page.locator("#notices")).to_contain_text("logged out")
    fill(FORM)
    expect(page.locator("#notices")).to_contain_text("was not saved")
    page.get_by_role("button", name="Put it back").click()
    expect(page.get_by_label("Task")).to_have_value("Left behind.")
    expect(page.locator("[data-save-state]")).to_contain_text("Saved")
    assert copy(page) is None


def test_a_copy_can_be_discarded(typed, fill, server: Server) -> None:
    server.will(401)
    page = typed("Left behind.")
    expect(page.locator("#notices")).to_contain_text("logged out")
    fill(FORM)
    page.get_by_role("button", name="Discard it").click()
    assert copy(page) is None
    expect(page.get_by_label("Task")).to_have_value("Be brief.")


def test_a_snapshot_waits_for_the_draft(typed, server: Server) -> None:
    page = typed("Last words.")
    page.get_by_role("button", name="Snapshot").click()
    page.wait_for_url("**/style/?")
    assert "Last words." in server.received[0]


def test_leaving_the_page_keeps_a_copy_of_what_is_on_its_way(typed, server: Server) -> None:
    server.will_be_away()
    page = typed("On the way out.")
    page.goto("/style/?elsewhere")
    assert "On the way out." in (copy(page) or "")
    page.complaints.clear()  # type: ignore[attr-defined]
