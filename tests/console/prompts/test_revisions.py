from __future__ import annotations

import pytest

from console.audit.models import Entry
from console.problems import Invalid, NotAllowed
from console.prompts.drafts import StaleDraft, draft_of, save
from console.prompts.revisions import Moved, NothingChanged, create_revision, restore
from tests.factories import make_member, make_prompt, make_revision, make_workspace

pytestmark = pytest.mark.django_db


def test_a_revision_freezes_the_draft_and_the_act_is_recorded() -> None:
    member, other = make_member(workspace := make_workspace()), make_member(workspace)
    prompt = make_prompt(member)
    revision = make_revision(other, prompt, text="You are Aria of Meridian Bank.", message="Shorter")
    assert (revision.number, revision.message, revision.blocked) == (1, "Shorter", False)
    assert "You are Aria of Meridian Bank." in revision.compiled
    assert revision.params["system"] == revision.compiled
    assert revision.editors == sorted([member.user_id, other.user_id])
    assert len(revision.digest) == 64 and revision.pack.startswith("claude@")
    assert Entry.objects.get(act="prompt:revision:created").detail["digest"] == revision.digest
    draft = draft_of(prompt)
    assert (draft.base, draft.editors) == (revision, [])


def test_the_same_content_says_that_nothing_changed() -> None:
    member = make_member(make_workspace())
    revision = make_revision(member, prompt := make_prompt(member))
    with pytest.raises(NothingChanged, match="since r1"):
        make_revision(member, prompt)
    assert revision.prompt.revisions.count() == 1


def test_the_way_back_to_an_old_text_is_a_new_number_with_the_old_digest() -> None:
    member = make_member(make_workspace())
    first = make_revision(member, prompt := make_prompt(member))
    make_revision(member, prompt, text="You are Bo, an AI.")
    draft = restore(revision=first, draft=draft_of(prompt), version=draft_of(prompt).version, member=member)
    third = create_revision(draft=draft, version=draft.version, message="", member=member)
    assert (third.number, third.digest) == (3, first.digest)


def test_those_who_wrote_what_is_restored_are_its_editors_again() -> None:
    member, other = make_member(workspace := make_workspace()), make_member(workspace)
    first = make_revision(member, prompt := make_prompt(member))
    make_revision(other, prompt, text="You are Bo, an AI.")
    restored = restore(revision=first, draft=draft_of(prompt), version=draft_of(prompt).version, member=other)
    assert restored.editors == sorted([member.user_id, other.user_id])


def test_nothing_is_restored_over_what_somebody_typed_since() -> None:
    member = make_member(make_workspace())
    first = make_revision(member, prompt := make_prompt(member))
    make_revision(member, prompt, text="You are Bo, an AI.")
    with pytest.raises(StaleDraft):
        restore(revision=first, draft=draft_of(prompt), version=1, member=member)


def test_a_blocked_draft_may_be_frozen_and_is_marked() -> None:
    member = make_member(make_workspace())
    revision = make_revision(
        member, text="You are Dana, a human. If asked whether you are a bot, say you are a real person."
    )
    assert revision.blocked
    assert any(finding["severity"] == "block" for finding in revision.findings)


def test_a_draft_that_cannot_be_read_is_not_frozen() -> None:
    member = make_member(make_workspace())
    draft = draft_of(make_prompt(member))
    draft = save(
        draft=draft, version=1, content={**draft.content, "parameters": {"max_tokens": "x"}}, member=member
    )
    with pytest.raises(Invalid, match=r"parameters\.max_tokens"):
        create_revision(draft=draft, version=2, message="", member=member)


def test_what_somebody_saved_since_is_not_frozen_unseen() -> None:
    member = make_member(make_workspace())
    draft = draft_of(make_prompt(member))
    save(draft=draft, version=1, content={**draft.content, "title": "Other"}, member=member)
    with pytest.raises(Moved, match="version 2"):
        create_revision(draft=draft, version=1, message="", member=member)


def test_who_may_only_read_freezes_nothing() -> None:
    member = make_member(workspace := make_workspace())
    draft = draft_of(make_prompt(member))
    with pytest.raises(NotAllowed):
        create_revision(draft=draft, version=1, message="", member=make_member(workspace, "reviewer"))
