"""Held against what can be counted by hand."""

from __future__ import annotations

import pytest

from console.trials.adherence import holds_loosely, loosened
from console.trials.diversity import compression, distance, distinct_n, shingles, variety
from console.trials.scenarios import Expectation
from console.trials.transcript import Turn


def test_shingles_and_distance_are_jaccards() -> None:
    one, two = shingles(["a", "b", "c", "d"]), shingles(["b", "c", "d", "e"])
    assert one == {("a", "b", "c"), ("b", "c", "d")}
    assert distance(one, two) == pytest.approx(1 - 1 / 3)
    assert distance(one, one) == 0 and shingles(["yes"]) == {("yes",)}


def test_distinct_n_counts_pooled_pairs() -> None:
    assert distinct_n([["a", "b", "a", "b"], ["a", "b"]], 2) == pytest.approx(2 / 4)
    assert distinct_n([["a"]], 2) == 0


def test_the_same_answer_again_is_no_variety() -> None:
    found = variety(["A cat sat on the mat today."] * 6)
    assert found is not None
    assert (found.distance, found.distinct, found.nearest) == (0, pytest.approx(1 / 6), (0, 1))


def test_answers_without_a_run_of_words_in_common_are_all_distinct() -> None:
    found = variety([" ".join(f"w{n}x{i}" for i in range(20)) for n in range(5)])
    assert found is not None and (found.distance, found.distinct, found.distinct_2) == (1, 1, 1)
    same = variety([" ".join(f"w{i}" for i in range(20))] * 5)
    assert same is not None and same.compression > found.compression


def test_too_few_answers_are_no_figure() -> None:
    assert variety(["one", "two", "three", "four"]) is None


def test_repetition_compresses() -> None:
    assert compression([["word"] * 200] * 5) > 20 > compression([["word"]])


def test_loose_checks_forgive_greetings_and_marks_only() -> None:
    brief = Expectation("max_words", 3)
    assert holds_loosely(brief, (Turn(1, "?", "Sure, here it is:\nfree of charge"),))
    assert not holds_loosely(brief, (Turn(1, "?", "this is far too long for it"),))
    assert loosened("Hello\n*A* b\nBye", True, True, True) == "A b"
    assert not holds_loosely(Expectation("contains", "fee"), (Turn(1, "?", ""),))


def test_a_script_without_spaces_is_compared_by_its_characters() -> None:
    found = variety(["我们的月费是三欧元"] * 4 + ["我们的月费是五欧元"])
    assert found is not None and 0 < found.distance < 0.4
