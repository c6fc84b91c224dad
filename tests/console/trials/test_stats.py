"""Held against the figures that the literature and other programs give."""

from __future__ import annotations

from fractions import Fraction

import pytest

from console.trials.stats import (
    Score,
    benjamini_hochberg,
    compare,
    detectable_with,
    flip_rate,
    holm,
    is_flaky,
    mean_interval,
    rate,
    scenarios_needed,
    sign_flip,
    survival,
    wilson,
    word,
)


@pytest.mark.parametrize(
    ("passed", "of", "low", "high"),
    [
        (3, 3, 0.439, 1), (5, 5, 0.566, 1), (10, 10, 0.722, 1), (20, 20, 0.839, 1),
        (30, 30, 0.886, 1), (60, 60, 0.940, 1), (0, 10, 0, 0.278),
    ],
)  # fmt: skip
def test_wilson_gives_the_published_bounds(passed: int, of: int, low: float, high: float) -> None:
    assert wilson(passed / of, of) == pytest.approx((low, high), abs=5e-4)


def test_wilson_knows_nothing_without_trials() -> None:
    assert wilson(0.0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("worse", "better", "p"),
    [(5, 0, 0.0625), (6, 0, 0.03125), (8, 0, 0.0078125), (6, 2, 0.2890625), (0, 0, 1.0)],
)
def test_sign_flip_of_single_samples_is_the_exact_mcnemar_test(worse: int, better: int, p: float) -> None:
    differences = [Fraction(-1)] * worse + [Fraction(1)] * better + [Fraction(0)] * 9
    assert sign_flip(differences) == pytest.approx(p)


def test_sign_flip_by_chance_agrees_with_the_exact_one(monkeypatch: pytest.MonkeyPatch) -> None:
    differences = [Fraction(n, 8) for n in (-5, -3, 2, -4, 1, -6, 0, -2, 3, -1, -2, -4)]
    exact = sign_flip(differences)
    monkeypatch.setattr("console.trials.stats.STEPS", 0)
    assert sign_flip(differences) == pytest.approx(exact, abs=0.01)


def test_holm_gives_the_published_correction() -> None:
    assert holm([0.01, 0.03, 0.20]) == pytest.approx([0.03, 0.06, 0.20])
    assert holm([0.20, 0.01, 0.03]) == pytest.approx([0.20, 0.03, 0.06])


def test_a_rate_weighs_scenarios_equally_and_counts_what_it_leaves_out() -> None:
    found = rate([Score("a", 8, 8), Score("b", 0, 1), Score("c", 0, 0, excluded=3)])
    assert found.value == 0.5
    assert (found.scenarios, found.judged, found.excluded, found.samples) == (2, 9, 3, 12)


def test_a_rate_of_single_samples_is_plain_wilson() -> None:
    found = rate([Score(str(n), int(n < 24), 1) for n in range(30)])
    assert (found.low, found.high) == pytest.approx(wilson(0.8, 30))


def test_equal_samples_of_one_scenario_count_once() -> None:
    """30 scenarios x 5 equal samples: the naive error is less than half the clustered one."""
    scores = [Score(str(n), 5 if n < 20 else 0, 5) for n in range(30)]
    assert (rate(scores).low, rate(scores).high) == pytest.approx(wilson(2 / 3, 30), abs=0.001)


def test_variants_of_one_family_count_once() -> None:
    scores = [Score(f"family {n // 5}", int(n < 20), 1) for n in range(30)]
    assert (rate(scores).low, rate(scores).high) == pytest.approx(wilson(2 / 3, 6), abs=0.001)


def test_nothing_judged_is_no_rate() -> None:
    assert rate([Score("a", 0, 0, excluded=2)]).value is None


def scores(passed: list[int], samples: int = 1) -> dict[str, Score]:
    return {f"s{n}": Score(f"s{n}", count, samples) for n, count in enumerate(passed)}


def test_a_comparison_pairs_by_scenario_never_by_position() -> None:
    first = scores([1] * 12)
    second = dict(reversed(scores([1] * 11 + [0]).items())) | {"only here": Score("x", 0, 1)}
    found = compare(first, second)
    assert found is not None and (found.scenarios, found.worse, found.better) == (12, 1, 0)


def test_nothing_in_common_is_no_comparison() -> None:
    assert compare(scores([1]), {"other": Score("o", 1, 1)}) is None


def test_a_clear_loss_is_worse() -> None:
    found = compare(scores([1] * 30), scores([1] * 18 + [0] * 12))
    assert found is not None and word(found, margin=0.05) == "worse"
    assert found.low < found.mean == pytest.approx(-0.4) and found.high < 0


