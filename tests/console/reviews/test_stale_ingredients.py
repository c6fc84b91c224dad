"""Every ingredient voids an approval: read off the fields of the models, so that a new one cannot be forgotten."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from console.accounts.services import remove_member, set_roles
from console.governance.services import set_bounds
from console.problems import DomainError
from console.prompts.drafts import draft_of, save
from console.prompts.models import Revision
from console.prompts.revisions import create_revision
from console.releases.labels import move_label
from console.releases.models import Release
from console.releases.services import create_release
from console.reviews.ground import Ground
from console.reviews.models import Review
from console.reviews.services import decide, set_evidence
from console.reviews.standing import standing
from tests.factories import (
    make_approval,
    make_finished_run,
    make_member,
    make_prompt,
    make_review,
    make_revision,
    make_workspace,
)

pytestmark = pytest.mark.django_db
ROLE = {"id": "role", "kind": "role", "text": "You are Aria. You are an AI."}


class Team:
    def __init__(self) -> None:
        self.workspace = make_workspace()
        self.author, self.reviewer, self.approver, self.admin = (
            make_member(self.workspace, role) for role in ("author", "reviewer", "approver", "admin")
        )
        self.house = make_prompt(
            self.author, "house", sections=[{"id": "text", "kind": "free", "text": "Be brief."}]
        )
        self.house.kind = "snippet"
        self.house.save()
        make_revision(self.author, self.house)
        included = {"id": "house", "include": {"snippet": "house", "at": 1}}
        self.prompt = make_prompt(self.author, "aria", sections=[ROLE, included])
        self.review = make_review(self.author, revision=make_revision(self.author, self.prompt))
        make_approval(self.review, self.reviewer)

    @property
    def now(self) -> Any:
        return standing(Review.objects.get(pk=self.review.pk))


# Every column of a revision: what changing it does. None: it says where a revision is from, and binds nothing.
SNIPPET = {"draft": 1, "sections": [{"id": "text", "kind": "free", "text": "Be long."}]}
COLUMNS: dict[str, Any] = {
    "content": lambda row: {**row.content, "sections": [{**ROLE, "text": "You are Bo, an AI."}]},
    "params": lambda row: {**row.params, "max_tokens": 7},
    "digest": lambda row: "0" * 64,
    **dict.fromkeys(("id", "prompt", "number", "parent", "message", "created_at", "created_by", "editors")),
    # Counted anew from the content whenever they decide; what is compiled is in the parameters too.
    **dict.fromkeys(("compiled", "source_map", "findings", "blocked", "domain", "snippets")),
    # The policy and the bounds of a revision are a record: those in force now decide (see GROUND).
    **dict.fromkeys(("pack", "pack_digest", "bounds_version")),
}


def test_the_columns_of_a_revision_are_all_there():
    assert set(COLUMNS) == {field.name for field in Revision._meta.fields}


@pytest.mark.parametrize("column", [name for name, change in COLUMNS.items() if change])
def test_a_revision_that_is_altered_in_the_database_is_not_the_approved_one(column):
    team = Team()
    row = team.review.revision
    Revision.objects.filter(pk=row.pk).update(**{column: COLUMNS[column](row)})
    assert [line.kind for line in team.now.unmet if line.kind in ("approvals", "bytes", "findings")]
    with pytest.raises(DomainError):
        create_release(review=team.review, member=team.approver)


def other_label_target(team: Team) -> None:
    """Another revision of the prompt goes out under the label meanwhile."""
    draft = draft_of(team.prompt)
    content = {**draft.content, "sections": [{**ROLE, "text": "You are Aria, an AI, of a bank."}]}
    saved = save(draft=draft, version=draft.version, content=content, member=team.author)
    revision = create_revision(draft=saved, version=saved.version, message="", member=team.author)
    staged = make_review(team.author, revision=revision, label="staging")
    make_approval(staged, team.reviewer)
    release = create_release(review=Review.objects.get(pk=staged.pk), member=team.approver)
    move_label(release=release, name="production", member=team.approver)


def snippet(team: Team) -> None:
    team.house.revisions.update(content=SNIPPET)


def bounds(team: Team) -> None:
    set_bounds(
        member=team.admin, bounds={"behavior.crude_language": {"permitted": ["off"]}}, reason="", version=0
    )


def evidence(team: Team) -> None:
    runs = [*team.review.runs.all(), make_finished_run(team.review.revision)]
    set_evidence(review=team.review, runs=runs, member=team.author)


def pack(team: Team) -> None:
    from console.governance.services import switch_pack

    switch_pack(workspace=team.workspace, name="claude", version="2026.1")


# Every field of what an approval binds.
GROUND: dict[str, Callable[[Team], None]] = {
    "revision": snippet,
    "against": other_label_target,
    "pack": pack,
    "bounds": bounds,
    "evidence": evidence,
}


def test_what_an_approval_binds_is_all_there():
    assert set(GROUND) == {field.name for field in dataclasses.fields(Ground)}


@pytest.mark.parametrize("part", GROUND)
def test_each_part_of_the_ground_voids_an_approval_and_an_old_form(part):
    team = Team()
    shown = team.now.ground
    GROUND[part](team)
    now = team.now
    assert part in {difference.name for voice in now.voices for difference in voice.drift}
    assert now.approvals == ()
    with pytest.raises(DomainError):
        decide(review=team.review, word="approve", shown=shown, member=team.reviewer)
    before = Release.objects.count()
    with pytest.raises(DomainError):
        create_release(review=team.review, member=team.approver)
    assert Release.objects.count() == before


@pytest.mark.parametrize("how", ["removed", "demoted", "other domains", "closed account"])
def test_a_person_whose_word_no_longer_counts_voids_it_too(how):
    team = Team()
    if how == "removed":
        remove_member(member=team.reviewer, by=team.admin)
    elif how == "closed account":
        team.reviewer.user.is_active = False
        team.reviewer.user.save()
    else:
        roles, domains = (["viewer"], []) if how == "demoted" else (["reviewer"], ["medical"])
        set_roles(member=team.reviewer, roles=roles, domains=domains, by=team.admin)
    with pytest.raises(DomainError, match="1 approval"):
        create_release(review=team.review, member=team.approver)
    assert not Release.objects.exists()
