from __future__ import annotations

from console.prompts.files import draft_yaml
from tests.console.prompts.importers.reading import one, read, refusal


def test_a_draft_is_taken_as_it_is() -> None:
    imported = one("draft: 1\nslug: aria\ndomain: finance\nsections:\n  - {id: role, text: You are Aria.}")
    assert imported.form == "a draft"
    assert (imported.name, imported.content["slug"], imported.content["domain"]) == (
        "aria",
        "aria",
        "finance",
    )
    assert one(draft_yaml(imported.content), "x.yaml").content == imported.content


def test_several_drafts_in_one_file() -> None:
    drafts = [{"draft": 1, "title": name, "sections": [{"id": "a", "text": name}]} for name in ("One", "Two")]
    assert [entry.name for entry in read(drafts)] == ["One", "Two"]


def test_a_broken_draft_says_where() -> None:
    assert "slug" in refusal("draft: 1\nslug: Not A Slug\nsections: [{id: a, text: b}]")
    assert "sections: is missing" in refusal("title: A", "a.yaml")
