from __future__ import annotations

from tests.console.prompts.importers.reading import one


def test_plain_text_is_one_section_and_its_variables_are_declared() -> None:
    imported = one("You are A. Greet {{first_name}}.")
    assert imported.content["sections"] == [
        {"id": "text", "kind": "free", "text": "You are A. Greet {{first_name}}."}
    ]
    assert imported.content["variables"] == {"first_name": {}}
    assert not imported.notes


def test_a_title_is_found_in_the_text_else_in_the_files_name() -> None:
    assert one("# **Aria**\nHi.", "x.md").name == "Aria"
    assert one("You are Nora Bell, a librarian.", "x.md").name == "Nora Bell"
    assert one("Help.", "folder/x y.md").name == "x y"
    assert one("Help.").name == "Imported prompt"


def test_more_variables_than_a_draft_takes_stay_text() -> None:
    imported = one(" ".join(f"{{{{v{n:03}}}}}" for n in range(250)))
    assert len(imported.content["variables"]) == 200
    assert "50 more variables stay text" in imported.notes[-1]
