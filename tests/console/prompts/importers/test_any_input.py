"""No input crashes: everything is read into drafts that have the form, or refused in a sentence."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from console.problems import Invalid
from console.prompts.importers import READERS, Imported, Read, read_prompts
from policies import parse_draft

NAMES = st.sampled_from(
    ["", "a.md", "a.json", "a.yaml", "promptfooconfig.yaml", "a.prompt", "../../x.agent", "\x1b[0m"]
)
KEYS = st.sampled_from(
    [
        "prompts",
        "providers",
        "tests",
        "raw",
        "label",
        "id",
        "config",
        "prompt",
        "name",
        "type",
        "labels",
        "version",
        "versions",
        "data",
        "params",
        "parameters",
        "messages",
        "role",
        "content",
        "system",
        "instructions",
        "input",
        "object",
        "text",
        "template_format",
        "llm_config",
        "model",
        "tools",
        "function",
        "tool_calls",
        "stop",
        "max_tokens",
        "thinking",
        "reasoning",
        "draft",
        "sections",
        "slug",
        "variables",
        "application_ref",
        "application_revision",
        "body",
        "tags",
        "parts",
    ]
)
WORDS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        ["system", "user", "assistant", "chat", "text", "curly", "jinja2", "fstring", "You are A, {{x}}.", "${y}", "{z}", "{% if %}",
         "file://a.txt", "claude-sonnet-5-5", "pmpt_1", "placeholder", "response", "- role: system\n  content: A"]
    ),
)  # fmt: skip
SCALARS = st.one_of(
    WORDS, st.none(), st.booleans(), st.integers(-5, 10**6), st.floats(allow_nan=False, allow_infinity=False)
)
DATA = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=5)),
    max_leaves=25,
)
PIECES = st.sampled_from(
    ["---\n", "model: x\n", "provider: y\n", "<system>", "</system>\n", "<user>\n", "</user>", "<tool>", "# A\n", "```\n", "{{x}}",
     "{{ x | default('a') }}", "{", "}", "${a}", "{a}", "{%", "%}", "draft: 1\n", "prompts:\n", "- ", "sections: [", "&a ", "*a", "\t", "words "]
)  # fmt: skip


def check(source: str | bytes, name: str) -> None:
    try:
        found: tuple[Read, ...] = read_prompts(source, name=name)
    except Invalid as error:
        assert error.message
        return
    assert any(isinstance(entry, Imported) for entry in found)
    for entry in found:
        assert entry.name.isprintable()
        if isinstance(entry, Imported):
            parse_draft(entry.content)
            assert all(left.what and left.why for left in entry.left)


many = settings(max_examples=4 * settings().max_examples)  # most cases are refused at once


@given(st.one_of(st.binary(max_size=400), st.text(max_size=400)), NAMES)
@many
def test_bytes_and_text(source: str | bytes, name: str) -> None:
    check(source, name)


@given(st.lists(PIECES, max_size=30).map("".join), NAMES)
@many
def test_pieces_of_the_forms(source: str, name: str) -> None:
    check(source, name)


@given(st.one_of(st.dictionaries(KEYS, DATA, min_size=1, max_size=6), st.lists(DATA, max_size=4)), NAMES)
@many
def test_data_of_the_forms(data: Any, name: str) -> None:
    check(json.dumps(data), name)


@given(DATA)
@many
def test_what_a_reader_recognises_it_reads(data: Any) -> None:
    for reader in READERS:
        if reader.recognises("", data):
            try:
                list(reader.read("", data))
            except Invalid as error:
                assert error.message
