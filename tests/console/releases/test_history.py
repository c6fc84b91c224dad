"""The history of a prompt: all that happened to it, two of its revisions chosen, and the ways back."""

from __future__ import annotations

from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from console.accounts.models import Membership
from console.governance.services import set_bounds
from console.prompts.drafts import archive, draft_of, save
from console.prompts.models import Prompt
from console.prompts.proposals import close, merge_back, propose
from console.releases.history import KINDS, history
from console.releases.labels import move_label, protect_label
from console.releases.planning import cancel_move, plan_move
from console.releases.retiring import retire_label
from console.releases.services import create_release
from console.releases.shares import end_share, set_share
from console.reviews import looking
from console.reviews.models import Decision
from console.reviews.services import decide, request_review, withdraw
from console.reviews.standing import standing
from tests.factories import make_finished_run, make_member, make_prompt, make_revision, make_workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def author() -> Membership:
    return make_member(make_workspace(), "author", name="hanna")


@pytest.fixture
def boss(author: Membership) -> Membership:
    return make_member(author.workspace, "reviewer", "approver", "admin", name="mara")


@pytest.fixture
def prompt(author: Membership) -> Prompt:
    prompt = make_prompt(author, "aria", domain="general")
    make_revision(author, prompt, message="The first")
    make_revision(
        author, prompt, text="You are Bo, the assistant of a bank. You are an AI.", message="Renamed"
    )
    return prompt


def logged_in(member: Membership) -> Client:
    client = Client()
    client.force_login(member.user)
    return client


def address(prompt: Prompt, name: str = "releases:history", *rest: object) -> str:
    return reverse(name, args=[prompt.workspace.slug, prompt.slug, *rest])


def live_through(prompt: Prompt, author: Membership, boss: Membership) -> None:
    """One of everything that a history tells."""
    first, second = (_released(prompt, number, author, boss) for number in (1, 2))
    move_label(release=first, name="production", member=boss, reason="The second one stumbled")
    move_label(release=first, name="canary", member=boss, reason="To try")
    protect_label(prompt=prompt, name="canary", protected=True, member=boss)
    soon = timezone.now() + timedelta(hours=1)
    planned = plan_move(release=second, name="production", at=soon, member=boss, reason="Again")
    cancel_move(planned=planned, member=boss)
    set_share(release=second, name="production", percent=10, member=boss, reason="A tenth first")
    end_share(prompt=prompt, name="production", member=boss)
    retire_label(prompt=prompt, name="canary", member=boss, reason="Tried")
    for name in ("tone", "shorter"):
        propose(revision=first.revision, name=name, member=author)
    main, tone, shorter = draft_of(prompt), draft_of(prompt, "tone"), draft_of(prompt, "shorter")
    tone = save(draft=tone, version=1, content={**tone.content, "tags": ["tone"]}, member=author)
    merge_back(proposal=tone, seen=(tone.version, main.version), choices={}, member=author)
    close(proposal=shorter, member=author)
    review = request_review(
        revision=make_revision(author, prompt, text="You are Cy. You are an AI."), member=author
    )
    decide(review=review, word="approve", shown=standing(review).ground, member=boss)
    set_bounds(
        member=boss,
        bounds={"behavior.creativity": {"lowest": "strict", "highest": "balanced"}},
        reason="Narrower",
        version=0,
    )
    looking.look(review.pk)
    withdraw(review=review, member=author)
    archive(prompt=prompt, away=True, member=author)


def _released(prompt: Prompt, number: int, author: Membership, boss: Membership) -> Any:
    revision = prompt.revisions.get(number=number)
    review = request_review(revision=revision, runs=[make_finished_run(revision)], member=author)
    decide(review=review, word="approve", shown=standing(review).ground, member=boss, reason="Reads well")
    return create_release(review=review, member=boss)


