"""YAML and JSON as people write them, and the tricks that are refused."""

from __future__ import annotations

import pytest

from policies.sources import MAX_BYTES, SourceError, read_data


def test_scalars_mean_what_a_reader_expects() -> None:
    data = read_data("a: on\nb: yes\nc: 12:30\nd: 2026-01-01\ne: 1.5\nf: 12\ng:\nh: no\ni: '5'\nj: 010")
    assert data == {
        "a": "on",
        "b": True,
        "c": "12:30",
        "d": "2026-01-01",
        "e": 1.5,
        "f": 12,
        "g": None,
        "h": False,
        "i": "5",
        "j": "010",
    }


def test_json_and_flow_yaml_are_told_apart() -> None:
    assert read_data('{"a": "on"}') == {"a": "on"}
    assert read_data("{a: on}") == {"a": "on"}
    assert read_data(b"\xef\xbb\xbfa: 1") == {"a": 1}


BOMB = "a: &a [x,x,x]\nb: &b [*a,*a,*a]\nc: [*b,*b,*b]"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (BOMB, "anchors and aliases"),
        ("a: 1\na: 2", 'Line 2, column 1: the key "a" stands twice'),
        ("1: x", "a key must be text; put 1 in quotes"),
        ("a: !!python/object:os.system x", "is not read; write a plain value"),
        ("a: !secret x", "is not read; write a plain value"),
        ("[" * 5000, "nested more than 64 levels"),
        ('{"a":' * 5000, "nested more than 64 levels"),
        ("a: [1, 2", "did not find expected"),
        ("---\na: 1\n---\nb: 2", "a second document begins"),
        ("a: \x01", "the YAML is not valid"),
        ("a: 99999999999999999", "beyond 2**53"),
        ("{{x}} hello: [", "the YAML is not valid"),
        ('{"a": 1, "a": 2}', "stands twice"),
    ],
)
def test_tricks_are_refused_with_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(SourceError) as caught:
        read_data(text)
    assert sentence.lower() in str(caught.value).lower()
    assert "\n" not in str(caught.value)


def test_the_size_is_limited_and_said() -> None:
    with pytest.raises(SourceError, match="the most that is read is 2,000,000"):
        read_data("x" * (MAX_BYTES + 1))


def test_bytes_must_be_utf_8() -> None:
    with pytest.raises(SourceError, match="not UTF-8"):
        read_data(b"a: \xff")
