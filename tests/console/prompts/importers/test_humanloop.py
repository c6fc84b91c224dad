from __future__ import annotations

from tests.console.prompts.importers.reading import left, one, refusal, text

FILE = """\
---
model: claude-sonnet-5-5
temperature: 0.7
max_tokens: -1
provider: anthropic
endpoint: chat
tools: [
  {
    "name": "opening_hours",
    "description": "When a branch is open",
    "parameters": {"type": "object", "properties": {"branch": {"type": "string"}}}
  }
]
---
<system>
  You are the desk of {{library}}.
    Keep the indentation.
</system>

<user>
  <text>
    When do you open?
  </text>
  <image url="https://example.org/door.jpg" />
</user>

<assistant>
  At nine.
  <tool name="opening_hours" id="call_1">
    {"branch": "north"}
  </tool>
</assistant>

<tool name="opening_hours" id="call_1">
  9-18
</tool>

<user>
  {{question}}
</user>
"""


def test_a_chat_file() -> None:
    imported = one(FILE, "humanloop/desk.prompt")
    system, examples = imported.content["sections"]
    assert imported.name == "desk"
    assert system["text"] == "You are the desk of {{library}}.\n  Keep the indentation."
    assert examples["text"] == "<example>\nUser: When do you open?\nAssistant: At nine.\n</example>"
    assert imported.content["model"] == "claude-sonnet-5-5"
    assert imported.content["tools"][0]["name"] == "opening_hours"
    assert set(left(imported)) == {
        "1 message of the user",
        "1 image",
        "2 tool calls",
        "temperature 0.7",
        "the longest answer",
    }


def test_a_paste_of_it_needs_no_name() -> None:
    assert one(FILE).form.startswith("a Humanloop .prompt file")


def test_a_completion_is_one_text() -> None:
    imported = one("---\nmodel: x\nendpoint: complete\n---\nFinish {{sentence}}.\n", "a.prompt")
    assert text(imported) == "Finish {{sentence}}."


def test_an_unclosed_tag_is_text() -> None:
    assert "<system>" in text(one("---\nmodel: x\nprovider: y\n---\n<system>\nYou are A.", "a.prompt"))


def test_a_broken_header_says_its_line() -> None:
    assert "Line 3, column" in refusal("---\nmodel: x\n tools: [\n---\nHi", "a.prompt")
    assert "no named values" in refusal("---\n- a\n---\nHi", "a.prompt")


def test_a_text_with_rules_is_no_prompt_file() -> None:
    source = "---\nFirst part\n---\nSecond part"
    assert text(one(source)) == source
