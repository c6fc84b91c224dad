"""promptfoo: prompts inline, as chat, by reference; systems of providers."""

from __future__ import annotations

import json

from tests.console.prompts.importers.reading import left, one, read, refusal, skipped, text

CONFIG = """\
# yaml-language-server: $schema=https://promptfoo.dev/config-schema.json
description: Harbour support
prompts:
  - |-
    You are Nora, the assistant of Harbour Library.
    Greet {{ first_name | default('reader') }}.
  - file://prompts/night.txt
  - label: Night desk
    raw: |-
      # Night desk
      Say when the library opens.
  - '[{"role": "system", "content": "You sort loans."}, {"role": "user", "content": "{{question}}"}]'
  - '{{question}}'
providers:
  - id: openai:gpt-5
    config: {temperature: 0.2}
  - id: anthropic:messages:claude-sonnet-5-5
    config: {temperature: 0.7, max_tokens: 300, apiKey: very-secret}
tests:
  - vars: {question: When do you open?}
"""


def test_a_configuration_of_several_prompts() -> None:
    found = read(CONFIG, "promptfooconfig.yaml")
    names = [entry.name for entry in found]
    assert names == [
        "Nora",
        "file://prompts/night.txt",
        "Night desk",
        "promptfooconfig 4",
        "{{question}}",
        "tests",
    ]
    nora = found[0]
    assert nora.content["variables"] == {"first_name": {"required": False, "default": "reader"}}
    assert nora.content["model"] == "claude-sonnet-5-5"
    assert nora.content["parameters"] == {"max_tokens": 300}
    assert set(left(nora)) == {"temperature 0.7", "apiKey", "the providers openai:gpt-5"}
    assert "very-secret" not in repr(found)
    assert text(found[3]) == "You sort loans."
    assert left(found[3])["1 message of the user"]


def test_references_are_named_and_never_followed(tmp_path) -> None:
    (tmp_path / "secret.txt").write_text("You are a file.")
    config = {
        "prompts": [
            f"file://{tmp_path}/secret.txt",
            "prompts/*.json",
            "exec:./run.sh",
            "langfuse://a:1",
            "p.py:make",
            "Hi {{x}}.",
        ],
        "providers": ["echo"],
    }
    assert text(one(config)) == "Hi {{x}}."
    assert len(skipped(config)) == 5
    assert all("never followed" in why for why in skipped(config).values())


def test_only_references_are_refused() -> None:
    refused = refusal("prompts: [file://a.txt, file://b.txt]\nproviders: [echo]\n", "promptfooconfig.yaml")
    assert refused.startswith("file://a.txt, file://b.txt: ") and "never followed" in refused


def test_words_with_a_slash_are_no_path() -> None:
    assert text(one({"prompts": ["Answer yes/no about {{x}}."], "tests": []})) == "Answer yes/no about {{x}}."


def test_a_chat_in_the_older_form_and_inline() -> None:
    yaml = "- role: system\n  content: You are A.\n"
    assert text(one({"prompts": [yaml], "providers": ["echo"]})) == "You are A."
    messages = [{"role": "system", "content": "You are B."}]
    assert text(one({"prompts": [messages], "providers": ["echo"]})) == "You are B."


def test_systems_of_providers_are_prompts_of_their_own() -> None:
    config = {
        "prompts": ["{{question}}"],
        "providers": [
            {"id": "openai:responses:gpt-5", "label": "gpt", "config": {"instructions": "You are A."}},
            {"google:gemini-2.5-pro": {"config": {"systemInstruction": {"parts": [{"text": "You are B."}]}}}},
            {
                "id": "anthropic:claude-agent-sdk",
                "config": {"custom_system_prompt": "You are C.", "append_system_prompt": "Be brief."},
            },
            {
                "id": "google:gemini-2.5-pro",
                "label": "file",
                "config": {"systemInstruction": "file://system.txt"},
            },
        ],
    }
    found = {entry.name: entry for entry in read(config)}
    assert text(found["gpt system"]) == "You are A."
    assert text(found["google:gemini-2.5-pro system"]) == "You are B."
    assert text(found["anthropic:claude-agent-sdk system"]) == "You are C.\n\nBe brief."
    assert "never followed" in found["file system"].why


def test_a_table_of_files_and_labels() -> None:
    assert "never followed" in refusal({"prompts": {"a.txt": "one"}, "providers": ["echo"]})


def test_template_logic_and_json_that_is_a_template_stay_text() -> None:
    raw = '[{"role": "system", "content": {{ x | dump }}}]'
    imported = one(
        {
            "prompts": [
                raw,
            ],
            "providers": ["echo"],
        }
    )
    assert text(imported) == raw
    assert any("x | dump" in note for note in imported.notes)
    assert json.dumps(imported.content)
