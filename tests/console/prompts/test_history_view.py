"""One revision, the comparison of two, and the way back."""

from __future__ import annotations

from typing import Any

import pytest

from console.prompts.comparison import section_diffs
from console.prompts.drafts import draft_of, save
from policies import parse_draft
from tests.factories import make_member, make_prompt, make_revision, make_workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def author() -> Any:
    return make_member(make_workspace(), "author")


@pytest.fixture
def prompt(author: Any) -> Any:
    prompt = make_prompt(author)
    make_revision(author, prompt, message="The first")
    make_revision(
        author, prompt, text="You are Bo, the assistant of Meridian Bank. You are an AI.", message="Renamed"
    )
    return prompt


def test_a_comparison_shows_words_settings_and_effect(
    author: Any, prompt: Any, log_in: Any, address: Any
) -> None:
    draft = draft_of(prompt)
    content = {**draft.content, "settings": {"behavior.creativity": {"value": "strict"}}}
    save(draft=draft, version=draft.version, content=content, member=author)
    client = log_in(author)
    html = client.get(address(prompt, "compare", 1, 2)).content.decode()
    assert "<del>Aria</del>" in html and "<ins>Bo</ins>" in html
    assert "Creativity" in client.get(address(prompt, "changes")).content.decode()
    compiled = client.get(address(prompt, "compare", 1, 2), {"show": "compiled"}).content.decode()
    assert "&lt;role&gt;" in compiled


def test_sections_that_moved_are_recognised_also_where_their_words_changed() -> None:
    role, task, tone = ({"id": id, "kind": id, "text": f"The {id} of it."} for id in ("role", "task", "tone"))
    before = {"sections": [role, task, tone]}
    moved = section_diffs(before, {"sections": [tone, role, task]})
    assert [(one.id, one.state) for one in moved] == [("tone", "moved"), ("role", "same"), ("task", "same")]
    both = section_diffs(before, {"sections": [{**tone, "text": "Warm."}, role, task]})
    assert (both[0].id, both[0].state, both[0].note) == ("tone", "changed", "moved")


def test_a_revision_compared_with_itself_says_so(author: Any, prompt: Any, log_in: Any, address: Any) -> None:
    assert b"Both say the same" in log_in(author).get(address(prompt, "compare", 2, 2)).content


def test_a_revision_page_shows_what_was_frozen(author: Any, prompt: Any, log_in: Any, address: Any) -> None:
    html = log_in(author).get(address(prompt, "revision", 1)).content.decode()
    assert "You are Aria" in html and "The first" in html and prompt.revisions.get(number=1).digest in html


def test_restoring_changes_the_draft_and_only_for_authors(
    author: Any, prompt: Any, log_in: Any, address: Any
) -> None:
    version = draft_of(prompt).version
    viewer = log_in(make_member(author.workspace, "viewer"))
    assert viewer.post(address(prompt, "restore", 1), {"version": version}).status_code == 403
    log_in(author).post(address(prompt, "restore", 1), {"version": version})
    assert draft_of(prompt).content["sections"][0]["text"].startswith("You are Aria")


def test_files_are_drafts_that_can_be_imported_again(
    author: Any, prompt: Any, log_in: Any, address: Any
) -> None:
    client = log_in(author)
    file = client.get(address(prompt, "file"))
    assert file.headers["Content-Disposition"] == f'attachment; filename="{prompt.slug}.yaml"'
    assert parse_draft(file.content.decode()).to_dict() == draft_of(prompt).content
    frozen = client.get(address(prompt, "revision_file", 1)).content.decode()
    assert parse_draft(frozen).sections[0].text.startswith("You are Aria")


@pytest.mark.parametrize(
    ("name", "rest"),
    [("revision", (1,)), ("compare", (1, 2)), ("changes", ()), ("snapshot", ()), ("merge", ())],
)
def test_no_page_asks_the_database_much(
    author: Any,
    prompt: Any,
    log_in: Any,
    address: Any,
    django_assert_max_num_queries: Any,
    name: str,
    rest: tuple[int, ...],
) -> None:
    client = log_in(author)
    with django_assert_max_num_queries(18):
        client.get(address(prompt, name, *rest))


def test_a_stranger_finds_nothing(author: Any, prompt: Any, log_in: Any, address: Any) -> None:
    client = log_in(make_member(make_workspace(), "author"))
    for name, rest in (("revision", (1,)), ("compare", (1, 2)), ("revision_file", (1,))):
        assert client.get(address(prompt, name, *rest)).status_code == 404
    assert client.post(address(prompt, "restore", 1)).status_code == 404
