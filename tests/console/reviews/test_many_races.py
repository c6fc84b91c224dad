"""Edit, approve and release at the same instant: a few rounds always, five hundred in ``make chaos``.

Whatever the order, nothing is released but the revision that was reviewed, on an approval that stood at that moment.
"""

from __future__ import annotations

import os
import random
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from console.accounts.models import Membership
from console.accounts.services import set_roles
from console.audit.models import Chain
from console.audit.services import verify
from console.governance.services import governance_of, set_bounds
from console.problems import DomainError
from console.prompts.drafts import draft_of, save
from console.prompts.revisions import create_revision
from console.releases.models import Release
from console.releases.services import create_release
from console.reviews.models import Decision, Review
from console.reviews.services import decide
from console.reviews.standing import standing
from policies.canonical import read_json
from tests.factories import (
    make_finished_run,
    make_member,
    make_prompt,
    make_review,
    make_revision,
    make_workspace,
)

pytestmark = pytest.mark.django_db(transaction=True)
SEED = int(os.environ.get("REMIT_SEED", "20261121"))


class Round:
    """One prompt under review, and the acts that race."""

    def __init__(self, team: dict[str, Membership], number: int) -> None:
        self.team, self.number = team, number
        self.prompt = make_prompt(
            team["author"],
            domain="general",
            sections=[{"id": "role", "kind": "role", "text": f"You are assistant {number}. You are an AI."}],
        )
        self.review = make_review(
            team["author"], revision=make_revision(team["author"], self.prompt), runs=[]
        )
        self.shown = standing(Review.objects.get(pk=self.review.pk)).ground

    def member(self, role: str) -> Membership:
        return Membership.objects.select_related("user", "workspace").get(pk=self.team[role].pk)

    def edit(self) -> Any:
        draft = draft_of(self.prompt)
        sections = [
            {"id": "role", "kind": "role", "text": f"You are another one, {self.number}. You are an AI."}
        ]
        content = {**draft.content, "sections": sections}
        saved = save(draft=draft, version=draft.version, content=content, member=self.member("author"))
        return create_revision(draft=saved, version=saved.version, message="", member=self.member("author"))

    def approve(self, who: str = "reviewer") -> Any:
        return decide(review=self.review, word="approve", shown=self.shown, member=self.member(who))

    def approve_too(self) -> Any:
        return self.approve("other")

    def release(self) -> Any:
        return create_release(review=self.review, member=self.member("approver"))

    def name_evidence(self) -> Any:
        self.review.runs.add(make_finished_run(self.review.revision))

    def narrow(self) -> Any:
        version = governance_of(self.team["admin"].workspace).bounds.version
        bounds = {"behavior.crude_language": {"permitted": ["off"]}} if version % 2 == 0 else {}
        return set_bounds(member=self.member("admin"), bounds=bounds, reason="Race.", version=version)

    def demote(self) -> Any:
        return set_roles(
            member=self.member("reviewer"), roles=["viewer"], domains=[], by=self.member("admin")
        )


def run(*acts: Callable[[], Any]) -> Counter[str]:
    gate, told = threading.Barrier(len(acts)), Counter[str]()

    def go(act: Callable[[], Any]) -> None:
        try:
            gate.wait(20)
            act()
            told[f"{act.__name__} done"] += 1
        except DomainError:
            told[f"{act.__name__} refused"] += 1
        finally:
            connection.close()

    threads = [threading.Thread(target=go, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads), "deadlock"
    return told


def race(rounds: int, seed: int) -> Counter[str]:
    chance, told = random.Random(seed), Counter[str]()
    workspace = make_workspace()
    roles = {
        "author": "author",
        "reviewer": "reviewer",
        "other": "reviewer",
        "approver": "approver",
        "admin": "admin",
    }
    team = {name: make_member(workspace, role) for name, role in roles.items()}
    for number in range(rounds):
        one = Round(team, number)
        rest = [one.approve_too, one.narrow, one.demote, one.name_evidence, one.release]
        acts = [one.edit, one.approve, one.release, *chance.sample(rest, 1)]
        if chance.random() < 0.5:
            one.approve()
        told += run(*acts)
        look(one)
        set_roles(member=one.member("reviewer"), roles=["reviewer"], domains=[], by=one.member("admin"))
    assert verify(Chain.objects.get(name=workspace.chain)) is None
    return told


def look(one: Round) -> None:
    """Whatever happened: at most one release, of the reviewed digest, with approvals of exactly that ground."""
    released = list(Release.objects.filter(prompt=one.prompt))
    assert len(released) <= 1
    review = Review.objects.get(pk=one.review.pk)
    assert (review.status == Review.Status.RELEASED) == bool(released)
    words = Decision.objects.filter(review=review, superseded=False)
    assert words.count() == words.values("by").distinct().count()
    for release in released:
        assert release.revision_id == one.review.revision_id
        predicate = read_json(bytes(release.statement))["predicate"]
        approvals = predicate["approvals"]
        assert approvals, "released without an approval"
        assert {a["revision"] for a in approvals} == {one.review.revision.digest}
        assert {a["pack"] for a in approvals} == {predicate["pack"]["digest"]}
        assert {a["bounds"] for a in approvals} == {predicate["bounds"]}
        assert {a["evidence"] for a in approvals} == {predicate["evidence"]["digest"]}


def test_a_few_races_of_edit_approve_and_release():
    told = race(6, SEED)
    assert told["edit done"] == 6


@pytest.mark.chaos
def test_five_hundred_races_of_edit_approve_and_release():
    told = race(500, SEED)
    print(f"\n500 races of edit, approve, release and one more (seed {SEED}):")
    for what, count in sorted(told.items()):
        print(f"  {what:24}{count:5}")
    assert told["edit done"] == 500 and told["release done"] > 50
