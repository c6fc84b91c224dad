"""Trying a prompt in a browser: the stream, two columns, a reload, and what goes wrong."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from tests.factories import make_member, make_prompt, make_revision, make_workspace

TOOL = {
    "name": "freeze_card",
    "description": "Freezes a card at once.",
    "input_schema": {"type": "object", "properties": {"card": {"type": "string"}}},
    "reversible": True,
    "requires_confirmation": False,
}


@pytest.fixture
def member(transactional_db):
    return make_member(make_workspace("meridian"), "author", name="hanna")


@pytest.fixture
def prompt(member):
    prompt = make_prompt(member, "aria")
    make_revision(member, prompt)
    make_revision(member, prompt, text="You are Aria of Meridian Bank, an AI. Keep it brief: one sentence.")
    return prompt


def open_try(page: Page, sign_in, member, prompt, query: str = "") -> Page:
    sign_in(page, member.user)
    page.goto(reverse("trials:try", args=[member.workspace.slug, prompt.slug]) + query)
    return page


def send(page: Page, text: str) -> None:
    page.get_by_label("Message").fill(text)
    page.get_by_label("Message").press("Enter")


def test_a_message_is_answered_and_a_reload_shows_it(
    page, sign_in, member, prompt, shoot, assert_accessible
) -> None:
    open_try(page, sign_in, member, prompt)
    assert_accessible(page)
    shoot(page, "try-new")
    send(page, "Are you a person?")
    answer = page.locator(".answer")
    expect(answer).to_have_attribute("data-rehearsal", "")
    expect(page.locator(".said")).to_have_text("Are you a person?")
    expect(page).to_have_url(re.compile(r"\?chat=\d+$"))
    expect(page.get_by_label("Message")).to_have_value("")
    words = answer.locator("p").first.inner_text()
    page.reload()
    expect(page.locator(".answer p").first).to_have_text(words)
    expect(page.get_by_role("link", name="Are you a person?")).to_be_visible()
    send(page, "What can you help me with?")
    expect(page.locator(".answer .took")).to_have_count(2)
    assert_accessible(page)
    shoot(page, "try-one")


def test_two_revisions_answer_side_by_side(new_page, sign_in, member, prompt, in_every_look) -> None:
    page = open_try(new_page(), sign_in, member, prompt)
    page.get_by_label("Message").fill("What does a transfer cost?")
    page.get_by_label("Answers", exact=True).select_option("1")
    page.get_by_label("Beside it").select_option("2")
    expect(page.get_by_role("heading", name="r2")).to_be_visible()
    expect(page.get_by_label("Message")).to_have_value("What does a transfer cost?")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".answer .took")).to_have_count(2)
    expect(page.get_by_role("log", name="r1").locator(".said")).to_have_text("What does a transfer cost?")
    in_every_look(page, "try-two")
    page.reload()
    expect(page.locator(".answer .took")).to_have_count(2)
