"""Live regions: events while there is a stream, polling where there is none, silence when all is done."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

REGION = """
  <live-region src="/events"><p id="any" hx-get="/part" hx-trigger="live from:closest live-region">0</p>
  <p id="one" hx-get="/part" hx-trigger="live:finished from:closest live-region">0</p></live-region>"""


def counting(page: Page) -> list[str]:
    asked: list[str] = []

    def part(route: Route) -> None:
        asked.append(route.request.headers["hx-target"])
        route.fulfill(body=str(len(asked)), content_type="text/html")

    page.route("**/part", part)
    return asked


def stream(*events: str) -> Callable[[Route], None]:
    """The given events once; from then on the cap is reached."""
    left = ["".join(f"event: {event}\ndata: run:7\n\n" for event in events)]

    def answer(route: Route) -> None:
        if left:
            route.fulfill(body=": beat\n\n" + left.pop(), content_type="text/event-stream")
        else:
            route.fulfill(status=204)

    return answer


def test_a_burst_of_events_is_one_refresh(fill, page: Page) -> None:
    asked = counting(page)
    page.route("**/events", stream(*["changed"] * 50))
    fill(REGION)
    expect(page.locator("#any")).not_to_have_text("0")
    assert asked.count("any") <= 2  # the burst, and the look when the stream has ended
    assert "one" not in asked


def test_one_kind_of_event_can_be_heard_alone(fill, page: Page) -> None:
    counting(page)
    page.route("**/events", stream("changed", "finished"))
    fill(REGION)
    expect(page.locator("#one")).not_to_have_text("0")


def test_beyond_the_cap_it_polls(fill, page: Page) -> None:
    asked = counting(page)
    page.route("**/events", lambda route: route.fulfill(status=204))
    fill(REGION)
    expect(page.locator("#any")).not_to_have_text("0")
    assert "one" not in asked


def test_done_it_asks_no_more(fill, page: Page) -> None:
    asked: list[str] = []
    page.route("**/events", lambda route: (asked.append("events"), route.fulfill(status=204)))
    fill(REGION.replace("<live-region", "<live-region data-done"))
    fill(REGION.replace('id="one"', 'id="one" data-live-done'))
    expect(page.locator("#any")).to_have_text("0")
    assert not asked


def test_many_tabs_leave_connections_free(fill, page: Page) -> None:
    open_streams: list[Route] = []
    page.context.route("**/events", lambda route: open_streams.append(route))
    fill(REGION * 10)
    page.wait_for_function("navigator.locks.query().then(({ held }) => held.length === 3)")
    page.request.get("/healthz")
    assert len(open_streams) == 3


@pytest.mark.usefixtures("throw_page_away")
def test_the_bell_rings_by_the_stream_and_asks_by_itself_only_without_one(fill, page: Page) -> None:
    asked, told = counting(page), {"unread": 3}
    looks: list[str] = []

    def unread(route: Route) -> None:
        looks.append(route.request.headers["accept"])
        route.fulfill(json=told)

    page.route("**/unread", unread)
    page.route("**/events", stream("bell", "bell"))
    page.clock.install()
    fill('<live-bell src="/unread"><a href="#">Told</a></live-bell>' + REGION)
    page.clock.run_for(1_000)
    bell = page.locator("live-bell a")
    expect(bell).to_have_attribute("aria-label", "Notifications, 3 unread")
    assert set(looks) == {"application/json"} and len(looks) <= 2  # the bells, and when the stream had ended
    assert "one" not in asked
    for told["unread"], label, count in (
        (0, "Notifications", []),
        (120, "Notifications, 120 unread", ["99+"]),
    ):
        page.clock.run_for(31_000)
        expect(bell).to_have_attribute("aria-label", label)
        assert bell.locator("b").all_text_contents() == count
