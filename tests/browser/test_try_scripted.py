"""The Try page against an endpoint that does what the test says: slow, failing, refusing."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from console.embedded.processes import wait_until
from console.trials.models import Conversation, Suite
from tests import live
from tests.factories import make_member, make_prompt, make_revision, make_scenario, make_suite, make_workspace
from tests.messages_api import Answer, Fault, MessagesAPI, messages_api

WORDS = "First words, then a few more of them, and then an end."


@pytest.fixture(scope="module")
def scripted() -> Iterator[MessagesAPI]:
    with messages_api(key=None) as server:
        yield server


@pytest.fixture(scope="module")
def live_site(django_db_setup: None, scripted: MessagesAPI) -> Iterator[live.Site]:
    """A site of this module's own, whose model is ``scripted``."""
    with live.site(ANTHROPIC_BASE_URL=scripted.url) as site:
        yield site


@pytest.fixture
def api(scripted: MessagesAPI) -> MessagesAPI:
    scripted.answer, scripted.gap = (lambda request: WORDS), 0.0
    return scripted


@pytest.fixture
def member(transactional_db):
    return make_member(make_workspace("meridian"), "author", name="hanna")


@pytest.fixture
def prompt(member):
    prompt = make_prompt(member, "aria")
    make_revision(member, prompt)
    return prompt


@pytest.fixture
def start(page, sign_in, api, member, prompt):
    def go(query: str = "") -> Page:
        sign_in(page, member.user)
        page.goto(reverse("trials:try", args=[member.workspace.slug, prompt.slug]) + query)
        return page

    return go


def send(page: Page, text: str) -> None:
    page.get_by_label("Message").fill(text)
    page.get_by_label("Message").press("Enter")


def test_the_answer_is_seen_while_it_is_written(start, api) -> None:
    page = start()
    api.gap = 0.4
    send(page, "Hello")
    writing = page.locator('.answer[aria-busy="true"] p')
    expect(writing).to_contain_text("First")
    assert "end." not in writing.inner_text()
    expect(page.locator(".answer .took")).to_contain_text("ended its turn", timeout=20_000)
    assert page.locator(".answer p").first.inner_text() == WORDS
    expect(page.locator("[data-rehearsal]")).to_have_count(0)


def test_an_answer_is_finished_after_the_browser_left(start, api) -> None:
    page = start()
    api.gap = 0.2
    send(page, "Hello")
    expect(page.locator('.answer[aria-busy="true"] p')).to_contain_text("First")
    address = page.url
    page.goto("about:blank")
    assert wait_until(lambda: Conversation.objects.get().turns == 1, within=20)
    page.goto(address)
    expect(page.locator(".answer p").first).to_have_text(WORDS)


STORY = "Once upon a time there was a bank, and its customers asked how much a transfer costs. " * 20


def test_a_key_stops_the_answer_and_what_came_is_kept(
    start, api, new_page, sign_in, member, shoot, assert_accessible
) -> None:
    page = start()
    api.gap, api.answer = 0.1, lambda request: STORY
    expect(page.get_by_role("button", name="Stop")).to_be_hidden()
    send(page, "Tell me a story")
    expect(page.locator('.answer[aria-busy="true"] p')).to_contain_text("Once upon")
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    assert_accessible(page)
    shoot(page, "try-writing")
    page.get_by_label("Message").press("Escape")
    expect(page.locator(".answer .took")).to_contain_text("stopped by you")
    assert wait_until(lambda: api.calls[-1].ended is not None, within=5), "the provider's stream is closed"
    words = page.locator(".answer p").first.inner_text()
    assert words and STORY.startswith(words) and len(words) < len(STORY)
    expect(page.get_by_role("button", name="Stop")).to_be_hidden()
    expect(page.get_by_label("Message")).to_be_focused()
    assert_accessible(page)
    address = page.url
    other = new_page(width=390, color_scheme="dark")
    sign_in(other, member.user)
    other.goto(address)
    expect(other.locator(".answer .took")).to_contain_text("stopped by you")
    expect(other.locator(".answer p").first).to_have_text(words)
    shoot(other, "try-stopped-390-dark")
    api.gap, api.answer = 0.0, lambda request: WORDS
    send(page, "Shorter, please")
    expect(page.locator(".answer .took")).to_have_count(2)
    assert [message["role"] for message in api.calls[-1].request.body["messages"]] == [
        "user",
        "assistant",
        "user",
    ]


def test_the_button_stops_both_answers(start, api) -> None:
    page = start("?a=draft&b=1")
    api.gap, api.answer = 0.1, lambda request: STORY
    send(page, "Tell me a story")
    for column in page.locator('.answer[aria-busy="true"] p').all():
        expect(column).to_contain_text("Once upon")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".answer .took").filter(has_text="stopped by you")).to_have_count(2)


def test_an_answer_is_stopped_from_a_page_that_was_loaded_meanwhile(
    start, api, new_page, sign_in, member, shoot, assert_accessible
) -> None:
    page = start()
    api.gap, api.answer = 0.1, lambda request: STORY
    send(page, "Tell me a story")
    expect(page.locator('.answer[aria-busy="true"] p')).to_contain_text("Once upon")
    page.reload()
    expect(page.get_by_text("The answer is being written")).to_be_visible()
    expect(page.get_by_label("Message")).to_have_value("")
    assert_accessible(page)
    shoot(page, "try-meanwhile")
    other = new_page(width=390, color_scheme="dark")
    sign_in(other, member.user)
    other.goto(page.url)
    shoot(other, "try-meanwhile-390-dark")
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.locator(".answer .took")).to_contain_text("stopped by you")


