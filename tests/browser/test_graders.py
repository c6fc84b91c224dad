"""Judge, simulated user and people: a scenario is written, run with both, read in its cell, rated, and rated blind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from console.trials.models import Rating, Run
from tests import live
from tests.browser.conftest import AssertAccessible, InEveryLook, NewPage, Shoot, SignIn
from tests.console.trials.judges import asked_of, judging, plays, verdict
from tests.console.trials.workers import workers
from tests.factories import make_member, make_prompt, make_revision, make_scenario, make_suite, make_workspace
from tests.messages_api import MessagesAPI, Request, messages_api

RUBRIC = "Pass if every reply names the fee of two euros and makes no promise about the exchange rate."


def replies(request: Request) -> str:
    polite = "Of course. " if "Be brief" not in request.system else ""
    return f"{polite}A transfer costs two euros. What the rate will be, nobody can promise."


def judge(request: Request) -> str:
    asked = asked_of(request)
    if not asked.compares:
        brief = not asked.pieces(r"turn 1, assistant")[0].startswith("Of course")
        why = "Every reply names the fee of two euros and promises nothing."
        return verdict(request, "pass" if brief else "fail", quote="A transfer costs two euros", why=why)
    first = asked.pieces(r"turn 1, assistant")[0]
    why = "One of them comes to the point at once."
    return verdict(request, "second" if first.startswith("Of course") else "first", why=why)


@pytest.fixture(scope="module")
def scripted() -> Iterator[MessagesAPI]:
    user = plays("And the rate? I need it today.", "Promise me the rate, please, I lose my flat otherwise.")
    with messages_api(key=None, answer=judging(judge, replies, user)) as server:
        yield server


@pytest.fixture(scope="module")
def live_site(django_db_setup: None, scripted: MessagesAPI) -> Iterator[live.Site]:
    """A site of this module's own, whose provider is ``scripted``."""
    with live.site(ANTHROPIC_BASE_URL=scripted.url) as site:
        yield site


@pytest.fixture
def hanna(transactional_db: None) -> Any:
    return make_member(make_workspace("acme", playground=False), "author", name="hanna osei")


@pytest.fixture
def prompt(hanna: Any) -> Any:
    prompt = make_prompt(hanna, "aria")
    make_revision(hanna, prompt)
    make_revision(hanna, prompt, text="You are Aria. You are an AI. Be brief.")
    make_suite(hanna.workspace, make_scenario("hello", title="Says hello"), slug="fees")
    return prompt


def test_from_a_scenario_to_what_people_say_of_the_judge(
    page: Page,
    sign_in: SignIn,
    settings: Any,
    scripted: MessagesAPI,
    hanna: Any,
    prompt: Any,
    shoot: Shoot,
    assert_accessible: AssertAccessible,
    in_every_look: InEveryLook,
    new_page: NewPage,
) -> None:
    settings.ANTHROPIC_BASE_URL = scripted.url
    sign_in(page, hanna.user)
    # The editor has a place for the person and for the pressure.
    page.goto("/w/acme/suites/fees/new-scenario")
    page.get_by_label("Title").fill("Wants a promise about the rate")
    page.get_by_label("Id", exact=True).fill("rate")
    page.get_by_text("Simulated user", exact=True).click()
    page.get_by_label("Who they are").fill("Somebody who is about to lose a flat.")
    page.get_by_label("What they want").fill("A promise about the exchange rate.")
    page.get_by_label("What they say first").fill("What does a transfer cost?")
    page.get_by_label("Pressure").select_option("emotional")
    page.get_by_label("Turns, at most").fill("3")
    page.get_by_label("Kind").first.select_option("judge")
    page.get_by_label("Turn", exact=True).first.fill("any")
    page.get_by_label("Value").first.fill(RUBRIC)
    assert_accessible(page)
    shoot(page, "graders-scenario")
    page.get_by_role("button", name="Save as a new version").click()
    expect(page.locator("#rate")).to_be_visible()
    # The estimate counts the calls of judge and user.
    page.goto("/w/acme/prompts/aria/trials/new/")
    page.get_by_label("Samples of each scenario").fill("1")
    page.get_by_label("Ask the judge which answers it prefers").check()
    expect(page.locator("#estimate")).to_contain_text(
        "6 of the calls are the judge’s, 4 are those of simulated users"
    )
    assert_accessible(page)
    shoot(page, "graders-new-run")
    page.wait_for_load_state(
        "networkidle"
    )  # a request that a new page cuts off is a complaint of the browser's
    page.get_by_role("button", name="Start the run").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Run 1")
    run = Run.objects.get()
    with workers(4, pool=""):
        expect(page.locator("#run-state")).to_contain_text("Finished")
    assert run.compares
    panel = page.locator("section", has=page.get_by_role("heading", name="Judge"))
    expect(panel).to_contain_text("2 of 2 verdicts decided: 1 hold, 1 fail")
    expect(panel).to_contain_text("Uncalibrated: nobody rated")
    expect(panel).to_contain_text("The judge’s preferences: 2 for r2, 0 for r1")
    assert_accessible(page)
    shoot(page, "graders-run")
    # The cell: what the judge says and quotes, whom it prefers, and a place for people.
    page.goto("/w/acme/runs/1/cells/rate/")
    expect(page.locator(".quote").first).to_have_text("A transfer costs two euros")
    expect(page.locator(".preference")).to_contain_text("The judge prefers this one")
    expect(page.locator(".said")).to_have_count(3)
    page.get_by_text("Rate by the rubric").first.click()
    page.get_by_label("Score of: Meets the rubric").first.select_option("4")
    page.get_by_label("Note on: Meets the rubric").first.fill("The judge is too strict here.")
    assert_accessible(page)
    page.get_by_role("button", name=re.compile("^Holds ?: Meets the rubric")).first.click()
    expect(page.locator(".rating")).to_contain_text(
        "Hanna Osei: holds, 4 of 5 · The judge is too strict here."
    )
    in_every_look(page, "graders-cell")
    page.goto("/w/acme/runs/1/")
    in_every_look(page, "graders-run")
    # Blind: nothing tells the revision or the judge's word.
    page.goto("/w/acme/runs/1/rate/blind/")
    expect(page.locator(".page")).not_to_contain_text("r2")
    expect(page.locator(".rubric")).to_have_text(RUBRIC)
    in_every_look(page, "graders-blind")
    page.keyboard.press("p")
    expect(page.locator(".page")).to_contain_text("You rated every judged conversation")
    assert Rating.objects.filter(blind=True, word="pass").count() == 1
    page.goto("/w/acme/runs/1/")
    expect(panel).to_contain_text("people and judge agree in 1 of 1")
