"""How soon the first text of a chat's answer stands on the page, against what the endpoint needs (``make bench``).

A real Chromium, the web server as `make up` starts it, a worker with beat beside it, and an endpoint that thinks for a
while and then speaks word by word. Each turn of the chat is followed by the same request, byte for byte, from a client
that does nothing but read: what else the machine does meets both alike. A chat is answered by the web server itself,
so no queue stands between.
"""

from __future__ import annotations

import http.client
import json
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from tests import live
from tests.bench.measured import load
from tests.browser.conftest import browser, complaints, new_page, sign_in  # noqa: F401 (fixtures)
from tests.factories import make_member, make_prompt, make_revision, make_workspace
from tests.messages_api import MessagesAPI, messages_api

TURNS = 20
WORDS = "A transfer within the country costs nothing, and one abroad costs two francs and a half."
GAP = 0.015  # seconds between two pieces of an answer
GOAL = 1.10

# When the key was pressed, and when each column's answer got its first text: in milliseconds of the browser's clock.
WATCH = """() => {
  window.turn = { shown: {} };
  addEventListener("keydown", ({ key, timeStamp }) => { if (key === "Enter") turn.sent = timeStamp; }, true);
  new MutationObserver(() => {
    for (const answer of document.querySelectorAll('.answer[aria-busy="true"]')) {
      const { column } = answer.closest("[data-column]").dataset;
      if (answer.textContent.trim()) turn.shown[column] ??= performance.now();
    }
  }).observe(document.querySelector("chat-pane"), { subtree: true, childList: true, characterData: true });
}"""
SEEN = """() => {
  const { requestStart, responseStart } = performance.getEntriesByType("resource").findLast(({ initiatorType }) => initiatorType === "fetch");
  const seen = { ...turn, shown: Object.values(turn.shown), requestStart, responseStart, origin: performance.timeOrigin };
  window.turn.shown = {};
  performance.clearResourceTimings();
  return seen;
}"""


@dataclass(frozen=True, slots=True)
class Turn:
    """Seconds from the key on. Of two columns that answer the slower one."""

    asked: float  # the browser sends its request
    called: float  # the endpoint has the console's
    begun: float  # the browser has the beginning of the stream
    spoke: float  # the endpoint sent its first text
    shown: float  # it stands on the page


@pytest.fixture(scope="module")
def endpoint() -> Iterator[MessagesAPI]:
    with messages_api(key=None, gap=GAP, answer=lambda request: WORDS) as server:
        yield server


@pytest.fixture(scope="module")
def live_site(django_db_setup: None, live_rehearsal: str, endpoint: MessagesAPI) -> Iterator[live.Site]:
    with live.site(ANTHROPIC_BASE_URL=endpoint.url, REMIT_COLD="") as site:
        yield site


class Direct:
    """A client of the endpoint that keeps its connection, and reads until the first text."""

    def __init__(self, endpoint: MessagesAPI) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(endpoint.url).netloc, timeout=30)

    def first_text(self, body: Mapping[str, Any]) -> float:
        """Seconds from the request to the first text."""
        sent = json.dumps(body).encode()
        started = time.monotonic()
        self._connection.request("POST", "/v1/messages", sent, {"Content-Type": "application/json"})
        response = self._connection.getresponse()
        while b'"text_delta"' not in (line := response.readline()):
            assert line, "the endpoint said nothing"
        took = time.monotonic() - started
        response.read()
        return took


