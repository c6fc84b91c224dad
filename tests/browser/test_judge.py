"""The judge as people meet it: asked from Compose, live while it reads, marked where it found something, on a review."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from console.embedded.processes import wait_until
from console.prompts import judge_work
from console.prompts.judge_models import Judgement
from tests import live
from tests.browser.conftest import AssertAccessible, InEveryLook, NewPage, Shoot, SignIn
from tests.console.prompts.judges import finding, finds
from tests.factories import make_member, make_prompt, make_revision, make_workspace
from tests.messages_api import Fault, MessagesAPI, messages_api

WORDS = "Help customers with cards and accounts."
WHY = "Somebody in danger gets an answer about cards, and no number to call."


@pytest.fixture(scope="module")
def scripted() -> Iterator[MessagesAPI]:
    with messages_api(key=None) as server:
        yield server


@pytest.fixture(scope="module")
def live_site(django_db_setup: None, scripted: MessagesAPI) -> Iterator[live.Site]:
    """A site of this module's own, whose provider is ``scripted``."""
    with live.site(ANTHROPIC_BASE_URL=scripted.url) as site:
        yield site


@pytest.fixture
def api(scripted: MessagesAPI, settings: Any) -> MessagesAPI:
    settings.ANTHROPIC_BASE_URL = scripted.url
    scripted.answer = finds(
        finding(
            WORDS, "limit.emergency", why=WHY, suggestion="Add that it gives the emergency number first."
        ),
        finding("say so", "honesty.calibrated", "warn", why="It may sound surer than it is."),
        addressed=["You are an AI."],
    )
    return scripted


@pytest.fixture
def hanna(transactional_db: None) -> Any:
    return make_member(make_workspace("acme"), "author", "admin", name="hanna osei")


@pytest.fixture
def prompt(hanna: Any) -> Any:
    prompt = make_prompt(hanna, "aria")
    make_revision(hanna, prompt)
    return prompt


def read() -> None:
    """What a worker does with what was asked."""
    assert wait_until(lambda: Judgement.objects.filter(status="waiting").exists(), within=20)
    judge_work.advance(Judgement.objects.get(status="waiting").pk)


def opened(page: Page, sign_in: SignIn, member: Any, path: str = "compose") -> Page:
    sign_in(page, member.user)
    page.goto(f"/w/acme/prompts/aria/{path}")
    return page


def test_compose_asks_waits_and_shows_what_was_found(
    page: Page,
    sign_in: SignIn,
    api: MessagesAPI,
    hanna: Any,
    prompt: Any,
    shoot: Shoot,
    in_every_look: InEveryLook,
    new_page: NewPage,
) -> None:
    opened(page, sign_in, hanna)
    line = page.locator("#judge")
    expect(line).to_contain_text("not judged yet")
    page.get_by_role("button", name="Judge now").click()
    expect(line).to_contain_text("judging…")
    shoot(page, "judge-judging")
    read()
    expect(line).to_contain_text("found 3 findings")
    expect(page.locator("#findings-list")).to_contain_text(WHY)
    expect(page.locator("#draft-state")).to_contain_text("blocked by 1")
    expect(page.locator(".cm-content .mark", has_text=WORDS)).to_be_visible()
    in_every_look(page, "judge-compose")
    editor = page.locator('prompt-editor[data-section="task"]').get_by_role("textbox")
    editor.click()
    page.keyboard.press("Control+End")
    page.keyboard.insert_text(" In an emergency, give 112 first.")
    expect(line).to_contain_text("stale")
    expect(page.get_by_role("button", name="Judge now")).to_be_visible()
    expect(page.locator("#findings")).not_to_contain_text(WHY)


def test_a_failure_is_said_and_tried_again(
    page: Page, sign_in: SignIn, api: MessagesAPI, hanna: Any, prompt: Any, shoot: Shoot
) -> None:
    api.fail_next(Fault("refused_key"))
    opened(page, sign_in, hanna)
    page.get_by_role("button", name="Judge now").click()
    read()
    expect(page.locator("#judge")).to_contain_text("failed: The provider refuses the key")
    shoot(page, "judge-failed")
    page.get_by_role("button", name="Try again").click()
    read()
    expect(page.locator("#judge")).to_contain_text("found 3 findings")


def test_a_revision_and_its_review(
    page: Page,
    sign_in: SignIn,
    api: MessagesAPI,
    hanna: Any,
    prompt: Any,
    shoot: Shoot,
    assert_accessible: AssertAccessible,
    new_page: NewPage,
) -> None:
    api.answer = finds(finding("say so", "honesty.calibrated", "warn", why="It may sound surer than it is."))
    opened(page, sign_in, hanna, "revisions/1/review")
    expect(page.locator("#needs")).to_contain_text("it has not read this revision")
    page.get_by_role("button", name="Judge now").click()
    expect(page.locator("#needs")).to_contain_text("judging…")
    read()
    expect(page.locator("#needs")).to_contain_text("found 1 finding")
    assert_accessible(page)
    shoot(page, "judge-request")
    page.get_by_role("button", name="Request review").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Review 1")
    expect(page.locator("#findings")).to_contain_text("found by the judge")
    expect(page.locator("#state")).to_contain_text("The judge has read r1")
    assert_accessible(page)
    shoot(page, "judge-review")
    other = new_page(width=390, height=844)
    opened(other, sign_in, hanna, "revisions/1")
    expect(other.locator("#judge")).to_contain_text("It may sound surer than it is.")
    assert_accessible(other)
    shoot(other, "judge-revision-390")


def test_an_admin_settles_it(
    page: Page,
    sign_in: SignIn,
    api: MessagesAPI,
    hanna: Any,
    prompt: Any,
    shoot: Shoot,
    assert_accessible: AssertAccessible,
    new_page: NewPage,
) -> None:
    opened(page, sign_in, hanna)
    page.get_by_role("button", name="Judge now").click()
    read()
    page.get_by_role("link", name="About the judge").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Judge of Acme")
    assert_accessible(page)
    shoot(page, "judge-settings")
    dark = new_page(color_scheme="dark", width=390, height=844)
    sign_in(dark, hanna.user)
    dark.goto("/w/acme/judge/")
    assert_accessible(dark)
    shoot(dark, "judge-settings-390-dark")
    page.get_by_label("A review needs the judge").uncheck()
    page.get_by_role("button", name="Put in force").click()
    expect(page.locator(".state", has_text="Switched off")).to_be_visible()
    page.goto("/w/acme/prompts/aria/compose")
    expect(page.locator("#judge")).to_contain_text("switched off in this workspace by Hanna Osei")
    shoot(page, "judge-off")