def test_stopped_before_the_first_word_the_message_is_back(start, api) -> None:
    page = start()
    api.fail_next(Fault("hang"))
    send(page, "Are you there?")
    assert wait_until(lambda: bool(api.calls) and api.calls[-1].outcome == "hang", within=10)
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#notices")).to_contain_text("Stopped before an answer came")
    expect(page.get_by_label("Message")).to_have_value("Are you there?")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".answer .took")).to_have_count(1)


@pytest.mark.parametrize(
    ("fault", "words"), [("overloaded", "overloaded"), ("refused_key", "key"), ("reset", "reset")]
)
def test_a_failure_is_one_sentence_and_the_message_is_back(start, api, shoot, fault, words) -> None:
    page = start()
    api.fail_next(Fault(fault))
    send(page, "Are you there?")
    expect(page.locator("#notices")).to_contain_text(re.compile(words, re.IGNORECASE))
    expect(page.get_by_label("Message")).to_have_value("Are you there?")
    expect(page.locator(".said")).to_have_count(0)
    page.reload()
    expect(page.get_by_label("Message")).to_have_value("Are you there?")
    shoot(page, f"try-{fault}")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".answer .took")).to_have_count(1)


def test_a_cut_stream_keeps_what_came_and_can_be_tried_again(start, api, assert_accessible, shoot) -> None:
    page = start()
    api.fail_next(Fault("truncated"))
    send(page, "Hello")
    expect(page.locator("#notices")).not_to_be_empty()
    again = page.get_by_role("button", name="Try again")
    if again.count() == 0:  # nothing was readable before the cut
        page.get_by_role("button", name="Send").click()
    else:
        assert_accessible(page)
        shoot(page, "try-cut")
        again.click()
    expect(page.locator(".answer .took")).to_have_count(1)


def test_one_of_two_fails_and_only_that_one_is_asked_again(start, api, shoot) -> None:
    page = start("?a=draft&b=1")
    api.gap = 0.1  # the other column still writes when this one has failed
    api.fail_next(Fault("server"))
    send(page, "Hello")
    expect(page.get_by_role("button", name="Try again")).to_be_disabled()
    expect(page.get_by_role("button", name="Try again")).to_be_enabled()
    expect(page.locator(".answer .took")).to_have_count(1)
    shoot(page, "try-one-failed")
    calls = len(api.calls)
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".answer .took")).to_have_count(2)
    expect(page.get_by_role("button", name="Try again")).to_have_count(0)
    assert len(api.calls) == calls + 1


def test_a_refusal_names_its_category(start, api, shoot) -> None:
    page = start()
    api.answer = lambda request: Answer("", stop_reason="refusal", refusal={"category": "cyber"})
    send(page, "Something")
    expect(page.locator(".answer")).to_contain_text("category cyber")
    shoot(page, "try-refused")


def test_a_chat_is_saved_as_a_scenario(
    start, api, member, assert_accessible, shoot, new_page, sign_in
) -> None:
    page = start()
    send(page, "What does a transfer cost?")
    page.get_by_role("link", name="Save as scenario").click()
    expect(page.get_by_label("1. turn of the user")).to_have_value("What does a transfer cost?")
    assert_accessible(page)
    page.get_by_label("Kind").first.select_option("not_contains")
    page.get_by_label("Value").first.fill("guarantee")
    shoot(page, "keep")
    page.get_by_role("button", name="Save scenario").click()
    expect(page.locator("#notices")).to_contain_text("Saved in")
    assert_accessible(page)
    shoot(page, "suite-kept")
    (kept,) = Suite.objects.get().versions.get().scenarios
    assert kept["expect"] == [{"kind": "not_contains", "value": "guarantee", "turn": "last", "why": ""}]


def test_suites_are_filtered_edited_and_imported(
    page, sign_in, api, member, assert_accessible, in_every_look, shoot, new_page
) -> None:
    expect_fee = {"kind": "contains", "value": "fee", "turn": 1, "why": "They ask for it."}
    tool = {"name": "find_card", "fixtures": [{"when": {"last": "81"}, "result": {"found": True}}]}
    make_suite(
        member.workspace,
        make_scenario("fees", "What does it cost?", expect=[expect_fee], tools=[tool]),
        make_scenario("bye", "Goodbye"),
        slug="core",
    )
    sign_in(page, member.user)
    page.goto(reverse("trials:suites", args=["meridian"]))
    in_every_look(page, "suites")
    page.get_by_role("link", name="Core").click()
    page.get_by_label("Filter scenarios").fill("cost")
    expect(page.locator("details.scenario")).to_have_count(1)
    expect(page.get_by_role("status").filter(has_text="1 of 2")).to_be_visible()
    in_every_look(page, "suite")
    page.get_by_role("link", name="Edit Scenario fees").click()
    page.get_by_label("Title").fill("Fees, asked plainly")
    page.get_by_role("button", name="Expectation").click()
    expect(page.get_by_label("Title")).to_have_value("Fees, asked plainly")
    in_every_look(page, "scenario")
    page.keyboard.press("Control+s")
    expect(page.locator(".lead", has_text="Fees, asked plainly")).to_be_visible()
    page.get_by_label("or its content").fill('{"id": "x"}\n{broken')
    page.get_by_role("button", name="Import as version").click()
    expect(page.get_by_text("Line 2:")).to_be_visible()
    expect(page.get_by_label("or its content")).to_have_value('{"id": "x"}\n{broken')
    assert_accessible(page)
    shoot(page, "suite-wrong")
