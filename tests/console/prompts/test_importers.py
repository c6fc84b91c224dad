from __future__ import annotations

import json

import pytest

from console.problems import Invalid
from console.prompts.importers import LONGEST, read_prompt


def refusal(source: str | bytes, name: str = "") -> str:
    with pytest.raises(Invalid) as error:
        read_prompt(source, name=name)
    assert error.value.what_to_do
    return error.value.message


def test_plain_text_is_one_section_and_its_variables_are_declared() -> None:
    imported = read_prompt("You are A. Greet {{first_name}}.")
    assert imported.content["sections"] == [
        {"id": "text", "kind": "free", "text": "You are A. Greet {{first_name}}."}
    ]
    assert imported.content["variables"] == {"first_name": {}}
    assert imported.notes == ("1 variable found and declared as untrusted.",)


def test_a_file_of_another_editor_is_read() -> None:
    assert read_prompt("\ufeffEins\r\nZwei".encode()).content["sections"][0]["text"] == "Eins\nZwei"
    assert read_prompt("Grüße".encode("utf-16")).content["sections"][0]["text"] == "Grüße"


def test_a_draft_is_taken_as_it_is() -> None:
    imported = read_prompt(
        "draft: 1\nslug: aria\ndomain: finance\nsections:\n  - {id: role, text: You are Aria.}"
    )
    assert imported.form == "a draft"
    assert (imported.content["slug"], imported.content["domain"]) == ("aria", "finance")


def test_a_request_to_anthropic_brings_its_model_and_parameters() -> None:
    request = {
        "model": "claude-sonnet-5-5",
        "max_tokens": 500,
        "system": [{"type": "text", "text": "You are A."}, {"type": "text", "text": "Be brief."}],
        "thinking": {"type": "adaptive"},
        "messages": [{"role": "user", "content": "hi"}],
    }
    imported = read_prompt(json.dumps(request))
    assert imported.content["sections"][0]["text"] == "You are A.\n\nBe brief."
    assert imported.content["model"] == "claude-sonnet-5-5"
    assert imported.content["parameters"] == {"max_tokens": 500, "thinking": {"type": "adaptive"}}
    assert imported.notes == ("1 message left out: a prompt holds no conversation.",)


def test_a_request_to_another_api_brings_its_text_and_tools_and_says_what_is_left_out() -> None:
    tool = {
        "type": "function",
        "function": {"name": "find", "description": "d", "parameters": {"type": "object"}},
    }
    request = {
        "model": "gpt-x",
        "temperature": 0,
        "stop": "END",
        "messages": [{"role": "developer", "content": "# Role\nYou are A.\n# Task\nHelp."}],
        "tools": [tool, {"type": "web_search"}],
    }
    imported = read_prompt(json.dumps(request))
    assert [section["kind"] for section in imported.content["sections"]] == ["role", "task"]
    assert imported.content["tools"] == [
        {"name": "find", "description": "d", "input_schema": {"type": "object"}}
    ]
    assert imported.content["parameters"] == {"stop_sequences": ["END"]}
    assert "model" not in imported.content
    assert any("the model gpt-x, temperature" in note for note in imported.notes)
    assert any("web_search was left out" in note for note in imported.notes)


def test_a_prompt_that_is_json_is_text() -> None:
    imported = read_prompt('{"persona": "You are A."}')
    assert imported.content["sections"][0]["text"] == '{"persona": "You are A."}'
    assert imported.notes


def test_what_cannot_be_read_is_said_in_one_sentence() -> None:
    assert "nothing in it" in refusal(" \n")
    assert "line 2 holds the byte 0xE9" in refusal(b"ok\n\xe9t\xe9")
    assert "NUL" in refusal("a\0b")
    assert f"{LONGEST:,}" in refusal("x" * (LONGEST + 1))


def test_a_broken_draft_says_where() -> None:
    assert "Line 3, column 1" in refusal("draft: 1\nsections: [")
    assert "slug" in refusal("draft: 1\nslug: Not A Slug\nsections: [{id: a, text: b}]")
    assert "sections: is missing" in refusal("title: A", name="a.yaml")


def test_a_yaml_bomb_is_refused_before_it_grows() -> None:
    bomb = "draft: 1\na: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n"
    assert "anchors and aliases" in refusal(bomb)
