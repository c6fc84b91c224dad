from __future__ import annotations

import itertools
import random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.prompts.alignment import align, anchors

# A busy machine is no reason to fail.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
items = st.lists(st.sampled_from("abcd"), max_size=40)


def common_length(old: list[str], new: list[str]) -> int:
    """The textbook's table, slow and plain."""
    row = [0] * (len(new) + 1)
    for a in old:
        above = row
        row = [0]
        for j, b in enumerate(new):
            row.append(above[j] + 1 if a == b else max(row[j], above[j + 1]))
    return row[-1]


@unhurried
@given(items, items)
def test_finds_as_many_pairs_as_there_can_be(old: list[str], new: list[str]) -> None:
    pairs = align(old, new)
    assert len(pairs) == common_length(old, new)
    assert all(old[i] == new[j] for i, j in pairs)
    assert all(a[0] < b[0] and a[1] < b[1] for a, b in itertools.pairwise(pairs))


def test_finds_them_in_lists_of_several_blocks_too() -> None:
    words = random.Random(7)
    old = [words.choice("abcdefghij") for _ in range(700)]
    new = [word for word in old if words.random() > 0.2] + ["z"] * 30
    assert len(align(old, new)) == common_length(old, new)


def test_nothing_in_common() -> None:
    assert align(["a"], ["b"]) == []
    assert align([], ["b"]) == []


def test_anchors_keep_the_longest_part_that_did_not_move() -> None:
    assert anchors(["a", "b", "c", "x", "x"], ["c", "a", "b", "x"]) == [(0, 1), (1, 2)]


def test_no_anchor_occurs_twice() -> None:
    assert anchors(["a", "a"], ["a"]) == []
