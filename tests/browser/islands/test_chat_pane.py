"""The chat pane: text while it is written, two columns, and a message that is never lost."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from console.embedded.processes import wait_until

PANE = """
  <chat-pane>
    <div data-column="14"><div data-turns role="log" tabindex="0" aria-label="r14"></div></div>
    <div data-column="15"><div data-turns role="log" tabindex="0" aria-label="r15"></div></div>
    <form method="post" action="/say"><input type="hidden" name="chat" value=""><label>Message <textarea name="message"></textarea></label><button>Send</button><button type="button" data-stop="/stop" data-key="Escape" hidden>Stop</button></form>
  </chat-pane>"""


def event(name: str, **data: object) -> str:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"


@pytest.fixture
def say(fill, page: Page) -> Callable[..., Page]:
    def send(
        *events: str, status: int = 200, content_type: str = "text/event-stream", hang: bool = False
    ) -> Page:
        def answer(route: Route) -> None:
            if not hang:
                route.fulfill(status=status, content_type=content_type, body="".join(events))

        page.route("**/say", answer)
        fill(PANE)
        page.get_by_label("Message").fill("Am I talking to a person?")
        page.get_by_label("Message").press("Enter")
        return page

    return send


def test_two_revisions_answer_side_by_side(say) -> None:
    page = say(
        event("delta", column="14", text="I’m "),
        event("delta", column="15", text="<b>No</b>"),
        event("delta", column="14", text="Aria, an AI."),
        event("turn", column="15", html='<div class="answer"><p>No, I’m an AI.</p></div>'),
        event("done"),
    )
    expect(page.get_by_label("r14").locator(".answer")).to_have_text("I’m Aria, an AI.")
    expect(page.get_by_label("r15").locator(".answer")).to_have_text("No, I’m an AI.")
    expect(page.get_by_label("r14").locator(".said")).to_have_text("Am I talking to a person?")
    expect(page.get_by_label("Message")).to_have_value("")
    expect(page.get_by_label("Message")).to_be_focused()


def test_what_a_model_says_is_text(say) -> None:
    page = say(event("delta", column="14", text="<img src=x onerror=alert(1)>"), event("done"))
    expect(page.get_by_label("r14").locator(".answer")).to_have_text("<img src=x onerror=alert(1)>")
    expect(page.locator("chat-pane img")).to_have_count(0)


def test_an_answer_that_is_cut_off_stays_and_is_said(say) -> None:
    page = say(event("delta", column="14", text="I’m "))
    expect(page.locator("#notices")).to_contain_text("cut off")
    expect(page.get_by_label("r14").locator(".answer")).to_have_text("I’m")


def test_a_refused_message_comes_back(say) -> None:
    page = say(
        json.dumps({"detail": "The budget of this workspace is used up."}),
        status=409,
        content_type="application/problem+json",
    )
    expect(page.locator("#notices")).to_contain_text("used up")
    expect(page.get_by_label("Message")).to_have_value("Am I talking to a person?")
    expect(page.locator("chat-pane .said")).to_have_count(0)


def test_an_error_in_the_stream_is_said(say) -> None:
    page = say(
        event("error", column="15", message="The provider is overloaded. Try again in a minute."),
        event("done"),
    )
    expect(page.locator("#notices")).to_contain_text("overloaded")


def test_a_message_that_never_arrived_is_given_up(say) -> None:
    page = say(hang=True)
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Send")).to_be_enabled()
    expect(page.get_by_label("Message")).to_have_value("Am I talking to a person?")


STREAM = """() => {
  const start = window.fetch;
  window.fetch = (url, options) => {
    if (!String(url).endsWith("/say")) return start(url, options);
    const body = new ReadableStream({ start: (controller) => { window.told = controller; } });
    return Promise.resolve(new Response(body, { headers: { "Content-Type": "text/event-stream" } }));
  };
  window.tell = (text) => window.told.enqueue(new TextEncoder().encode(text));
}"""


def test_stop_asks_the_console_and_shows_what_came(fill, page: Page) -> None:
    asked: list[str | None] = []

    def stop(route: Route) -> None:
        asked.append(route.request.post_data)
        route.fulfill(status=500 if len(asked) == 1 else 204)

    page.route("**/stop", stop)
    fill(PANE)
    page.evaluate(STREAM)
    page.get_by_label("Message").fill("Tell me a story")
    page.get_by_label("Message").press("Enter")
    page.evaluate("text => tell(text)", event("chat", chat=7, url="#"))
    page.evaluate("text => tell(text)", event("delta", column="14", text="Once upon"))
    page.get_by_label("Message").press("Escape")
    expect(page.locator("#notices")).to_contain_text("500")
    page.get_by_label("Message").press("Escape")
    assert wait_until(lambda: asked == ["chat=7", "chat=7"], within=5)
    expect(page.get_by_role("button", name="Send")).to_be_disabled()
    page.evaluate(
        "text => tell(text)", event("turn", column="14", html='<div class="answer">Once upon</div>')
    )
    page.evaluate("text => tell(text)", event("done"))
    expect(page.get_by_role("button", name="Send")).to_be_enabled()
    expect(page.get_by_role("button", name="Stop")).to_be_hidden()
    expect(page.get_by_label("r14").locator(".answer")).to_have_text("Once upon")
    page.complaints.clear()  # type: ignore[attr-defined]
