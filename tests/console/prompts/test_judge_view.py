"""The judge on the pages: its line on Compose, revisions and reviews, its settings; a review that needs it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import reverse

from console.problems import DomainError, Invalid
from console.prompts import judge_work
from console.prompts.acknowledgements import acknowledge
from console.prompts.checking import check
from console.prompts.judge import ask, judged
from console.prompts.judge_models import Judgement
from console.prompts.judge_settings import settle, settled
from console.reviews.services import request_review
from console.reviews.standing import standing
from tests.console.prompts.judges import finding, finds
from tests.factories import (
    make_approval,
    make_finished_run,
    make_member,
    make_prompt,
    make_review,
    make_revision,
    make_workspace,
)
from tests.html_forms import fields_of
from tests.messages_api import Fault, MessagesAPI, messages_api

pytestmark = pytest.mark.django_db

WORDS = "Help customers with cards and accounts."  # of the second section that factories write


@pytest.fixture
def api(settings: Any) -> Iterator[MessagesAPI]:
    with messages_api(key=None, answer=finds()) as server:
        settings.ANTHROPIC_BASE_URL = server.url
        yield server


@pytest.fixture
def member():
    return make_member(make_workspace(), "author", "admin", name="hanna")


@pytest.fixture
def prompt(member):
    return make_prompt(member, "aria")


def url(member, name: str, *args: object) -> str:
    return reverse(f"prompts:{name}", args=[member.workspace.slug, *args])


def page_of(client, member, name: str, *args: object) -> str:
    client.force_login(member.user)
    answer = client.get(url(member, name, *args))
    assert answer.status_code == 200
    return answer.content.decode()


def read_all() -> None:
    """What a worker does with everything that waits."""
    for pk in Judgement.objects.filter(status="waiting").values_list("pk", flat=True):
        judge_work.advance(pk)


def judge_revision(member, revision) -> None:
    ask(prompt=revision.prompt, checked=check(member.workspace, revision.content), member=member)
    read_all()


# --- Compose


def test_compose_asks_for_the_kept_draft_and_shows_each_state(client, api, member, prompt) -> None:
    api.answer = finds(finding(WORDS, why="It says nothing of danger."))
    page = page_of(client, member, "compose", "aria")
    assert 'data-judge="unread"' in page and "Judge now" in page
    answer = client.post(url(member, "judge", "aria"), headers={"HX-Request": "true"})
    assert answer.status_code == 204 and "judge-asked" in answer["HX-Trigger"]
    page = page_of(client, member, "compose", "aria")
    assert 'data-judge="judging"' in page and "Judge now" not in page
    read_all()
    page = page_of(client, member, "compose", "aria")
    assert 'data-judge="done"' in page and "1 finding" in page and "claude-sonnet-5-5" in page
    assert "It says nothing of danger." in page and "found by the judge" in page
    assert "Draft, blocked by 1" in page


def test_without_scripts_the_button_saves_and_asks(client, api, member, prompt) -> None:
    client.force_login(member.user)
    page = client.get(url(member, "compose", "aria")).content.decode()
    form = {**fields_of(page, "draft"), "do": "judge"}
    answer = client.post(url(member, "save", "aria"), form, headers={"Accept": "text/html"})
    assert answer.status_code == 302 and answer["Location"].endswith("#judge")
    assert Judgement.objects.get().status == "waiting"


def test_a_failure_is_a_sentence_with_another_try(client, api, member, prompt) -> None:
    api.fail_next(Fault("refused_key"))
    client.force_login(member.user)
    client.post(url(member, "judge", "aria"))
    read_all()
    page = page_of(client, member, "compose", "aria")
    assert "failed: The provider refuses the key" in page and "Try again" in page


def test_with_rehearsal_only_nothing_is_judged_and_the_page_says_why(client, member, prompt) -> None:
    page = page_of(client, member, "compose", "aria")
    assert "not judged: no provider" in page and "Judge now" not in page
    client.force_login(member.user)
    assert client.post(url(member, "judge", "aria")).status_code == 503
    assert not Judgement.objects.exists()


def test_hostile_words_of_the_judge_are_text(client, api, member, prompt) -> None:
    api.answer = finds(finding(WORDS, why="<script>alert(1)</script>", suggestion="<img src=x>"))
    judge_revision(member, make_revision(member, prompt))
    for page in (page_of(client, member, "compose", "aria"), page_of(client, member, "revision", "aria", 1)):
        assert "<script>alert(1)" not in page and "<img src=x>" not in page


def test_a_reader_sees_the_line_and_no_button(client, api, member, prompt) -> None:
    viewer = make_member(member.workspace, "viewer")
    page = page_of(client, viewer, "compose", "aria")
    assert "not judged yet" in page and "Judge now" not in page
    assert client.post(url(viewer, "judge", "aria")).status_code == 403


def test_the_pages_cost_the_same_however_much_was_judged(
    client, api, member, prompt, django_assert_max_num_queries
) -> None:
    api.answer = finds(*(finding(WORDS, rule) for rule in ("limit.ai_disclosure", "limit.dignity")))
    judge_revision(member, make_revision(member, prompt))
    client.force_login(member.user)
    for name, args in (("compose", ["aria"]), ("revision", ["aria", 1]), ("judge-settings", [])):
        with django_assert_max_num_queries(25):
            client.get(url(member, name, *args))


# --- a revision


def test_a_revision_is_judged_and_shows_what_was_found(client, api, member, prompt) -> None:
    api.answer = finds(finding(WORDS, why="It says nothing of danger."), addressed=["say so"])
    make_revision(member, prompt)
    assert "Judge now" in page_of(client, member, "revision", "aria", 1)
    answer = client.post(url(member, "judge-revision", "aria", 1))
    assert answer["Location"].endswith("/revisions/1#judge")
    assert "hx-get" in page_of(client, member, "revision", "aria", 1)
    read_all()
    page = page_of(client, member, "revision", "aria", 1)
    assert "It says nothing of danger." in page and "JDG001" in page and "JDG002" in page


@pytest.mark.parametrize(
    "back", ["https://evil.example/w/", "//evil.example", "/w/other/", "/w/../x", "javascript:1"]
)
def test_nobody_is_led_elsewhere(client, api, member, prompt, back) -> None:
    make_revision(member, prompt)
    client.force_login(member.user)
    answer = client.post(url(member, "judge-revision", "aria", 1), {"back": back})
    assert answer["Location"] == url(member, "revision", "aria", 1) + "#judge"


# --- reviews


def lines(review) -> dict[str, str]:
    return {line.kind: line.met for line in standing(review).lines}


def test_a_review_needs_the_verdict_on_that_very_revision(api, member, prompt) -> None:
    first = make_revision(member, prompt)
    judge_revision(member, first)
    second = make_revision(member, prompt, text="You are Aria, the other assistant. You are an AI.")
    with pytest.raises(Invalid, match="before the judge has read it: it has not read this revision"):
        request_review(revision=second, member=member)
    judge_revision(member, second)
    review = request_review(revision=second, member=member)
    assert lines(review)["judge"] == "yes"


def test_under_another_policy_or_by_another_judge_it_has_to_be_read_again(api, member, prompt) -> None:
    revision = make_revision(member, prompt)
    judge_revision(member, revision)
    review = make_review(member, revision=revision)
    reviewer = make_member(member.workspace, "reviewer")
    settle(on=True, model="claude-opus-5-5", member=member)
    assert lines(review)["judge"] == "no"
    with pytest.raises(DomainError, match="The judge has read r1"):
        make_approval(review, reviewer)
    judge_revision(member, revision)
    assert make_approval(review, reviewer)


def test_blocking_findings_of_the_judge_block_like_others(client, api, member, prompt) -> None:
    api.answer = finds(finding(WORDS, why="It says nothing of danger."))
    revision = make_revision(member, prompt)
    assert not revision.blocked
    judge_revision(member, revision)
    with pytest.raises(Invalid, match="blocked by 1 finding"):
        request_review(revision=revision, member=member)
    client.force_login(member.user)
    page = client.get(reverse("reviews:request", args=[member.workspace.slug, "aria", 1])).content.decode()
    assert "It says nothing of danger." in page


def test_warnings_of_the_judge_have_to_be_acknowledged(client, api, member, prompt) -> None:
    api.answer = finds(finding(WORDS, severity="warn", why="It may mislead."))
    revision = make_revision(member, prompt)
    judge_revision(member, revision)
    review = make_review(member, revision=revision)
    assert lines(review)["acknowledge"] == "no"
    said = judged(member.workspace, check(member.workspace, revision.content), prompt)
    acknowledge(prompt=prompt, finding=said.findings[0], reason="They know it.", member=member)
    assert lines(review)["acknowledge"] == "yes"
    client.force_login(member.user)
    page = client.get(reverse("reviews:review", args=[member.workspace.slug, review.number])).content.decode()
    assert "It may mislead." in page and "found by the judge" in page and "They know it." in page


def test_a_warning_is_acknowledged_on_the_revision_when_the_draft_went_on(
    client, api, member, prompt
) -> None:
    api.answer = finds(finding(WORDS, severity="warn", why="It may mislead."))
    revision = make_revision(member, prompt)
    judge_revision(member, revision)
    review = make_review(member, revision=revision)
    make_revision(member, prompt, text="You are Aria, another one. You are an AI.")
    page = page_of(client, member, "revision", "aria", 1)
    key = re.search(r'name="finding" value="(JDG001-[0-9a-f]{64})"', page)[1]
    address = url(member, "judge-acknowledge", "aria", 1)
    assert client.post(address, {"finding": "JDG001-0", "reason": "Why not."}).status_code == 422
    assert client.post(address, {"finding": key, "reason": " "}).status_code == 422
    assert client.post(address, {"finding": key, "reason": "They know it."}).status_code == 302
    assert lines(review)["acknowledge"] == "yes"
    assert "They know it." in page_of(client, member, "revision", "aria", 1)


def test_a_failed_judge_is_no_verdict_for_a_review(api, member, prompt) -> None:
    api.fail_next(Fault("refused_key"))
    revision = make_revision(member, prompt)
    judge_revision(member, revision)
    with pytest.raises(Invalid, match="it failed: The provider refuses the key"):
        request_review(revision=revision, member=member)


def test_with_rehearsal_only_the_requirement_does_not_exist(client, member, prompt) -> None:
    review = make_review(member, revision=make_revision(member, prompt))
    assert "judge" not in lines(review)
    client.force_login(member.user)
    page = client.get(reverse("reviews:review", args=[member.workspace.slug, review.number])).content.decode()
    assert "not judged: no provider" in page


def test_an_admin_switches_it_off_and_the_review_says_so(client, api, member, prompt) -> None:
    settle(on=False, model=settled(member.workspace).model, member=member)
    revision = make_revision(member, prompt)
    review = make_review(member, revision=revision, runs=[make_finished_run(revision)])
    line = next(line for line in standing(review).lines if line.kind == "judge")
    assert line.met == "yes" and line.sentence == "No judge reads it"
    assert "switched off in this workspace by Hanna" in line.because
    client.force_login(member.user)
    page = client.get(reverse("reviews:review", args=[member.workspace.slug, review.number])).content.decode()
    assert "switched off in this workspace by Hanna" in page


# --- the settings


def test_everybody_reads_the_settings_and_an_admin_changes_them(client, api, member, prompt) -> None:
    author = make_member(member.workspace, "author")
    page = page_of(client, author, "judge-settings")
    assert "claude-sonnet-5-5" in page and "Put in force" not in page
    assert client.post(url(author, "judge-settings"), {"model": "claude-opus-5-5"}).status_code == 403
    client.force_login(member.user)
    answer = client.post(url(member, "judge-settings"), {"model": "claude-opus-5-5", "on": "on"})
    assert answer.status_code == 302 and settled(member.workspace).model == "claude-opus-5-5"
    wrong = client.post(url(member, "judge-settings"), {"model": "nobody-1", "on": "on"})
    assert wrong.status_code == 422 and "lists no model" in wrong.content.decode()
    client.post(url(member, "judge-settings"), {"model": "claude-opus-5-5"})
    assert not settled(member.workspace).on


def test_the_settings_show_what_was_judged_at_what_cost(client, api, member, prompt) -> None:
    judge_revision(member, make_revision(member, prompt))
    page = page_of(client, member, "judge-settings")
    assert "Aria" in page and "1 call and $" in page


def test_a_provider_whose_models_cannot_be_listed_is_said(client, settings, member) -> None:
    settings.ANTHROPIC_BASE_URL = "http://127.0.0.1:9"
    assert "models cannot be listed" in page_of(client, member, "judge-settings")
