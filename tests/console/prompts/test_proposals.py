"""Further drafts of a prompt: each on a revision, brought up to date, merged back; nothing anybody typed is lost."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from console.audit.models import Entry
from console.problems import DomainError, Invalid, NotAllowed
from console.prompts import proposals
from console.prompts.drafts import draft_of, save
from console.prompts.models import Draft
from console.prompts.revisions import create_revision
from tests.factories import (
    make_approval,
    make_member,
    make_prompt,
    make_review,
    make_revision,
    make_workspace,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def author() -> Any:
    return make_member(make_workspace("meridian"), "author", name="hanna")


@pytest.fixture
def prompt(author: Any) -> Any:
    prompt = make_prompt(author, "aria")
    make_revision(author, prompt)
    return prompt


def propose(prompt: Any, member: Any, name: str = "shorter") -> Draft:
    return proposals.propose(revision=prompt.revisions.get(number=1), name=name, member=member)


def edit(draft: Draft, member: Any, section: str, text: str) -> Draft:
    draft = draft_of(draft.prompt, draft.name)
    sections = [{**s, "text": text} if s["id"] == section else s for s in draft.content["sections"]]
    return save(
        draft=draft, version=draft.version, content={**draft.content, "sections": sections}, member=member
    )


def text(draft: Draft, section: str) -> str:
    content = draft_of(draft.prompt, draft.name).content
    return next(s["text"] for s in content["sections"] if s["id"] == section)


def seen(draft: Draft) -> tuple[int, int]:
    return draft_of(draft.prompt, draft.name).version, draft_of(draft.prompt).version


def test_what_each_side_changed_is_in_both_after_an_update_and_in_main_after_the_merge(author, prompt):
    other = make_member(author.workspace, "author", name="otto")
    proposal = propose(prompt, other)
    edit(proposal, other, "role", "You are Aria, an AI.")
    edit(draft_of(prompt), author, "task", "Help with cards.")
    assert proposals.behind(draft_of(prompt, "shorter"), draft_of(prompt)) == 1
    proposals.bring_up_to_date(proposal=proposal, seen=seen(proposal), choices={}, member=other)
    assert (text(proposal, "role"), text(proposal, "task")) == ("You are Aria, an AI.", "Help with cards.")
    assert text(draft_of(prompt), "role") != "You are Aria, an AI."
    assert proposals.behind(draft_of(prompt, "shorter"), draft_of(prompt)) == 0
    main = proposals.merge_back(proposal=proposal, seen=seen(proposal), choices={}, member=author)
    assert text(main, "role") == "You are Aria, an AI."
    assert {author.user_id, other.user_id} <= set(main.editors)
    assert draft_of(prompt, "shorter").merged_as == main.version
    acts = Entry.objects.filter(act__startswith="prompt:draft").order_by("seq").values_list("act", flat=True)
    assert list(acts) == ["prompt:draft:proposed", "prompt:draft:merged"]


def test_where_both_changed_the_same_somebody_chooses_and_the_other_words_are_kept(author, prompt):
    proposal = propose(prompt, author)
    edit(proposal, author, "role", "Mine.")
    edit(draft_of(prompt), author, "role", "Main's.")
    (unit,) = proposals.units_between(draft_of(prompt, "shorter"), draft_of(prompt))
    assert (unit.key, unit.state) == ("section.role", "conflict")
    choices = {"section.role": "theirs"}
    proposals.merge_back(proposal=proposal, seen=seen(proposal), choices=choices, member=author)
    assert text(draft_of(prompt), "role") == "Main's."
    assert text(proposal, "role") == "Mine."
    proposals.open_again(proposal=draft_of(prompt, "shorter"), member=author)
    proposals.merge_back(
        proposal=proposal, seen=seen(proposal), choices={"section.role": "mine"}, member=author
    )
    main = draft_of(prompt)
    assert text(main, "role") == "Mine."
    assert any("Main's." in str(version.content) for version in main.versions.all())


def test_what_somebody_saved_meanwhile_is_looked_at_first(author, prompt):
    proposal = propose(prompt, author)
    before = seen(proposal)
    edit(draft_of(prompt), author, "role", "Newer.")
    with pytest.raises(proposals.Overtaken):
        proposals.merge_back(proposal=proposal, seen=before, choices={}, member=author)


def test_a_closed_proposal_is_read_only_until_it_is_opened(author, prompt):
    proposal = propose(prompt, author)
    proposals.close(proposal=proposal, member=author)
    with pytest.raises(DomainError, match="is closed"):
        edit(proposal, author, "role", "x")
    with pytest.raises(DomainError, match="closed already"):
        proposals.close(proposal=proposal, member=author)


def test_names_have_a_form_and_are_used_once(author, prompt):
    propose(prompt, author)
    for name in ("", "main", "Big", "a b", "x" * 41, "shorter"):
        with pytest.raises(Invalid):
            propose(prompt, author, name)
    with pytest.raises(NotAllowed):
        propose(prompt, make_member(author.workspace, "reviewer"), "other")


def test_main_is_what_lists_show_and_who_wrote_a_proposal_does_not_approve_it(author, prompt):
    helper = make_member(author.workspace, "author", "reviewer", name="bo")
    proposal = draft_of(propose(prompt, helper).prompt, "shorter")
    saved = save(
        draft=proposal, version=1, content={**proposal.content, "title": "Another title"}, member=helper
    )
    prompt.refresh_from_db()
    assert prompt.title != "Another title"
    create_revision(draft=saved, version=saved.version, message="", member=helper)
    again = edit(saved, author, "role", "You are Aria of Meridian Bank, an AI.")
    main = proposals.merge_back(proposal=again, seen=seen(again), choices={}, member=author)
    revision = create_revision(draft=main, version=main.version, message="", member=author)
    with pytest.raises(NotAllowed, match="own work"):
        make_approval(make_review(author, revision=revision), helper)


def test_its_pages_work_as_those_of_the_main_draft(client, author, prompt, django_assert_max_num_queries):
    client.force_login(author.user)
    listed = reverse("prompts:proposals", args=["meridian", "aria"])
    assert client.post(listed, {"name": "Big", "revision": "1"}).status_code == 422
    made = client.post(listed, {"name": "shorter", "purpose": "Fewer words", "revision": "1"})
    assert made["Location"].endswith("/aria/drafts/shorter/compose")
    with django_assert_max_num_queries(25):
        page = client.get(made["Location"]).content.decode()
    assert "Proposal shorter" in page and 'action="/w/meridian/prompts/aria/drafts/shorter/save"' in page
    assert "Fewer words" in client.get(listed).content.decode()
    proposal = edit(draft_of(prompt, "shorter"), author, "role", "You are Aria, an AI.")
    back = reverse("prompts:merge_back", args=["meridian", "aria", "shorter"])
    assert "Merge into main" in client.get(back).content.decode()
    old = client.post(back, {"mine": "1", "main": "1", "back": "1"})
    assert old["Location"] == back
    mine, main = seen(proposal)
    assert client.post(back, {"mine": mine, "main": main, "back": "1"}).status_code == 302
    assert text(draft_of(prompt), "role") == "You are Aria, an AI."
    assert client.get(reverse("prompts:merge_back", args=["meridian", "aria", "main"])).status_code == 404
    assert (
        client.get(reverse("prompts:proposal-compose", args=["meridian", "aria", "nothing"])).status_code
        == 404
    )
    for page in ("changes", "file", "merge", "snapshot"):
        assert client.get(
            reverse(f"prompts:proposal-{page}", args=["meridian", "aria", "shorter"])
        ).status_code in (
            200,
            302,
        )
