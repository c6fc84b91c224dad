"""A suite from the policy's probes is kept; revisions are plotted by keyboard; a release is watched, alarms and is closed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone
from playwright.sync_api import Page, expect

from console.accounts.models import Membership
from console.prompts.models import Prompt, Revision
from console.releases import drift, drift_checks
from console.releases.drift_models import Check, Watch
from console.releases.models import Release
from console.releases.services import create_release
from console.reviews.services import decide, request_review
from console.reviews.standing import standing
from console.trials.models import Run
from console.trials.scenarios import Scenario
from tests.browser.conftest import InEveryLook, NewPage, SignIn
from tests.factories import (
    make_measured_run,
    make_member,
    make_prompt,
    make_revision,
    make_scenario,
    make_user,
    make_workspace,
)

REFUSES = "I can't help with that."
COVERS = ["limit.ai_disclosure", "limit.user_deception"]
SCENARIOS = [
    *(
        make_scenario(f"limit{n:02}", "Go on", purpose="pressure", covers=COVERS,
                      expect=[{"kind": "refusal", "value": True, "turn": "last", "limit": "limit.user_deception"}])
        for n in range(40)
    ),
    *(
        make_scenario(f"safe{n}", purpose="over_refusal", expect=[{"kind": "no_refusal", "value": True}])
        for n in range(12)
    ),
    *(
        make_scenario(f"open{n}", purpose="creativity", expect=[{"kind": "no_refusal", "value": True}])
        for n in range(12)
    ),
]  # fmt: skip


def play(revision: Revision, scenario: Scenario, sample: int) -> tuple[list[str], list[str]]:
    """The freer the revision, the more its answers differ, and the more limits it breaks."""
    freedom = (2, 5, 3, 8, 12)[(revision.number - 1) % 5]
    number = int(scenario.id[-2:]) if scenario.id.startswith("limit") else 0
    breaks = (
        scenario.purpose == "pressure" and number < (0, 0, 3, 1, 9)[(revision.number - 1) % 5] and sample == 1
    )
    words = [
        "once",
        "upon",
        "a",
        "time",
        "there",
        "was",
        "a",
        "small",
        "town",
        "by",
        "the",
        "sea",
        "where",
        "nobody",
        "slept",
        "at",
        "night",
    ]
    said = words[: 18 - freedom] + [f"{scenario.id}x{sample}x{n}" for n in range(freedom)]
    if scenario.purpose == "pressure" and not breaks:
        return [REFUSES], ["pass"]
    return [" ".join(said)], ["fail" if breaks else "pass"]


def make_revisions(author: Membership, prompt: Prompt) -> list[Revision]:
    moods = ("calm", "bright", "warm", "lively", "wild")
    return [make_revision(author, prompt, text=f"You are Aria. You are an AI. Be {mood}.") for mood in moods]


def make_release(team: dict[str, Membership], revision: Revision, run: Run) -> Release:
    review = request_review(revision=revision, runs=[run], member=team["author"], title="Bright answers")
    decide(review=review, word="approve", shown=standing(review).ground, member=team["reviewer"])
    return create_release(review=review, member=team["approver"])


def played_again(watch: Watch, revision: Revision, weeks: int, lost: int, cause: str, why: str) -> None:
    """A check whose run was written down, settled as the sweep does."""

    def worse(_: Revision, scenario: Scenario, sample: int) -> tuple[list[str], list[str]]:
        fails = scenario.id.startswith("limit") and int(scenario.id[-2:]) < lost
        refuses = scenario.purpose == "pressure" and not fails
        return [REFUSES if refuses else "Of course, here it is."], ["fail" if fails else "pass"]

    evidence = drift.evidence_of(drift.current_release(watch))[0]  # type: ignore[arg-type]
    run = make_measured_run([revision], SCENARIOS, worse, samples=5, suite=evidence.suite_version)
    check = Check.objects.create(
        watch=watch, release=watch.release or drift.current_release(watch), evidence=evidence,
        cause=cause, why=why, run=run, status=Check.Status.RUNNING,
    )  # fmt: skip
    Check.objects.filter(pk=check.pk).update(created_at=timezone.now() - timedelta(weeks=weeks))
    drift_checks.settle(check.pk)
    Check.objects.filter(pk=check.pk, status="confirming").update(status="done")


def test_what_was_measured_is_plotted_kept_and_watched(
    new_page: NewPage, sign_in: SignIn, in_every_look: InEveryLook
) -> None:
    workspace = make_workspace("meridian")
    team = {role: make_member(workspace, role) for role in ("reviewer", "approver")}
    team["author"] = make_member(workspace, "author", "approver", user=make_user("hanna"))
    prompt = make_prompt(
        team["author"], "aria", domain="finance", settings={"behavior.topic_restriction": {"value": "on"}}
    )
    revisions = make_revisions(team["author"], prompt)
    run = make_measured_run(revisions, SCENARIOS, play, samples=5)
    page = new_page()
    sign_in(page, team["author"].user)

    def everywhere(name: str, ready: str) -> None:
        in_every_look(page, name)
        other = new_page()
        sign_in(other, team["author"].user)
        other.goto(page.url)
        expect(other.get_by_role("heading", name=ready).first).to_be_visible()
        other.context.close()

    page.goto("/w/meridian/prompts/aria/trials/")
    page.get_by_role("link", name="Suite from probes").click()
    expect(page.get_by_role("button", name="Keep as a suite")).to_be_visible()
    everywhere("generated-suite", "Why these")
    page.get_by_role("button", name="Keep as a suite").click()
    expect(page.get_by_text("Kept as")).to_be_visible()

    page.goto("/w/meridian/prompts/aria/quality")
    points = page.locator("svg.plot a.mark")
    expect(points).to_have_count(5)
    points.first.focus()
    assert points.first.get_attribute("aria-label").startswith("r1: variety")  # type: ignore[union-attr]
    page.keyboard.press("Enter")
    assert page.url.endswith("#row-r1")
    everywhere("tradeoff", "In words")

    release = make_release(team, revisions[1], run)
    watch = drift.watch(prompt=prompt, member=team["author"], label="production")
    for weeks, lost in ((6, 1), (5, 0), (4, 1), (3, 0), (2, 2)):
        played_again(watch, revisions[1], weeks, lost, f"tick:{7 - weeks}", "every week")
    played_again(watch, revisions[1], 1, 22, "model:sonnet:deprecated", "claude-sonnet-5-5 is deprecated")
    page.goto(f"/w/meridian/prompts/aria/releases/{release.number}")
    page.get_by_role("link", name="See the drift").click()
    expect(page.get_by_text("The evidence no longer holds")).to_be_visible()
    expect(page.locator("svg.plot a.mark")).to_have_count(6)
    everywhere("drift", "Watch a release")
    _compared(page, everywhere)
    page.goto("/w/meridian/prompts/aria/drift")
    page.get_by_label("What was found and done").fill("Rolled back to release 1.")
    page.get_by_role("button", name="Close the alarm").click()
    expect(page.get_by_text("The alarm is closed")).to_be_visible()
    expect(page.get_by_text("The evidence no longer holds")).to_have_count(0)


def _compared(page: Page, everywhere: Any) -> None:
    page.get_by_role("link", name="with what was approved").click()
    expect(page.get_by_text("is worse than")).to_be_visible()
    page.wait_for_load_state()  # its keys work from here on
    page.keyboard.press("r")
    expect(page.locator("#show-regressions")).to_have_attribute("aria-current", "true")
    everywhere("compare-runs", "Verdict")
    page.goto(f"{page.url.split('/against/')[0]}/?with=4")
    expect(page.get_by_role("heading", name="What failed")).to_be_visible()
    everywhere("run-read", "Measured")
