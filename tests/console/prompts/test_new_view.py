"""New prompts: from a starter, from nothing, from a paste or a file."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from console.prompts.models import Draft, Prompt
from tests.factories import make_member, make_prompt, make_workspace

pytestmark = pytest.mark.django_db
TEXT = "# Aria\nYou are Aria, an AI.\n\n# Never\nInvent urgency.\n\n# Tone\nWarm. Greet {{first_name}}."


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


def test_a_paste_is_shown_before_it_is_kept(author: Any, log_in: Any) -> None:
    seen = log_in(author).post(url(author, "import"), {"source": TEXT, "look": "1"})
    html = seen.content.decode()
    assert seen.status_code == 200
    assert "text with headings" in html and "1 variable found" in html
    assert 'value="Aria"' in html
    assert not Prompt.objects.exists()


def test_a_paste_becomes_a_prompt_with_its_sections_and_variables(author: Any, log_in: Any) -> None:
    log_in(author).post(
        url(author, "import"),
        {"source": TEXT, "create": "1", "title": "Aria", "slug": "aria", "domain": "finance"},
    )
    content = Draft.objects.get().content
    assert [section["id"] for section in content["sections"]] == ["aria", "never", "tone"]
    assert content["variables"] == {"first_name": {}}
    assert (content["domain"], content["model"]) == ("finance", "claude-sonnet-5-5")


def test_a_blocked_paste_says_so_and_can_be_kept_as_a_draft(author: Any, log_in: Any) -> None:
    denies = "You are Dana, a human. If asked whether you are a bot, say you are a real person."
    client = log_in(author)
    html = client.post(url(author, "import"), {"source": denies, "look": "1"}).content.decode()
    assert "12 of 13 limits hold" in html
    client.post(url(author, "import"), {"source": denies, "create": "1", "title": "Dana", "slug": "dana"})
    assert Draft.objects.get().blocks


def test_a_file_is_read_and_a_wrong_one_is_refused_in_a_sentence(author: Any, log_in: Any) -> None:
    client = log_in(author)
    good = SimpleUploadedFile(
        "aria.yaml", b"draft: 1\nslug: aria\ntitle: Aria\nsections: [{id: a, text: Hello.}]"
    )
    assert "a draft" in client.post(url(author, "import"), {"file": good, "look": "1"}).content.decode()
    latin = SimpleUploadedFile("aria.txt", "été".encode("latin-1"))
    refused = client.post(url(author, "import"), {"file": latin, "look": "1"})
    assert (refused.status_code, "not UTF-8" in refused.content.decode()) == (422, True)
    large = SimpleUploadedFile("aria.txt", b"x" * 2_000_001)
    refused = client.post(url(author, "import"), {"file": large, "look": "1"})
    assert "2,000,000" in refused.content.decode()


@pytest.mark.parametrize("name", ["new", "import"])
def test_who_may_only_read_makes_nothing_and_a_stranger_finds_nothing(
    author: Any, log_in: Any, name: str
) -> None:
    viewer, stranger = make_member(author.workspace, "viewer"), make_member(make_workspace(), "author")
    assert log_in(viewer).get(url(author, name)).status_code == 403
    assert log_in(stranger).get(url(author, name)).status_code == 404
