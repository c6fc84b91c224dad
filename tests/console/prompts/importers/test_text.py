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


def test_the_header_of_a_markdown_file_is_about_the_file() -> None:
    """Agents' files have one; their descriptions are seldom YAML, and a text between rules is none of it."""
    agent = (
        "---\nname: code-reviewer\ndescription: Use it after: any change <example>Context: x</example>\n"
        "tools:\n  - Read\nmodel: claude-sonnet-5-5\n---\n\nYou review code.\n"
    )
    imported = one(agent, "agents/x.md")
    assert (imported.name, imported.content["model"]) == ("code-reviewer", "claude-sonnet-5-5")
    assert imported.content["sections"][0]["text"].strip() == "You review code."
    assert [left.what for left in imported.left] == [
        "description of the file's header",
        "tools of the file's header",
    ]
    for words in ("---\nrole: You are Aria.\n---\nHelp.", "---\nname: x\nBe kind.\n---\nHelp."):
        assert one(words, "x.md").content["sections"][0]["text"] == words
