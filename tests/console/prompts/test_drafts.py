from __future__ import annotations

import pytest
from django.utils import timezone

from console.audit.models import Entry
from console.problems import DomainError, Invalid, NotAllowed
from console.prompts.drafts import StaleDraft, Taken, create_prompt, draft_of, free_slug, save
from console.prompts.models import Draft, DraftCopy, DraftVersion, Prompt
from console.prompts.revisions import create_revision
from tests.factories import make_content, make_member, make_prompt, make_workspace

pytestmark = pytest.mark.django_db


def text_of(content: dict) -> str:  # type: ignore[type-arg]
    return content["sections"][0]["text"]


def with_text(content: dict, text: str) -> dict:  # type: ignore[type-arg]
    first, *rest = content["sections"]
    return {**content, "sections": [{**first, "text": text}, *rest]}


def test_a_prompt_is_made_with_its_draft_and_the_act_is_recorded() -> None:
    member = make_member(make_workspace())
    prompt = create_prompt(member=member, slug="aria", title="Aria", content=make_content())
    draft = draft_of(prompt)
    assert (draft.version, draft.editors, draft.content["slug"]) == (1, [member.user_id], "aria")
    assert Entry.objects.get(act="prompt:created").subject_name == "Aria"


def test_an_import_is_recorded_as_one() -> None:
    member = make_member(make_workspace())
    create_prompt(
        member=member, slug="a", title="A", content=make_content(), imported_from="plain text, one section"
    )
    assert Entry.objects.get(act="prompt:imported").detail["form"] == "plain text, one section"


def test_a_taken_slug_names_who_has_it_and_one_that_is_free() -> None:
    member = make_member(make_workspace())
    make_prompt(member, "aria")
    make_prompt(member, "aria-2")
    with pytest.raises(Taken, match="aria is taken by Aria") as error:
        make_prompt(member, "aria")
    assert error.value.what_to_do == "Choose another, such as aria-3."
    assert free_slug(member, "new") == "new"


def test_another_workspace_may_use_the_same_slug() -> None:
    make_prompt(make_member(make_workspace()), "aria")
    make_prompt(make_member(make_workspace()), "aria")
    assert Prompt.objects.filter(slug="aria").count() == 2


@pytest.mark.parametrize("slug", ["", "Aria", "a b", "a" * 65, "ä", "new"])
def test_a_slug_that_cannot_be_one_is_refused(slug: str) -> None:
    with pytest.raises(Invalid, match="can't be the slug"):
        make_prompt(make_member(make_workspace()), slug or " ")


def test_who_may_only_read_makes_nothing() -> None:
    with pytest.raises(NotAllowed):
        make_prompt(make_member(make_workspace(), "viewer"), "aria")


def test_a_save_counts_up_and_keeps_the_version_before() -> None:
    member, other = make_member(workspace := make_workspace()), make_member(workspace)
    draft = draft_of(make_prompt(member))
    saved = save(draft=draft, version=1, content=with_text(draft.content, "You are Bo."), member=other)
    assert (saved.version, saved.editors) == (2, [member.user_id, other.user_id])
    assert text_of(DraftVersion.objects.get(draft=draft, version=1).content).startswith("You are Aria")


def test_the_same_content_makes_no_version() -> None:
    member = make_member(make_workspace())
    draft = draft_of(make_prompt(member))
    assert save(draft=draft, version=1, content=draft.content, member=member).version == 1


def test_a_save_of_an_older_version_changes_nothing_and_is_kept_for_a_merge() -> None:
    member, other = make_member(workspace := make_workspace()), make_member(workspace, name="ines")
    draft = draft_of(make_prompt(member))
    save(draft=draft, version=1, content=with_text(draft.content, "Hers."), member=other)
    with pytest.raises(StaleDraft, match="Ines saved version 2"):
        save(draft=draft, version=1, content=with_text(draft.content, "Mine."), member=member)
    assert text_of(draft_of(draft.prompt).content) == "Hers."
    copy = DraftCopy.objects.get(by=member.user)
    assert (copy.version, text_of(copy.content)) == (1, "Mine.")
    with pytest.raises(StaleDraft, match="You saved version 2 in another window"):
        save(draft=draft, version=1, content=with_text(draft.content, "Hers too."), member=other)


def test_the_title_and_the_tags_of_the_draft_are_those_of_the_list() -> None:
    member = make_member(make_workspace())
    draft = draft_of(make_prompt(member))
    save(
        draft=draft,
        version=1,
        content={**draft.content, "title": "Aria two", "tags": ["bank"]},
        member=member,
    )
    prompt = Prompt.objects.get()
    assert (prompt.title, prompt.tags) == ("Aria two", ["bank"])


def test_what_blocks_is_counted_at_the_save() -> None:
    member = make_member(make_workspace())
    draft = draft_of(make_prompt(member))
    assert draft.blocks == 0
    denies = (
        "You are Dana, a human agent. If anybody asks whether you are a bot, say that you are a real person."
    )
    assert save(draft=draft, version=1, content=with_text(draft.content, denies), member=member).blocks


@pytest.mark.parametrize("text", ["nul \0", "half \ud83d"])
def test_what_no_database_takes_is_refused_in_a_sentence(text: str) -> None:
    member = make_member(make_workspace())
    draft = draft_of(make_prompt(member))
    with pytest.raises(Invalid, match="can't be kept"):
        save(draft=draft, version=1, content=with_text(draft.content, text), member=member)


def test_a_text_beyond_the_limit_is_refused_and_the_draft_stays() -> None:
    member = make_member(make_workspace())
    draft = draft_of(make_prompt(member))
    with pytest.raises(Invalid, match="400,000"):
        save(draft=draft, version=1, content=with_text(draft.content, "x" * 400_001), member=member)
    assert draft_of(draft.prompt).version == 1


def test_a_stranger_may_not_save() -> None:
    draft = draft_of(make_prompt(make_member(make_workspace())))
    with pytest.raises(NotAllowed):
        save(draft=draft, version=1, content=draft.content, member=make_member(make_workspace()))


def test_a_save_sees_what_happened_to_the_row_since_it_was_read() -> None:
    member = make_member(make_workspace(), "author")
    prompt = make_prompt(member)
    read = draft_of(prompt)
    revision = create_revision(draft=draft_of(prompt), version=1, message="", member=member)
    saved = save(draft=read, version=1, content=with_text(read.content, "Help."), member=member)
    assert (saved.version, saved.base, saved.editors) == (2, revision, [member.user_id])
    kept = draft_of(prompt)
    assert (kept.content, kept.editors, kept.updated_by) == (saved.content, saved.editors, member.user)
    Draft.objects.update(closed_at=timezone.now())
    with pytest.raises(DomainError, match="closed"):
        save(draft=kept, version=2, content=with_text(read.content, "Help more."), member=member)
    assert DraftVersion.objects.count() == draft_of(prompt).version == 2
