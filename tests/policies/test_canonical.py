"""Canonical JSON and digests, and what strict JSON refuses."""

from __future__ import annotations

from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.canonical import CanonicalError, canonical_json, digest, read_json

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53) + 1, 2**53 - 1),
    st.floats(-1e15, 1e15),
    st.text(alphabet=st.characters(codec="utf-8")),
)
json_values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(alphabet=st.characters(codec="utf-8")), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(json_values)
def test_canonical_json_is_read_back_to_the_same_bytes(value: object) -> None:
    assert canonical_json(read_json(canonical_json(value))) == canonical_json(value)


def test_the_example_of_rfc_8785() -> None:
    value = {
        "numbers": [333333333.33333329, 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
        "literals": [None, True, False],
    }
    assert (
        canonical_json(value)
        == b'{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27]}'
    )


def test_a_digest_is_plain_hex_over_content_not_over_form() -> None:
    assert digest({"b": 1, "a": (2,)}) == digest(MappingProxyType({"a": [2], "b": 1}))
    assert digest({}) == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"a": 1, "a": 2}', 'The key "a" stands twice'),
        ('{"a": NaN}', "NaN is not a JSON value"),
        ("[1e999]", "too large"),
        ("[9007199254740993]", "beyond 2**53"),
        ("[" + "9" * 5000 + "]", "beyond 2**53"),
        ('["\\ud800"]', "U+D800, half of a surrogate pair"),
        ("[" * 100 + "]" * 100, "nested more than 64 levels"),
        ("[" * 100_000, "nested more than 64 levels"),
        ('{"a" 1}', "line 1, column 6"),
    ],
)
def test_strict_json_refuses_with_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(CanonicalError) as caught:
        read_json(text)
    assert sentence in str(caught.value)


def test_bytes_must_be_utf_8() -> None:
    assert read_json(b'\xef\xbb\xbf{"a": "\xc3\xa4"}') == {"a": "ä"}
    with pytest.raises(CanonicalError, match="not UTF-8: byte 2"):
        read_json(b'["\xff"]')


@pytest.mark.parametrize("value", [{1: 2}, {"a": float("nan")}, {"a": 2**60}, {"a": "\ud800"}])
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    with pytest.raises(CanonicalError):
        canonical_json(value)
