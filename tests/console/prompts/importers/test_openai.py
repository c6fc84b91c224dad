from __future__ import annotations

from typing import Any

import pytest

from tests.console.prompts.importers.reading import left, one, refusal, text

TOOL = {
    "type": "function",
    "function": {"name": "find", "description": "d", "parameters": {"type": "object"}},
}


def test_chat_completions_bring_text_and_tools_and_say_what_stays_behind() -> None:
    request = {
        "model": "gpt-x",
        "temperature": 0,
        "stop": "END",
        "max_completion_tokens": 50,
        "response_format": {"type": "json_object"},
        "stream": True,
        "messages": [
            {"role": "developer", "content": "# Role\nYou are A.\n# Task\nHelp."},
            {
                "role": "user",
                "content": [{"type": "text", "text": "Hi"}, {"type": "image_url", "image_url": {"url": "x"}}],
            },
        ],
        "tools": [TOOL, {"type": "web_search"}, TOOL],
    }
    imported = one(request)
    assert imported.form == "a Chat Completions request, split at its headings"
    assert [section["kind"] for section in imported.content["sections"]] == ["role", "task"]
    assert imported.content["tools"] == [
        {"name": "find", "description": "d", "input_schema": {"type": "object"}}
    ]
    assert imported.content["parameters"] == {"stop_sequences": ["END"], "max_tokens": 50}
    assert "model" not in imported.content
    assert set(left(imported)) == {
        "1 message of the user", "1 image", "the model gpt-x", "temperature 0", "response_format", "stream",
        "the tool web_search", "the tool find",
    }  # fmt: skip


@pytest.mark.parametrize(
    "request_",
    [
        {"model": "gpt-x", "instructions": "You are A.", "input": "Hi"},
        {
            "model": "gpt-x",
            "input": [
                {
                    "type": "message",
                    "role": "system",
                    "content": [{"type": "input_text", "text": "You are A."}],
                }
            ],
        },
        {
            "model": "gpt-x",
            "input": [{"role": "developer", "content": "You are A."}, {"type": "function_call", "name": "f"}],
        },
        {
            "object": "response",
            "id": "resp_1",
            "output": [{"type": "message"}],
            "instructions": [{"role": "system", "content": "You are A."}],
        },
        {
            "object": "assistant",
            "id": "asst_1",
            "name": "Desk",
            "instructions": "You are A.",
            "tools": [{"type": "file_search"}],
        },
        [{"role": "system", "content": "You are A."}],
        {"system": None, "messages": [{"role": "system", "content": "You are A."}]},
    ],
)
def test_where_the_apis_keep_the_system_prompt(request_: Any) -> None:
    assert text(one(request_)) == "You are A."


def test_an_assistant_keeps_its_name() -> None:
    assert (
        one({"object": "assistant", "name": "Desk", "instructions": "You are A.", "model": "x"}).name
        == "Desk"
    )


def test_a_prompt_object_is_only_a_reference() -> None:
    reference = {"id": "pmpt_1", "version": "2", "variables": {"city": "Paris"}}
    said = {"model": "gpt-x", "prompt": reference, "input": "Hi"}  # by a user, beside the prompt
    for request in (reference, {"model": "gpt-x", "prompt": reference}, said):
        assert "kept by OpenAI" in refusal(request)
    imported = one({"model": "gpt-x", "prompt": reference, "instructions": "You are A in {{city}}."})
    assert imported.content["variables"] == {"city": {}}
    assert "the prompt object pmpt_1" in left(imported)


def test_effort_and_reasoning() -> None:
    base = {"model": "gpt-x", "instructions": "A."}
    assert one(base | {"reasoning": {"effort": "high"}}).content["parameters"] == {"effort": "high"}
    assert "the effort minimal" in left(one(base | {"reasoning_effort": "minimal"}))


def test_without_a_system_message_the_users_words_are_the_prompt() -> None:
    imported = one([{"role": "user", "content": "Translate {{text}}."}])
    assert text(imported) == "Translate {{text}}."
    assert "no system message" in imported.notes[0]
    assert "no words" in refusal([{"role": "assistant", "content": "Hi"}])


def test_json_that_only_has_a_key_of_that_name_is_text() -> None:
    source = '{"instructions": "Be kind.", "persona": "You are A."}'
    assert text(one(source)) == source