class Chat:
    """A chat on an open page."""

    def __init__(self, page: Page, endpoint: MessagesAPI, columns: int) -> None:
        self._page, self._endpoint, self._columns, self._turns = page, endpoint, columns, 0
        page.evaluate(WATCH)

    def turn(self) -> Turn:
        calls = len(self._endpoint.calls)
        field = self._page.get_by_label("Message")
        field.fill(f"What does transfer {self._turns} cost?")
        field.press("Enter")
        self._turns += 1
        expect(self._page.locator(".answer .took")).to_have_count(self._turns * self._columns)
        expect(self._page.locator("#try-form")).to_have_attribute("aria-busy", "false")
        seen, served = self._page.evaluate(SEEN), self._endpoint.calls[calls:]
        assert len(seen["shown"]) == len(served) == self._columns
        of_endpoint = time.time() - time.monotonic()  # its clock and the browser's, as one

        def since(milliseconds: float) -> float:
            return (milliseconds - seen["sent"]) / 1000

        def since_at_endpoint(seconds: float | None) -> float:
            assert seconds is not None
            return of_endpoint + seconds - (seen["origin"] + seen["sent"]) / 1000

        return Turn(
            asked=since(seen["requestStart"]),
            called=max(since_at_endpoint(call.started) for call in served),
            begun=since(seen["responseStart"]),
            spoke=max(since_at_endpoint(call.spoke) for call in served),
            shown=max(since(shown) for shown in seen["shown"]),
        )


Measured = tuple[list[Turn], list[float]]


def measure(
    open_page: Callable[[], Page], endpoint: MessagesAPI, *, columns: int, new_chats: bool
) -> Measured:
    """The turns of a chat, or of as many chats, and the same requests of the direct client."""
    turns, alone = [], []
    direct = Direct(endpoint)
    chat = Chat(open_page(), endpoint, columns)
    chat.turn()  # the first one warms what a process keeps
    for _ in range(TURNS):
        if new_chats:
            chat = Chat(open_page(), endpoint, columns)
        turns.append(chat.turn())
        alone.append(direct.first_text(endpoint.calls[-1].request.body))
    return turns, alone


@pytest.mark.bench
@pytest.mark.parametrize("latency", [0.3, 1.0])
def test_first_text_comes_as_soon_as_the_endpoint_speaks(
    latency: float,
    new_page: Any,  # noqa: F811
    sign_in: Any,  # noqa: F811
    endpoint: MessagesAPI,
    live_worker: live.Process,
) -> None:
    member = make_member(make_workspace("meridian"), "author")
    prompt = make_prompt(member, "aria")
    make_revision(member, prompt)
    make_revision(member, prompt, text="You are Aria of Meridian Bank, an AI. Keep it brief: one sentence.")
    page = new_page()
    sign_in(page, member.user)
    address = reverse("trials:try", args=["meridian", "aria"])

    def opened(query: str) -> Page:
        page.goto(address + query)
        return page

    endpoint.latency, ratios = latency, []
    print(
        f"\nfirst text of an answer after {latency * 1000:.0f} ms, {TURNS} turns each, {load()}; median and 95 % in ms"
    )
    for name, query, columns, new_chats in (
        ("next message", "?a=1", 1, False),
        ("next, two revisions", "?a=1&b=2", 2, False),
        ("first message, draft", "?a=draft", 1, True),
        ("first, draft and revision", "?a=draft&b=1", 2, True),
    ):
        turns, alone = measure(partial(opened, query), endpoint, columns=columns, new_chats=new_chats)
        ratios.append(show(name, turns, alone))
    print(
        f"{load()}; the slowest {max(ratios):.3f} x, goal {GOAL:.2f}: {'met' if max(ratios) <= GOAL else 'missed'}"
    )


def show(name: str, turns: Sequence[Turn], alone: Sequence[float]) -> float:
    shown = [turn.shown for turn in turns]
    ratio, high = (of(shown) / of(alone) for of in (statistics.median, percentile))
    print(
        f"  {name:32} {milliseconds(shown)}, the endpoint {milliseconds(alone)}: {ratio:.3f} x, 95 % {high:.3f} x"
    )
    parts = {
        "key to request": [turn.asked for turn in turns],
        "to the call at the endpoint": [turn.called - turn.asked for turn in turns],
        "(the stream begins": [turn.begun - turn.asked for turn in turns],
        "the endpoint": [turn.spoke - turn.called for turn in turns],
        "first text to the page": [turn.shown - turn.spoke for turn in turns],
    }
    for part, took in parts.items():
        print(f"    {part + (')' if part[0] == '(' else ''):30} {milliseconds(took)}")
    return ratio


def percentile(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20, method="inclusive")[-1]


def milliseconds(values: Sequence[float]) -> str:
    return f"{statistics.median(values) * 1000:7.1f} {percentile(values) * 1000:7.1f}"
