"""The figures of agreement, against published ones."""

from __future__ import annotations

import pytest

from console.trials.agreement import Agreement, agreement


def test_high_agreement_with_a_rare_class() -> None:
    """The paradox of Feinstein and Cicchetti: 94 of 100 alike, and a low kappa."""
    found = Agreement(both_pass=93, both_fail=1, only_judge_fails=2, only_people_fail=4)
    assert (found.n, found.raw, found.rarer) == (100, 0.94, 5)
    assert found.kappa == pytest.approx(0.221, abs=5e-4)
    assert found.kappa_interval == pytest.approx((-0.18, 0.62), abs=5e-3)
    assert found.ac1 == pytest.approx(0.935, abs=5e-4)
    assert found.sensitivity is not None and found.sensitivity[0] == 0.2
    assert not found.is_calibrated


def test_kappa_of_a_textbook_table() -> None:
    """Two readers of 50 grant proposals: 20 yes/yes, 15 no/no, 5 and 10 apart: 0.4."""
    found = Agreement(both_pass=20, both_fail=15, only_judge_fails=5, only_people_fail=10)
    assert found.raw == 0.7 and found.kappa == pytest.approx(0.4)
    low, high = found.kappa_interval or (0, 0)
    assert low < 0.4 < high and (high - low) / 2 / 1.96 == pytest.approx(0.1286, abs=2e-3)


def test_what_cannot_be_computed_is_said_to_be_none() -> None:
    nothing = Agreement()
    assert (nothing.raw, nothing.kappa, nothing.kappa_interval, nothing.ac1) == (None, None, None, None)
    one_class = Agreement(both_pass=10)
    assert one_class.raw == 1 and one_class.kappa is None and one_class.sensitivity is None
    assert one_class.ac1 == 1


def test_perfect_and_opposite() -> None:
    assert Agreement(both_pass=60, both_fail=60).kappa == pytest.approx(1)
    assert Agreement(only_judge_fails=60, only_people_fail=60).kappa == pytest.approx(-1)
    assert Agreement(both_pass=70, both_fail=30).is_calibrated
    assert not Agreement(both_pass=71, both_fail=29).is_calibrated
    assert agreement([("fail", "pass"), ("pass", "fail"), ("pass", "pass")]) == Agreement(1, 0, 1, 1)