def test_a_clear_gain_is_better() -> None:
    found = compare(scores([0] * 14 + [1] * 16), scores([1] * 30))
    assert found is not None and word(found, margin=0.05) == "better"


def test_no_difference_in_thirty_scenarios_is_not_yet_equivalence() -> None:
    found = compare(scores([1] * 30), scores([1] * 30))
    assert found is not None and found.mean == 0 and found.p == 1.0
    assert word(found, margin=0.05) == "cannot tell"
    many = compare(scores([1] * 200), scores([1] * 200))
    assert many is not None and word(many, margin=0.05) == "equivalent"


def test_few_scenarios_or_many_errors_allow_no_verdict() -> None:
    few = compare(scores([1] * 9), scores([0] * 9))
    assert few is not None and word(few, margin=0.05) == "not enough samples"
    left_out = {key: Score(key, 0, 4, excluded=1) for key in scores([0] * 30)}
    excluded = compare(left_out, {key: Score(key, 4, 4, excluded=1) for key in left_out})
    assert excluded is not None and word(excluded, margin=0.05) == "not enough samples"


def test_samples_of_one_scenario_do_not_make_a_difference_sure() -> None:
    """Two scenarios of 20 samples each that differ: 40 pairs that disagree, and still nothing is known."""
    first, second = scores([20] * 12, 20), scores([0] * 2 + [20] * 10, 20)
    found = compare(first, second)
    assert found is not None and found.p == pytest.approx(0.5)


def test_flaky_scenarios_are_those_whose_samples_disagree() -> None:
    assert is_flaky(Score("a", 3, 5)) and not is_flaky(Score("a", 5, 5)) and not is_flaky(Score("a", 1, 2))
    assert flip_rate(Score("a", 2, 4)) == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("difference", "by_samples"),
    [
        (0.10, {1: 349, 3: 174, 5: 140, 10: 113}),
        (0.05, {1: 1395, 3: 698, 5: 558, 10: 453}),
        (0.03, {1: 3876, 3: 1938, 5: 1550, 10: 1260}),
    ],
)
def test_the_scenarios_needed_are_those_of_the_planning_table(
    difference: float, by_samples: dict[int, int]
) -> None:
    found = {samples: scenarios_needed(difference, samples) for samples in by_samples}
    assert found == pytest.approx(by_samples, abs=1)
    assert detectable_with(by_samples[5], 5) == pytest.approx(difference, rel=0.01)


def test_benjamini_and_hochberg_give_the_published_correction() -> None:
    assert benjamini_hochberg([0.01, 0.03, 0.20]) == pytest.approx([0.03, 0.045, 0.20])
    assert benjamini_hochberg([0.20, 0.01, 0.03]) == pytest.approx([0.20, 0.03, 0.045])


def test_no_difference_seen_is_not_yet_not_worse() -> None:
    few, many = (compare(scores([1] * n), scores([1] * n)) for n in (30, 400))
    assert few and many and not few.is_not_worse_by(0.02) and many.is_not_worse_by(0.02)
    assert few.low < few.floor < 0  # one-sided reaches less far down than two-sided


def test_one_of_several_comparisons_takes_more_to_be_worse() -> None:
    found = compare(scores([1] * 30), scores([1] * 22 + [0] * 8))
    assert found and found.p == pytest.approx(0.0078125) and word(found, margin=0.05) == "worse"
    assert word(found, margin=0.05, p=holm([found.p, *[0.5] * 7])[0]) != "worse"


def test_kaplan_and_meier_as_in_their_worked_example() -> None:
    """Censored ones count as at risk up to their end and never after."""
    found = survival([(1, True), (2, False), (3, True), (4, False), (4, True)])
    assert dict(found) == pytest.approx({1: 0.8, 3: 0.8 * 2 / 3, 4: 0.8 * 2 / 3 / 2})
    assert survival([(3, False)]) == []


def test_a_mean_of_scores_has_an_interval_only_over_several_clusters() -> None:
    assert mean_interval([("a", 0.4), ("a", 0.8)]) == (pytest.approx(0.6), 0.0, 1.0)
    values = [(f"s{n}", (n % 10) / 10) for n in range(60)]
    mean, low, high = mean_interval(values)
    error = (sum((v - mean) ** 2 for _, v in values) / 60) ** 0.5 / 60**0.5
    assert (low, high) == pytest.approx((mean - 1.96 * error, mean + 1.96 * error), abs=0.01)
    assert mean_interval(values) == (mean, low, high)
