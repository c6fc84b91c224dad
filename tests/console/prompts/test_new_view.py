"""New prompts: from a starter, from nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from console.prompts.models import Draft, Prompt
from tests.factories import make_member, make_prompt, make_workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def author() -> Any:
    return make_member(make_workspace(), "author")


def url(member: Any, name: str) -> str:
    return reverse(f"prompts:{name}", args=[member.workspace.slug])


def test_the_page_offers_the_starters_and_one_becomes_a_prompt(author: Any, log_in: Any) -> None:
    client = log_in(author)
    assert b"Support assistant" in client.get(url(author, "new")).content
    assert b'value="support-assistant"' in client.get(url(author, "new"), {"from": "support"}).content
    made = client.post(
        url(author, "new"), {"from": "support", "title": "Help", "slug": "help", "domain": "general"}
    )
    assert made.headers["Location"].endswith("/prompts/help/compose")
    assert len(Draft.objects.get().content["sections"]) > 3


def test_from_nothing_the_slug_comes_from_the_title(author: Any, log_in: Any) -> None:
    log_in(author).post(
        url(author, "new"), {"from": "nothing", "title": "My first prompt", "domain": "finance"}
    )
    prompt = Prompt.objects.get()
    assert prompt.slug == "my-first-prompt"
    assert prompt.drafts.get().content["domain"] == "finance"


def test_a_taken_slug_is_one_sentence_and_nothing_typed_is_lost(author: Any, log_in: Any) -> None:
    make_prompt(author, "aria")
    client = log_in(author)
    refused = client.post(url(author, "new"), {"from": "nothing", "title": "Another one", "slug": "aria"})
    assert refused.status_code == 422
    html = refused.content.decode()
    assert "aria is taken by Aria." in html and 'value="Another one"' in html
    assert "aria is taken" in client.get(url(author, "slug"), {"slug": "aria"}).content.decode()
    assert "is free" in client.get(url(author, "slug"), {"title": "Something else"}).content.decode()


def test_a_slug_of_another_workspace_is_free_here(author: Any, log_in: Any) -> None:
    make_prompt(make_member(make_workspace(), "author"), "aria")
    assert "is free" in log_in(author).get(url(author, "slug"), {"slug": "aria"}).content.decode()


@pytest.mark.parametrize("name", ["new", "import"])
def test_who_may_only_read_makes_nothing_and_a_stranger_finds_nothing(
    author: Any, log_in: Any, name: str
) -> None:
    viewer, stranger = make_member(author.workspace, "viewer"), make_member(make_workspace(), "author")
    assert log_in(viewer).get(url(author, name)).status_code == 403
    assert log_in(stranger).get(url(author, name)).status_code == 404
