"""From the request to the export, as the people concerned meet it: author, reviewer, approver, each in a browser."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, expect

from console.audit.models import Entry
from console.prompts.drafts import draft_of
from console.prompts.revisions import create_revision
from console.releases.models import Label
from console.reviews.models import Review
from tests.factories import make_finished_run, make_member, make_prompt, make_workspace


def person(workspace, login: str, name: str, *roles: str):
    member = make_member(workspace, *roles, name=login)
    member.user.name = name
    member.user.save()
    return member


def team():
    workspace = make_workspace("meridian")
    author = person(workspace, "hanna", "Hanna Osei", "author", "reviewer", "approver")
    reviewer = person(workspace, "mara", "Mara Klein", "reviewer")
    approver = person(workspace, "ines", "Ines Roth", "approver", "auditor")
    prompt = make_prompt(author, "aria")
    draft = draft_of(prompt)
    revision = create_revision(draft=draft, version=draft.version, message="First version", member=author)
    make_finished_run(revision)
    return author, reviewer, approver


def test_what_is_asked_read_discussed_approved_and_released_can_be_exported(
    new_page, sign_in, shoot, assert_accessible
) -> None:
    author, reviewer, approver = team()
    hannas, maras, ineses = new_page(), new_page(color_scheme="dark"), new_page(width=390)
    for page, member in ((hannas, author), (maras, reviewer), (ineses, approver)):
        sign_in(page, member.user)

    # The author asks, with the run as evidence, and cannot approve what she wrote.
    hannas.goto("/w/meridian/prompts/aria/revisions/1/review")
    expect(hannas.get_by_role("heading", name="What it will need")).to_be_visible()
    expect(hannas.get_by_label("Run 1")).to_be_checked()
    hannas.get_by_label("Message").fill("The first version. Is the task clear?")
    shoot(hannas, "review-request")
    assert_accessible(hannas)
    hannas.get_by_role("button", name="Request review").click()
    expect(hannas.get_by_text("nobody approves their own work")).to_be_visible()
    expect(hannas.get_by_role("button", name="Approve r1")).to_have_count(0)

    # The reviewer finds it, comments on a line by keyboard, and cannot approve while the thread is open.
    maras.goto("/w/meridian/reviews/")
    maras.get_by_role("link", name="1: First version").click()
    maras.get_by_label("Reason, part of the record").fill("Half a thought that must survive")
    maras.wait_for_load_state()  # its keys work from here on
    maras.locator("h1").click()
    maras.keyboard.press("n")
    expect(maras.locator("#effect .effect").first).to_be_focused()
    maras.get_by_role("link", name="Comment on line 2", exact=True).click()
    expect(maras.get_by_label("Comment on this")).to_be_focused()
    maras.keyboard.type("Which product pages? Ask @ha")
    expect(maras.get_by_role("option", name="hanna, Hanna Osei")).to_be_visible()
    maras.keyboard.press("Enter")
    maras.get_by_text("Suggest other words for this line").click()
    maras.get_by_label("The line, in other words").fill("Help customers with their cards and accounts.")
    maras.get_by_role("button", name="Comment", exact=True).first.click()
    expect(maras.locator("#line-task-1 + tr .comment")).to_contain_text("Which product pages? Ask @hanna")
    expect(maras.locator("#line-task-1 + tr .suggested ins")).to_contain_text("their")
    expect(maras.locator("#state")).to_contain_text("1 is open")
    expect(maras.get_by_label("Reason, part of the record")).to_have_value("Half a thought that must survive")
    shoot(maras, "review-dark")
    assert_accessible(maras)

    # The author, whose page is still open, sees the requirement change by itself, answers, and resolves.
    expect(hannas.locator("#state")).to_contain_text("1 is open")
    hannas.goto("/w/meridian/reviews/1/asked")
    hannas.get_by_label("Mara Klein").check()
    hannas.get_by_label("Due").fill("2099-12-31")
    shoot(hannas, "review-asking")
    assert_accessible(hannas)
    hannas.get_by_role("button", name="Ask these").click()
    expect(hannas.locator("body")).to_contain_text("due 31 Dec 2099")
    # The bell leads her to what was said, and she takes the words that were suggested.
    hannas.get_by_role("link", name="Notifications, 1 unread").click()
    shoot(hannas, "notifications")
    assert_accessible(hannas)
    hannas.get_by_role("button", name="Mara Klein mentions you in review 1 of aria").click()
    hannas.get_by_role("button", name="Put it into the draft").click()
    expect(hannas.locator("#reading")).to_contain_text("In the draft since version 2, by Hanna Osei.")
    hannas.get_by_label("Reply").fill("Those that the tool returns.")
    hannas.get_by_role("button", name="Resolve").click()
    expect(hannas.locator("#reading")).to_contain_text("Resolved by Hanna Osei")
    expect(maras.locator("#state")).not_to_contain_text("1 is open")
    shoot(hannas, "review")

    # Now she approves: with a reason, on exactly what her page showed.
    maras.reload()
    maras.get_by_label("Reason, part of the record").fill("Clear, and the limits hold.")
    maras.get_by_role("button", name="Approve r1").click()
    expect(maras.locator("#state")).to_contain_text("Approved by Mara Klein")

    # The approver releases it on a phone, and it can be exported.
    ineses.goto("/w/meridian/reviews/1/")
    shoot(ineses, "review-390")
    assert_accessible(ineses)
    assert ineses.evaluate("document.documentElement.scrollWidth") == 390
    ineses.get_by_role("link", name="Release as production").click()
    ineses.get_by_role("button", name="Release as production").click()
    expect(ineses.get_by_role("heading", name="Labels")).to_be_visible()
    assert Label.objects.get(name="production").release.revision.number == 1
    ineses.goto("/w/meridian/prompts/aria/releases/1?format=json")
    with ineses.expect_download() as exported:
        ineses.get_by_role("button", name="Export as json").click()
    config = json.loads(exported.value.path().read_text())["config"]
    assert config["system"] == Review.objects.get().revision.compiled
    assert Entry.objects.filter(act="release:exported").exists()
    ineses.goto("/w/meridian/reviews/1/")
    expect(ineses.get_by_text("r1 is release 1 of aria.")).to_be_visible()
    expect(ineses.get_by_role("button", name="Approve r1")).to_have_count(0)

    # Staging is to follow tomorrow; what it would replace, and each way there, stands on one page.
    ineses.goto("/w/meridian/prompts/aria/releases/1/labels/staging")
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    ineses.get_by_label("When, UTC").fill(f"{tomorrow:%Y-%m-%dT%H:%M}")
    ineses.locator("#why-later").fill("After the night.")
    shoot(ineses, "label-390")
    assert_accessible(ineses)
    ineses.get_by_role("button", name="Plan the move").click()
    expect(ineses.locator("main")).to_contain_text("staging moves to release 1")
    assert_accessible(ineses)

    # She takes production away: what that ends stands in the dialog, and afterwards on the page.
    ineses.get_by_role("button", name="Retire… production").click()
    dialog = ineses.get_by_role("dialog", name="Retire production")
    expect(dialog).to_contain_text("gets release 1 (r1) now. From the next fetch on the answer is 410")
    shoot(ineses, "label-retire-390")
    assert_accessible(ineses)
    dialog.get_by_label("Reason").fill("Wrong limits.")
    dialog.get_by_role("button", name="Retire production").click()
    expect(ineses.locator("main")).to_contain_text("Retired was release 1")
    assert not Label.objects.exists()
    assert_accessible(ineses)
    ineses.get_by_role("link", name="Point at 1…").click()
    ineses.locator("#why-now").fill("It was another release.")
    ineses.get_by_role("button", name="Move production now").click()
    expect(ineses.get_by_role("button", name="Retire… production")).to_be_visible()
    ineses.goto("/w/meridian/audit/?what=release")
    expect(ineses.locator("#entries")).to_contain_text("release:label:planned")
    shoot(ineses, "audit-390")
    assert_accessible(ineses)
    with ineses.expect_download() as table:
        ineses.get_by_role("button", name="CSV").click()
    assert "release:label:planned" in table.value.path().read_text()

    # What the draft changes of what is live, and a proposal beside it that is merged back.
    hannas.goto("/w/meridian/prompts/aria/changes")
    expect(hannas.locator("#effect")).to_contain_text("Users can newly")
    shoot(hannas, "changes")
    assert_accessible(hannas)
    hannas.goto("/w/meridian/prompts/aria/drafts/")
    hannas.get_by_label("Name").fill("shorter")
    hannas.get_by_label("What it is for").fill("Fewer words")
    shoot(hannas, "proposals")
    assert_accessible(hannas)
    hannas.get_by_role("button", name="Propose").click()
    expect(hannas.locator("#draft-state")).to_contain_text("Proposal shorter")
    hannas.get_by_role("link", name="update or merge").click()
    shoot(hannas, "proposal-merge")
    assert_accessible(hannas)
    hannas.get_by_role("button", name="Bring shorter up to date").click()
    expect(hannas.locator("#draft-state")).to_contain_text("Proposal shorter")


def test_what_changed_under_an_open_page_is_said_before_anything_is_decided(new_page, sign_in, shoot) -> None:
    author, reviewer, _ = team()
    page: Page = new_page()
    sign_in(page, author.user)
    page.goto("/w/meridian/prompts/aria/revisions/1/review")
    page.get_by_role("button", name="Request review").click()
    maras: Page = new_page()
    sign_in(maras, reviewer.user)
    maras.goto("/w/meridian/reviews/1/")
    review = Review.objects.get()
    review.runs.add(make_finished_run(review.revision))
    maras.get_by_label("Reason, part of the record").fill("Fine by me.")
    maras.get_by_role("button", name="Approve r1").click()
    expect(maras.get_by_role("alert")).to_contain_text("The evidence changed.")
    expect(maras.get_by_label("Reason, part of the record")).to_have_value("Fine by me.")
    shoot(maras, "review-moved")
    maras.get_by_role("button", name="Approve r1").click()
    expect(maras.locator("#state")).to_contain_text("Approved by Mara Klein")


def test_changes_are_asked_for_without_any_script(new_page, sign_in) -> None:
    author, reviewer, _ = team()
    page: Page = new_page()
    sign_in(page, author.user)
    page.goto("/w/meridian/prompts/aria/revisions/1/review")
    page.get_by_role("button", name="Request review").click()
    plain: Page = new_page(java_script_enabled=False)
    sign_in(plain, reviewer.user)
    plain.goto("/w/meridian/reviews/1/")
    plain.get_by_role("link", name="Comment on line 1", exact=True).click()
    plain.get_by_label("Comment on this").fill("Say who they are.")
    plain.get_by_role("button", name="Comment", exact=True).first.click()
    expect(plain.locator("#line-role-1 + tr .comment")).to_contain_text("Say who they are.")
    plain.get_by_label("Reason, part of the record").fill("The role says too little.")
    plain.get_by_role("button", name="Ask for changes").click()
    expect(plain.get_by_text("Changes asked")).to_be_visible()
    assert Review.objects.get().status == Review.Status.CHANGES
