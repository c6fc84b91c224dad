from __future__ import annotations

from tests.console.prompts.importers.reading import left, one, read, refusal, text

TEXT = {
    "id": "c1",
    "name": "support/triage",
    "version": 3,
    "type": "text",
    "prompt": "You sort mails for {{company}}. {{{raw}}}",
    "config": {"model": "gpt-4o", "temperature": 0, "languages": ["en"]},
    "labels": ["production", "latest"],
    "tags": ["mail"],
}
CHAT = {
    "name": "concierge",
    "type": "chat",
    "config": {"model": "claude-sonnet-5-5", "max_tokens": 200},
    "prompt": [
        {"type": "chatmessage", "role": "system", "content": "You are a concierge at {{hotel}}."},
        {"role": "user", "content": "Is there a pool?"},
        {"role": "assistant", "content": "Yes, on the roof."},
        {"type": "placeholder", "name": "history"},
        {"role": "user", "content": "{{question}}"},
    ],
}


def test_a_text_prompt() -> None:
    imported = one(TEXT)
    assert (imported.name, imported.form) == (
        "support/triage",
        "a Langfuse prompt, one section",
    )
    assert text(imported) == "You sort mails for {{company}}. {{raw}}"
    assert imported.content["variables"] == {"company": {}, "raw": {}}
    assert imported.content["tags"] == ["mail"]
    assert set(left(imported)) == {
        "the labels production, latest",
        "the model gpt-4o",
        "temperature 0",
        "languages",
    }


def test_a_chat_prompt_brings_its_examples() -> None:
    imported = one(CHAT)
    system, examples = imported.content["sections"]
    assert system["text"] == "You are a concierge at {{hotel}}."
    assert (examples["id"], examples["kind"]) == ("examples", "examples")
    assert examples["text"] == "<example>\nUser: Is there a pool?\nAssistant: Yes, on the roof.\n</example>"
    assert imported.content["variables"] == {"hotel": {}}
    assert imported.content["model"] == "claude-sonnet-5-5"
    assert set(left(imported)) == {"1 message of the user", "the placeholder history"}


def test_a_list_takes_one_version_of_each() -> None:
    older = TEXT | {"version": 4, "labels": ["latest"], "prompt": "Newer."}
    for export in (
        [older, TEXT, CHAT],
        {"data": [older, TEXT, CHAT], "meta": {"page": 1}},
        {"prompts": [older, TEXT, CHAT]},
    ):
        triage, concierge = read(export)
        assert text(triage).startswith("You sort mails")
        assert "1 other version" in left(triage)
        assert concierge.name == "concierge"


def test_a_list_of_names_only_says_what_to_export() -> None:
    listed = {
        "data": [{"name": "a", "type": "text", "versions": [1, 2], "labels": [], "tags": []}],
        "meta": {},
    }
    assert "names only" in refusal(listed)


def test_a_prompt_in_a_prompt_is_said() -> None:
    imported = one(TEXT | {"prompt": "A. @@@langfusePrompt:name=rules|label=production@@@"})
    assert any("langfusePrompt" in what for what in left(imported))
    assert "@@@" in text(imported)


def test_odd_values_do_no_harm() -> None:
    odd = TEXT | {"labels": "x", "tags": [1, "a" * 300], "config": [1], "version": "x"}
    assert one(odd).content["tags"] == ["a" * 200]