def test_everything_that_happened_is_told_and_leads_to_its_thing(
    prompt: Prompt, author: Membership, boss: Membership
) -> None:
    live_through(prompt, author, boss)
    events = list(history(prompt))
    assert [event.at for event in events] == sorted((event.at for event in events), reverse=True)
    told = {(event.word, event.lead) for event in events}
    for word, lead in (
        ("Made", "Aria"),
        ("Snapshot", "r2: Renamed"),
        ("Review asked", "Review 1 of r1: The first"),
        ("Approved", "r2, in review 2"),
        ("Approval stale", "Mara’s approval of r3, in review 3"),
        ("Withdrawn", "Review 3 of r3"),
        ("Released", "Release 2 of r2"),
        ("Label made", "canary"),
        ("Rolled back", "production"),
        ("Protected", "canary"),
        ("Retired", "canary"),
        ("Move planned", "production"),
        ("Move cancelled", "production"),
        ("Share", "10 % of production gets release 2"),
        ("Share over", "10 % of production got release 2"),
        ("Proposed", "Proposal tone"),
        ("Merged", "Proposal tone, as version 3 of the draft"),
        ("Closed", "Proposal shorter"),
        ("Archived", "Aria"),
    ):
        assert (word, lead) in told
    assert any(event.word == "Evidence" and event.also[0][0] == "review 1" for event in events)
    back = next(event for event in events if event.word == "Rolled back")
    assert (back.who, back.why, back.move) == ("Mara", "The second one stumbled", ("2", "1"))
    stale = next(event for event in events if event.word == "Approval stale")
    assert stale.rest == "The organisation's bounds changed."
    client = logged_in(boss)
    for there in {event.address for event in events} | {at for event in events for _, at in event.also}:
        assert client.get(there).status_code == 200, there


def test_the_page_asks_little_of_the_database_however_much_happened(
    prompt: Prompt, author: Membership, boss: Membership, django_assert_max_num_queries: Any
) -> None:
    live_through(prompt, author, boss)
    client = logged_in(author)
    with django_assert_max_num_queries(25):
        page = unescape(client.get(address(prompt)).content.decode())
    assert "r2: Renamed" in page and "“" not in page.split("h-history")[0]
    assert "The second one stumbled" in page


@pytest.mark.parametrize("kind", KINDS)
def test_one_kind_is_all_that_is_shown_when_it_is_asked_for(
    prompt: Prompt, author: Membership, boss: Membership, kind: str
) -> None:
    live_through(prompt, author, boss)
    assert 0 < history(prompt, kind).paginator.count < history(prompt).paginator.count


def test_a_page_is_turned_with_what_was_chosen(
    prompt: Prompt, author: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.releases.history.PAGE", 2)
    page = logged_in(author).get(address(prompt), {"page": "2", "old": "2", "new": "draft"}).content.decode()
    assert "r2 is chosen to compare from" in page
    assert 'name="page" value="1"' in page and "Made" in page


def test_two_chosen_revisions_lead_to_their_comparison(prompt: Prompt, author: Membership) -> None:
    client = logged_in(author)
    chosen = client.get(address(prompt), {"old": "1", "new": "2"})
    assert chosen.headers["Location"] == address(prompt, "prompts:compare", 1, 2)
    chosen = client.get(address(prompt), {"old": "1", "new": "draft"})
    assert chosen.headers["Location"] == f"{address(prompt, 'prompts:changes')}?since=1"


def test_a_history_without_revisions_says_what_one_is(author: Membership) -> None:
    assert b"No revision yet" in logged_in(author).get(address(make_prompt(author))).content


def test_a_revision_becomes_the_draft_or_a_new_one(prompt: Prompt, author: Membership) -> None:
    client = logged_in(author)
    page = client.get(address(prompt)).content.decode()
    assert f'formaction="{address(prompt, "prompts:restore", 1)}"' in page
    offered = client.get(address(prompt, "prompts:proposals"), {"revision": "1"}).content.decode()
    assert '<option value="1" selected' in offered
    viewer = logged_in(make_member(author.workspace, "viewer")).get(address(prompt)).content.decode()
    assert "formaction" not in viewer and "New draft" not in viewer


def test_what_was_saved_while_typing_can_be_brought_back(prompt: Prompt, author: Membership) -> None:
    client = logged_in(author)
    assert "version 1" in client.get(address(prompt)).content.decode()
    client.post(address(prompt, "prompts:restore_saved", 1), {"version": draft_of(prompt).version})
    assert draft_of(prompt).content["sections"][0]["text"].startswith("You are Aria")
    gone = client.post(address(prompt, "prompts:restore_saved", 99), {"version": draft_of(prompt).version})
    assert (gone.status_code, "no longer kept" in gone.content.decode()) == (422, True)


def test_a_stranger_finds_no_history(prompt: Prompt) -> None:
    assert logged_in(make_member(make_workspace(), "author")).get(address(prompt)).status_code == 404


def test_why_an_approval_went_stale_is_kept(prompt: Prompt, author: Membership, boss: Membership) -> None:
    live_through(prompt, author, boss)
    row = Decision.objects.get(stale_at__isnull=False)
    assert row.stale_because == "The organisation's bounds changed."
