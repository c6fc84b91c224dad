"""A snippet that changes reopens the reviews of what includes it: seen in every list, with its difference, at once."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from console.problems import NotAllowed
from console.prompts.drafts import draft_of, save
from console.prompts.models import Prompt
from console.prompts.moved_snippets import live_behind
from console.prompts.snippets import newest_references
from console.releases.labels import move_label
from console.releases.models import Release
from console.releases.services import NotApproved, create_release
from console.reviews import looking
from console.reviews.models import Review
from console.reviews.queue import needing, open_entries
from console.reviews.services import request_review
from console.reviews.standing import standing
from tests.factories import (
    make_approval,
    make_member,
    make_prompt,
    make_review,
    make_revision,
    make_workspace,
)

pytestmark = pytest.mark.django_db
ROLE = {"id": "role", "kind": "role", "text": "You are Aria. You are an AI."}


class Team:
    """``aria`` includes what ``house@production`` points to, and is approved with it."""

    def __init__(self) -> None:
        self.workspace = make_workspace("meridian")
        self.hanna, self.mara, self.ines = (
            make_member(self.workspace, role, name=name)
            for role, name in (("author", "hanna"), ("reviewer", "mara"), ("approver", "ines"))
        )
        style = {"id": "style", "kind": "tone", "text": "Answer briefly."}
        self.house = make_prompt(self.hanna, "house", domain="general", sections=[style])
        Prompt.objects.filter(pk=self.house.pk).update(kind="snippet")
        self.house.refresh_from_db()
        self.first = self.let_out("Answer briefly.")
        included = {"id": "house", "include": {"snippet": "house", "at": "production"}}
        self.prompt = make_prompt(self.hanna, "aria", domain="general", sections=[ROLE, included])
        self.review = make_review(self.hanna, revision=make_revision(self.hanna, self.prompt), runs=[])
        make_approval(self.review, self.mara)
        looking.look(self.review.pk)

    def let_out(self, text: str) -> Release:
        review = request_review(revision=make_revision(self.hanna, self.house, text=text), member=self.hanna)
        make_approval(review, self.mara)
        return create_release(review=review, member=self.ines)

    def page(self, client: Any, member: Any, name: str, *args: object) -> str:
        client.force_login(member.user)
        return str(client.get(reverse(name, args=["meridian", *args])).content.decode())


def test_a_snippet_that_changes_reopens_the_review_in_sight_of_everybody(client):
    team = Team()
    assert [entry.to_release for entry in needing(team.ines)] == [True]
    team.let_out("Answer at great length.")
    review = Review.objects.get(pk=team.review.pk)

    shown = team.page(client, team.mara, "reviews:review", review.number)
    assert "Included snippets changed" in shown and "house@production" in shown
    assert "<del>briefly</del>" in shown and "<ins>at great length</ins>" in shown
    assert "with a snippet as it is now it compiles to other words" in shown
    assert "Stale: What the revision compiles to changed: a snippet or the policy did." in shown

    [entry] = open_entries(team.ines)
    assert (entry.word, entry.stale, entry.ready, entry.approvals) == ("Snippet changed", True, False, ())
    assert [len(needing(each)) for each in (team.hanna, team.mara, team.ines)] == [1, 0, 0]
    listed = team.page(client, team.hanna, "reviews:list")
    assert "Snippet changed" in listed and "waits for another snapshot" in listed
    assert "a snippet that it includes changed" in team.page(client, team.hanna, "home:index")
    with pytest.raises(NotApproved, match="compiles to other words"):
        create_release(review=review, member=team.ines)
    looking.look(review.pk)
    assert team.mara.notifications.filter(kind="stale", title__contains="aria r1").count() == 1
    assert Review.objects.get(pk=review.pk).ready_since is None

    # Back where it was, what was approved is what is there again.
    move_label(release=team.first, name="production", member=team.ines)
    assert [(entry.word, entry.stale) for entry in open_entries(team.ines)] == [("Open", False)]
    assert len(standing(Review.objects.get(pk=review.pk)).approvals) == 1


def test_the_next_revision_takes_the_place_of_what_a_snippet_reopened():
    team = Team()
    team.let_out("Answer at great length.")
    again = request_review(revision=make_revision(team.hanna, team.prompt), member=team.hanna)
    assert Review.objects.get(pk=team.review.pk).status == "replaced"
    assert "at great length" in again.revision.compiled
    assert [entry.reopened for entry in open_entries(team.mara)] == [False]


def test_the_same_words_under_another_number_reopen_nothing():
    team = Team()
    draft = draft_of(team.house)
    content = {**draft.content, "parameters": {"max_tokens": 77}}  # of no account where it is included
    save(draft=draft, version=draft.version, content=content, member=team.hanna)
    assert team.let_out("").revision.digest != team.first.revision.digest
    assert [entry.reopened for entry in open_entries(team.ines)] == [False]
    assert standing(Review.objects.get(pk=team.review.pk)).stale == ()


def test_whoever_moves_or_retires_a_snippet_sees_who_includes_it(client):
    team = Team()
    assert newest_references(team.workspace) == ["house@1", "house@production"]
    team.let_out("Answer at great length.")
    page = team.page(client, team.ines, "releases:point", "house", 1, "production")
    assert "aria includes it: what is out of them stays as it is" in page
    assert "aria includes it: nobody can snapshot them" in team.page(
        client, team.ines, "releases:list", "house"
    )


def test_what_is_out_says_that_its_snippet_moved_on_and_takes_it_up(client):
    team = Team()
    create_release(review=team.review, member=team.ines)
    numbered = {"id": "house", "include": {"snippet": "house", "at": 1}}
    bo = make_prompt(team.hanna, "bo", domain="general", sections=[ROLE, numbered])
    review = request_review(revision=make_revision(team.hanna, bo), member=team.hanna)
    make_approval(review, team.mara)
    create_release(review=review, member=team.ines)
    assert live_behind(team.workspace) == []
    assert "moved on" not in team.page(client, team.hanna, "prompts:compose", "bo")

    team.let_out("Answer at great length.")
    assert [(one.prompt.slug, one.label, one.moved[0].by_number) for one in live_behind(team.workspace)] == [
        ("aria", "production", False),
        ("bo", "production", True),
    ]
    difference = reverse("prompts:compare", args=["meridian", "house", 1, 2])
    queue = team.page(client, team.hanna, "reviews:list")
    assert difference not in queue
    pages = [("prompts:compose", "aria"), ("releases:release", "aria", 1), ("prompts:compose", "bo")]
    for page in [team.page(client, team.hanna, *each) for each in pages]:
        assert "A snippet moved on since" in page and difference in page
    assert "the snippet house moved on since release 1" in team.page(client, team.hanna, "home:index")
    listed = client.get(reverse("reviews:list", args=["meridian"]), {"show": "release"}).content.decode()
    assert difference in listed and "Out, with a snippet that moved on" in listed

    form = {"snippet": "house", "number": "2", "version": str(draft_of(bo).version)}
    taken = client.post(reverse("prompts:take_up", args=["meridian", "bo"]), form)
    assert taken.status_code == 302
    assert draft_of(bo).content["sections"][1]["include"] == {"snippet": "house", "at": 2}
    again = client.post(reverse("prompts:take_up", args=["meridian", "bo"]), {**form, "version": "2"})
    assert (again.status_code, b"does not include another" in again.content) == (409, True)
    viewer = make_member(team.workspace, "viewer")
    assert "Take r2 up" not in team.page(client, viewer, "prompts:compose", "bo")


def test_who_wrote_an_included_snippet_that_nobody_approved_does_not_approve_what_includes_it():
    team = Team()
    both = make_member(team.workspace, "author", "reviewer", name="tomas")
    number = make_revision(both, team.house, text="Answer in verse.").number
    included = {"id": "house", "include": {"snippet": "house", "at": number}}
    prompt = make_prompt(team.hanna, "verse", domain="general", sections=[ROLE, included])
    review = make_review(team.hanna, revision=make_revision(team.hanna, prompt), runs=[])
    with pytest.raises(NotAllowed, match="own work"):
        make_approval(review, both)
    assert [entry.mine for entry in open_entries(both) if entry.review == review] == [True]
    make_approval(review, team.mara)
    create_release(review=review, member=team.ines)
    # It was approved with what included it: from then on it is like any words of the prompt that were released.
    review = make_review(
        team.hanna, revision=make_revision(team.hanna, prompt, text="You are Aria, an AI."), runs=[]
    )
    make_approval(review, both)
