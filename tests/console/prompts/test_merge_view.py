"""The merge: both versions, a choice for each thing that both changed, and nothing lost on the way."""

from __future__ import annotations

from typing import Any

import pytest

from console.prompts.drafts import StaleDraft, draft_of, save
from console.prompts.models import DraftCopy
from tests.factories import make_member, make_prompt, make_workspace

pytestmark = pytest.mark.django_db


def changed(content: dict[str, Any], **texts: str) -> dict[str, Any]:
    sections = [{**s, "text": texts.get(s["id"], s["text"])} for s in content["sections"]]
    return {**content, "sections": sections}


def texts(prompt: Any) -> dict[str, str]:
    return {section["id"]: section["text"] for section in draft_of(prompt).content["sections"]}


@pytest.fixture
def author() -> Any:
    return make_member(make_workspace(), "author", name="hanna")


@pytest.fixture
def prompt(author: Any) -> Any:
    """Ines changed role and task; Hanna's role and model came late."""
    prompt = make_prompt(author)
    draft = draft_of(prompt)
    ines = make_member(author.workspace, "author", name="ines")
    save(draft=draft, version=1, content=changed(draft.content, role="Hers.", task="Her task."), member=ines)
    with pytest.raises(StaleDraft):
        mine = {**changed(draft.content, role="Mine."), "model": "claude-opus-5-5"}
        save(draft=draft, version=1, content=mine, member=author)
    return prompt


def test_both_are_shown(author: Any, prompt: Any, log_in: Any, address: Any) -> None:
    html = log_in(author).get(address(prompt, "merge")).content.decode()
    assert "Hers." in html and "Mine." in html
    assert 'name="take.section.role"' in html
    assert "Section task" in html and "Model" in html


def test_what_only_one_changed_is_taken_and_the_rest_is_chosen(
    author: Any, prompt: Any, log_in: Any, address: Any
) -> None:
    choice = {"version": "2", "resolve": "1", "take.section.role": "theirs"}
    done = log_in(author).post(address(prompt, "merge"), choice)
    assert done.headers["Location"] == f"{address(prompt, 'compose')}?merged=1"
    assert texts(prompt) == {"role": "Hers.", "task": "Her task."}
    assert draft_of(prompt).content["model"] == "claude-opus-5-5"
    assert not DraftCopy.objects.exists()


def test_somebody_saves_while_one_chooses(author: Any, prompt: Any, log_in: Any, address: Any) -> None:
    draft = draft_of(prompt)
    third = make_member(author.workspace, "author", name="otto")
    save(draft=draft, version=2, content=changed(draft.content, task="His task."), member=third)
    client = log_in(author)
    again = client.post(address(prompt, "merge"), {"version": "2", "take.section.role": "mine"})
    assert again.headers["Location"] == address(prompt, "merge")
    client.post(address(prompt, "merge"), {"version": "3", "take.section.role": "mine"})
    assert texts(prompt) == {"role": "Mine.", "task": "His task."}


def test_mine_can_be_dropped(author: Any, prompt: Any, log_in: Any, address: Any) -> None:
    log_in(author).post(address(prompt, "merge"), {"version": "2", "drop": "1"})
    assert texts(prompt)["role"] == "Hers."
    assert not DraftCopy.objects.exists()


def test_nothing_to_merge_leads_back(author: Any, log_in: Any, address: Any) -> None:
    prompt = make_prompt(author)
    assert log_in(author).get(address(prompt, "merge")).headers["Location"] == address(prompt, "compose")


def test_everybody_merges_only_their_own(prompt: Any, log_in: Any, address: Any) -> None:
    other = make_member(prompt.workspace, "author")
    assert log_in(other).get(address(prompt, "merge")).status_code == 302
    stranger = make_member(make_workspace(), "author")
    assert log_in(stranger).get(address(prompt, "merge")).status_code == 404
