"""What cannot be read is refused in one sentence, before anything grows from it."""

from __future__ import annotations

import json
import time

import pytest

from console.prompts.importers import LONGEST, MOST_PROMPTS
from tests.console.prompts.importers.reading import left, one, read, refusal, skipped, text


def test_a_file_of_another_editor_is_read() -> None:
    assert text(one("\ufeffEins\r\nZwei".encode())) == "Eins\nZwei"
    assert text(one("Grüße".encode("utf-16"))) == "Grüße"


def test_what_is_no_text_is_refused() -> None:
    assert "nothing in it" in refusal(" \n")
    assert "not UTF-8 text: line 2 holds the byte 0xE9" in refusal(b"ok\n\xe9t\xe9")
    assert "not UTF-16 text" in refusal(b"\xff\xfeabc")
    assert "NUL" in refusal("a\0b")
    assert "NUL" in refusal('{"system": "a\\u0000b"}', "a.json")
    assert "surrogate" in refusal('{"system": "a\\ud800b"}', "a.json")


def test_sizes_are_stated() -> None:
    assert f"{LONGEST:,}" in refusal("x" * (LONGEST + 1))
    assert "5,000,000 bytes large; the most that is read is 2,000,000" in refusal(b"x" * 5_000_000)
    many = [{"name": f"n{n}", "type": "text", "prompt": "x"} for n in range(MOST_PROMPTS + 1)]
    assert f"more than {MOST_PROMPTS:,} prompts" in refusal(many)


def test_one_that_is_too_long_leaves_the_others() -> None:
    prompts = [
        {"name": "long", "type": "text", "prompt": "x" * (LONGEST + 1)},
        {"name": "short", "type": "text", "prompt": "You are A."},
    ]
    assert one(prompts).name == "short"
    assert f"{LONGEST:,}" in skipped(prompts)["long"]


BOMB = "draft: 1\na: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n"


@pytest.mark.parametrize(
    ("source", "name", "words"),
    [
        (BOMB, "", "anchors and aliases"),
        ("prompts: &p [x]\nproviders: *p", "", "Line 1, column 10: anchors and aliases"),
        ("a: !!python/object:os.system x", "a.yaml", "the tag"),
        ("prompts: " + "[" * 100, "promptfooconfig.yaml", "nested more than 64"),
        ("[" * 100_000, "a.json", "nested more than 64"),
        ('{"a":' * 70 + "1" + "}" * 70, "a.json", "nested more than 64"),
        ('{"system": 1, "system": 2}', "a.json", "twice"),
        ('{"system": "x",}', "a.json", "line 1"),
        ("draft: 1\nsections: [", "", "Line 3, column 1"),
        ("a: 1\n---\nb: 2", "a.yaml", "second document"),
    ],
)
def test_a_trick_of_the_formats_is_refused(source: str, name: str, words: str) -> None:
    assert words in refusal(source, name)


def test_a_paste_that_only_looks_like_data_is_text_and_says_why() -> None:
    imported = one("{persona: You are A.")
    assert text(imported) == "{persona: You are A."
    assert any("line 1, column 2" in note for note in imported.notes)
    assert text(one("prompts: are what we write\nfor: you")) == "prompts: are what we write\nfor: you"


@pytest.mark.parametrize(
    "line",
    [
        "<a>\n",
        "```\n<a>\n",
        "# a\n",
        "{",
        "{{",
        "${a}",
        "`a` ${x}\n",
        "{%",
        "{a}",
        "{{ x | default('",
        "\n",
        "---\n",
        "**",
    ],
)
def test_hostile_text_takes_linear_time(line: str) -> None:
    started = time.perf_counter()
    read("x" + line * ((LONGEST - 2) // len(line)) + "x")
    assert (
        time.perf_counter() - started < 8
    )  # a second on an idle machine; minutes where something is quadratic


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\aria.md", "aria"),
        ("..", ".."),
        ("a\nb\x1b[2J.md", "a b [2J"),
    ],
)
def test_names_hold_nothing_of_a_path_and_fit_one_line(name: str, expected: str) -> None:
    assert one("Hello there.", name).name == expected


def test_json_of_nothing_known_is_text() -> None:
    imported = one('{"persona": "You are A."}')
    assert text(imported) == '{"persona": "You are A."}'
    assert "neither a draft nor a form" in " ".join(imported.notes)
    assert not left(imported)
    assert json.loads(text(one("[1, 2]"))) == [1, 2]
