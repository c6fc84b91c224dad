"""The lattice: its laws hold for every kind, and its forms are read back or refused with a sentence."""

from __future__ import annotations

import pytest
from hypothesis import given

from policies.bound_forms import parse_bound
from policies.bounds import (
    Bound,
    BoundError,
    Choice,
    Level,
    Range,
    Text,
    Toggle,
    Value,
    contains,
    excluded,
    explain,
    leq,
    meet,
    nearest,
)
from tests.policies.strategies import SCALE, same_kind, values


@given(same_kind(2))
def test_meet_is_commutative(pair: tuple[Bound, Bound]) -> None:
    a, b = pair
    assert meet(a, b) == meet(b, a)


@given(same_kind(3))
def test_meet_is_associative(three: tuple[Bound, Bound, Bound]) -> None:
    a, b, c = three
    assert meet(meet(a, b), c) == meet(a, meet(b, c))


@given(same_kind(1))
def test_meet_is_idempotent(one: tuple[Bound]) -> None:
    assert meet(one[0], one[0]) == one[0]


@given(same_kind(3))
def test_meet_is_monotone(three: tuple[Bound, Bound, Bound]) -> None:
    a, b, c = three
    narrower = meet(a, b)
    assert leq(meet(narrower, c), meet(a, c))


@given(same_kind(3))
def test_meet_is_the_greatest_lower_bound(three: tuple[Bound, Bound, Bound]) -> None:
    a, b, c = three
    both = meet(a, b)
    assert leq(both, a) and leq(both, b)
    if leq(c, a) and leq(c, b):
        assert leq(c, both)


@given(same_kind(2))
def test_leq_is_an_order(pair: tuple[Bound, Bound]) -> None:
    a, b = pair
    assert leq(a, a)
    if leq(a, b) and leq(b, a):
        assert a == b


@given(same_kind(2), values)
def test_meet_permits_what_both_permit(pair: tuple[Bound, Bound], value: Value) -> None:
    a, b = pair
    assert contains(meet(a, b), value) == (contains(a, value) and contains(b, value))


@given(same_kind(2), values)
def test_less_permits_less(pair: tuple[Bound, Bound], value: Value) -> None:
    a, b = pair
    if leq(a, b) and contains(a, value):
        assert contains(b, value)


@given(same_kind(1), values)
def test_nearest_is_permitted_or_there_is_nothing(one: tuple[Bound], value: Value) -> None:
    closest = nearest(one[0], value)
    assert one[0].empty if closest is None else contains(one[0], closest)
    if contains(one[0], value):
        assert closest == value


@given(same_kind(1))
def test_the_json_form_is_read_back(one: tuple[Bound]) -> None:
    assert parse_bound(one[0].as_dict()) == one[0]
    assert explain(one[0])


@given(same_kind(2))
def test_excluded_names_what_is_gone(pair: tuple[Bound, Bound]) -> None:
    wide, narrow = pair[0], meet(*pair)
    for name in excluded(wide, narrow):
        assert contains(wide, name) and not contains(narrow, name)


def test_a_whole_range_has_one_form() -> None:
    assert Range(2.5, 7.9) == Range(3, 7)
    assert Range(2.5, 2.7).empty
    assert Range(5, 1) == Range(9, 2)


def test_a_level_clamps_to_the_near_end() -> None:
    middle = Level(SCALE, "b", "c")
    assert nearest(middle, "a") == "b"
    assert nearest(middle, "e") == "c"
    assert nearest(middle, "unheard of") == "b"


def test_a_boolean_is_no_number() -> None:
    assert not contains(Range(0, 5), True)


def test_numbers_are_compared_as_they_are() -> None:
    """As floats these would be too large, or equal to the end that they lie beyond."""
    wide = Range(0, 2**53)
    assert not contains(wide, 2**53 + 1) and not contains(wide, 10**400)
    assert nearest(wide, 10**400) == 2**53 and nearest(wide, float("nan")) == 0


def test_writing_nothing_is_always_permitted() -> None:
    assert contains(Text(0, frozenset({"x"})), "")


@pytest.mark.parametrize(
    ("bound", "words"),
    [
        (Toggle(), "off or on"),
        (Toggle(frozenset({"off"})), "only off"),
        (Choice(frozenset()), "nothing"),
        (Level(SCALE, "a", "d"), "a to d"),
        (
            Level(("confirm_all", "report_after"), "confirm_all", "report_after"),
            "confirm all or report after",
        ),
        (Range(256, 2048), "from 256 to 2,048"),
        (Text(80, frozenset({"[a-z]+"})), "at most 80 characters, fitting [a-z]+"),
    ],
)
def test_explain(bound: Bound, words: str) -> None:
    assert explain(bound) == words


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ("off", "must be a table"),
        ({"kind": "switch"}, '"switch" is not a kind of bound'),
        ({"kind": "toggle"}, '"permitted" of a toggle is missing'),
        ({"kind": "toggle", "permitted": ["maybe"]}, "on and off, nothing else"),
        ({"kind": "toggle", "permitted": "off"}, "must be a list of names"),
        ({"kind": "choice", "permitted": [3]}, "3 is not"),
        ({"kind": "level", "scale": [], "lowest": "a"}, "must be a list of names"),
        ({"kind": "level", "scale": ["a", "a"]}, "each step once"),
        ({"kind": "level", "scale": ["a"], "highest": "b"}, '"b" is not a step'),
        ({"kind": "range", "lowest": 1}, 'its "highest" as a number'),
        ({"kind": "range", "lowest": 1, "highest": float("inf")}, "must be numbers"),
        ({"kind": "range", "lowest": True, "highest": 2}, 'its "lowest" as a number'),
        ({"kind": "text", "max_length": "long"}, "whole number"),
        ({"kind": "text", "max_length": 3, "patterns": ["("]}, "not one that RE2 reads"),
        ({"kind": "toggle", "permitted": [], "also": 1}, '"also" is not a key'),
    ],
)
def test_a_wrong_form_gets_a_sentence(data: object, sentence: str) -> None:
    with pytest.raises(BoundError) as caught:
        parse_bound(data)
    assert sentence in str(caught.value)


def test_like_completes_a_form_and_keeps_its_kind() -> None:
    like = Level(SCALE, "a", "e")
    assert parse_bound({"highest": "c"}, like) == Level(SCALE, "a", "c")
    with pytest.raises(BoundError, match="must be a level of a < b < c < d < e"):
        parse_bound({"kind": "toggle", "permitted": ["on"]}, like)


def test_different_kinds_do_not_compare() -> None:
    with pytest.raises(BoundError, match="nothing to compare"):
        meet(Toggle(), Range(1, 2))
    with pytest.raises(BoundError, match="nothing to compare"):
        leq(Level(("a",), "a", "a"), Level(("b",), "b", "b"))
