"""A run that a live worker works on, watched in a browser: nothing on the page is waited for by a reload.

The model answers only when the test lets it, so that every moment of a run can be looked at.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from console.trials.models import Conversation, Run
from tests import live
from tests.factories import make_member, make_prompt, make_revision, make_scenario, make_suite, make_workspace
from tests.messages_api import MessagesAPI, Request, messages_api

DROPPED = re.compile(r"htmx:(sendAbort|afterRequest)")  # a page that is left while it asks for news says so
HEAR = """() => {
  window.stayed = true; window.heard = [];
  document.querySelector("live-region").addEventListener("live", ({ detail }) => window.heard.push(detail));
}"""


@dataclass
class Gate:
    """Answers wait here until the test lets so many through."""

    places: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def answer(self, request: Request) -> str:
        assert self.places.acquire(timeout=60)
        kind = "a fee of two euros" if "clearly" in request.system else "no charge"
        return f"There is {kind} for that."

    def let(self, count: int) -> None:
        self.places.release(count)


@pytest.fixture(scope="module")
def scripted() -> Iterator[MessagesAPI]:
    with messages_api(key=None) as server:
        yield server


@pytest.fixture(scope="module")
def live_site(django_db_setup: None, scripted: MessagesAPI) -> Iterator[live.Site]:
    with live.site(ANTHROPIC_BASE_URL=scripted.url) as site:
        yield site


@pytest.fixture(scope="module")
def live_worker(django_db_setup: None, scripted: MessagesAPI) -> Iterator[live.Process]:
    with live.worker(ANTHROPIC_BASE_URL=scripted.url) as worker:
        yield worker


@pytest.fixture
def gate(scripted: MessagesAPI) -> Iterator[Gate]:
    gate = Gate()
    scripted.answer = gate.answer
    scripted.calls.clear()
    yield gate
    gate.let(1000)  # whatever a failed test left waiting


@pytest.fixture
def member(transactional_db):
    return make_member(make_workspace("meridian"), "author", name="hanna")


@pytest.fixture
def prompt(member):
    """Two revisions, and a suite of six scenarios: twelve conversations."""
    prompt = make_prompt(member, "aria")
    make_revision(member, prompt)
    make_revision(member, prompt, text="You are Aria of Meridian Bank, an AI. Name every fee clearly.")
    expect_fee = {"kind": "contains", "value": "fee", "turn": 1, "why": "They ask for it."}
    titles = ("Transfer", "Card", "Account", "Statement", "Cheque", "Cash abroad")
    scenarios = [
        make_scenario(f"s{number}", f"What does it cost: {title}?", expect=[expect_fee], title=title)
        for number, title in enumerate(titles)
    ]
    make_suite(member.workspace, *scenarios, slug="fees")
    return prompt


@pytest.fixture
def start(page: Page, sign_in, live_worker, gate: Gate, member, prompt):
    """Start a run of both revisions from the page, two calls at a time."""

    def go() -> Page:
        sign_in(page, member.user)
        page.goto(reverse("trials:new", args=["meridian", "aria"]))
        page.get_by_label("Baseline").select_option(label_of(page, "r1"))
        for revision in ("r1", "r2"):
            page.get_by_role("checkbox", name=revision).set_checked(revision == "r2")
        page.get_by_label("Samples").fill("1")
        page.get_by_label("Calls at a time").fill("2")
        page.get_by_role("button", name="Start the run").click()
        page.wait_for_url("**/runs/1/")
        page.evaluate(HEAR)
        return page

    yield go
    page.complaints[:] = [said for said in page.complaints if not DROPPED.search(said)]


def label_of(page: Page, revision: str) -> str:
    return page.get_by_label("Baseline").locator("option", has_text=revision).first.inner_text()


def figure(page: Page, name: str) -> Locator:
    return page.locator(".figures > div").filter(has=page.get_by_text(name, exact=True)).locator("dd")


def state(page: Page) -> Locator:
    return page.locator("#run-state .state")


def heard_from_the_stream(page: Page) -> bool:
    heard = set(page.evaluate("window.heard"))
    return bool(heard & {"changed", "done"}) and "poll" not in heard


@pytest.fixture
def everywhere(new_page, sign_in, in_every_look, member):
    """Look at the page as it is, in the dark, and on a phone."""

    def look(page: Page, name: str) -> None:
        in_every_look(page, name)
        other = new_page()
        sign_in(other, member.user)
        other.goto(page.url)
        expect(state(other)).to_have_text(state(page).inner_text())
        other.context.close()

    return look


def test_a_run_is_watched_from_its_start_to_its_matrix(start, gate: Gate, everywhere) -> None:
    page = start()
    expect(state(page)).to_have_text("Running")
    expect(figure(page, "in flight")).to_have_text("2 of 2")

    gate.let(3)
    expect(figure(page, "conversations")).to_have_text("3 of 12")
    expect(figure(page, "calls")).to_have_text("3")
    expect(page.get_by_text("No verdict before every planned conversation is in")).to_be_visible()

    # What somebody types meanwhile stays, with its focus.
    page.get_by_label("Find scenarios").type("car")
    gate.let(1)
    expect(figure(page, "conversations")).to_have_text("4 of 12")
    expect(page.get_by_label("Find scenarios")).to_have_value("car")
    expect(page.get_by_label("Find scenarios")).to_be_focused()
    assert page.evaluate("window.stayed") and heard_from_the_stream(page)
    everywhere(page, "run-half-way")

    page.reload()
    page.evaluate(HEAR)
    expect(figure(page, "conversations")).to_have_text("4 of 12")
    gate.let(3)
    expect(figure(page, "conversations")).to_have_text("7 of 12")

    gate.let(5)
    expect(state(page)).to_have_text("Finished")
    assert page.evaluate("window.stayed") and heard_from_the_stream(page)
    expect(page.get_by_role("heading", name="r2 against r1")).to_be_visible()
    expect(page.locator(".statement")).to_contain_text("r2")
    expect(page.locator("table.matrix tbody tr:not(.group)")).to_have_count(6)
    cells = page.locator("table.matrix tbody tr").filter(has_text="Cash abroad").locator("td.num")
    expect(cells).to_have_text(["0/1", "1/1", "+100 pts"])
    expect(page.get_by_role("button", name="Cancel run")).to_have_count(0)
    expect(page.locator("#run-key")).to_be_empty()
    expect(page.locator("#run-body[data-live-done]")).to_have_count(1)
    everywhere(page, "run-finished")


def test_a_cancelled_run_looks_final_only_when_its_last_call_is_in(
    start, gate: Gate, scripted: MessagesAPI, everywhere
) -> None:
    page = start()
    expect(figure(page, "in flight")).to_have_text("2 of 2")
    gate.let(1)
    expect(figure(page, "conversations")).to_have_text("1 of 12")
    expect(figure(page, "in flight")).to_have_text("2 of 2")

    page.get_by_role("button", name="Cancel run").click()
    expect(state(page)).to_have_text("Cancelling")
    expect(figure(page, "conversations")).to_have_text("1 of 12")
    expect(page.get_by_text("2 in flight still end and are booked")).to_be_visible()
    expect(page.get_by_role("button", name="Cancel run")).to_have_count(0)
    page.evaluate(HEAR)
    everywhere(page, "run-cancelling")

    gate.let(1)  # one of the two is still out: nothing looks final
    expect(page.get_by_text("1 in flight still ends and is booked")).to_be_visible()
    expect(state(page)).to_have_text("Cancelling")
    expect(page.get_by_text("No verdict before every planned conversation is in")).to_be_visible()

    gate.let(1)
    expect(state(page)).to_have_text("Cancelled")
    assert page.evaluate("window.stayed") and heard_from_the_stream(page)
    expect(figure(page, "conversations")).to_have_text("3 of 12")
    expect(figure(page, "cancelled")).to_have_text("9")
    expect(page.get_by_text("This run ended before every planned conversation was in")).to_be_visible()
    everywhere(page, "run-cancelled")
    assert len(scripted.calls) == 3
    run = Run.objects.get()
    assert (run.calls, run.in_flight, run.digest) == (3, 0, "")
    ended = list(Conversation.objects.filter(run=run).values_list("status", flat=True))
    assert (ended.count("finished"), ended.count("cancelled")) == (3, 9)
