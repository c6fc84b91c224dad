"""The numbers of a run: pass rates with intervals, paired comparisons, and the words they allow.

Samples of one scenario are not independent, nor are scenarios of one family: everything is per scenario, clustered by
family. Sources: Wilson 1927; Newcombe 1998; Donner and Zou 2012 (MOVER); Miller 2024, "Adding Error Bars to Evals".
"""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import NormalDist
from typing import Literal

Z = NormalDist().inv_cdf(0.975)
ONE_SIDED = NormalDist().inv_cdf(0.95)
POWER = Z + NormalDist().inv_cdf(0.8)
FEWEST = 10  # scenarios below which no verdict is given
MOST_EXCLUDED = 0.1
WIDEST = 0.15  # half width of an interval that holds 0
STEPS = 4_000_000  # of exact arithmetic; beyond it random flips answer
FLIPS = 9_999
FLAKY_SAMPLES = 3
# What one plans with before there is a pilot (Miller 2024): difficulties spread evenly, the two sides' scores correlated
# by a third. Variance of a scenario's true difference, and of one sample within a scenario.
BETWEEN, WITHIN = 1 / 9, 1 / 6
RESAMPLES = 2_000

Word = Literal["better", "worse", "equivalent", "cannot tell", "not enough samples"]


@dataclass(frozen=True, slots=True)
class Score:
    """One scenario's samples with one subject: how many passed of those that could be judged."""

    cluster: str
    passed: int
    judged: int
    excluded: int = 0  # errors, cancelled, not graded

    @property
    def share(self) -> float:
        return self.passed / self.judged


@dataclass(frozen=True, slots=True)
class Rate:
    """A mean of scenarios' shares with its 95 % interval. ``value`` is None when nothing was judged."""

    value: float | None
    low: float
    high: float
    scenarios: int
    judged: int
    excluded: int

    @property
    def samples(self) -> int:
        return self.judged + self.excluded


@dataclass(frozen=True, slots=True)
class Difference:
    """Second minus first, paired by scenario. ``p``: two-sided, whole clusters flipped."""

    mean: float
    low: float
    high: float
    p: float
    scenarios: int
    worse: int  # scenarios in which the second passed less often
    better: int
    excluded: float  # share of samples that could not be judged
    detectable: float  # the difference that so many scenarios would show in four of five cases
    needed: int | None  # scenarios that would tell
    floor: float = -1.0  # one-sided: with 95 % the second is not worse by more than this

    def is_not_worse_by(self, margin: float) -> bool:
        """Non-inferiority, which "no significant difference" is not."""
        return self.floor > -margin


def wilson(share: float, n: float, z: float = Z) -> tuple[float, float]:
    """The score interval of a proportion (95 %): never of width 0, always within 0 and 1."""
    if n <= 0:
        return 0.0, 1.0
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, centre - half), min(1.0, centre + half)


def rate(scores: Sequence[Score], z: float = Z) -> Rate:
    """The pass rate: each scenario weighs the same, whatever its samples."""
    judged = [score for score in scores if score.judged]
    excluded = sum(score.excluded for score in scores)
    if not judged:
        return Rate(None, 0.0, 1.0, 0, 0, excluded)
    value = sum(score.share for score in judged) / len(judged)
    low, high = wilson(value, effective_size(judged), z)
    return Rate(value, low, high, len(judged), sum(score.judged for score in judged), excluded)


def effective_size(judged: Sequence[Score]) -> float:
    """How many independent trials carry as much as these clustered ones."""
    clusters = len({score.cluster for score in judged})
    value = sum(score.share for score in judged) / len(judged)
    variance = _clustered_variance([(score.cluster, score.share - value) for score in judged])
    if variance == 0 or value in (0, 1):
        return clusters
    samples = sum(score.judged for score in judged)
    return min(max(value * (1 - value) / variance, clusters), samples)


def _clustered_variance(deviations: Sequence[tuple[str, float]]) -> float:
    """Of a mean: deviations are summed inside a cluster before they are squared."""
    sums: dict[str, float] = defaultdict(float)
    for cluster, deviation in deviations:
        sums[cluster] += deviation
    return sum(total * total for total in sums.values()) / len(deviations) ** 2


def compare(first: Mapping[str, Score], second: Mapping[str, Score]) -> Difference | None:
    """The paired difference over the scenarios that both sides have a judged sample of; None without any."""
    paired = [key for key in first if key in second and first[key].judged and second[key].judged]
    if not paired:
        return None
    one, two = [first[key] for key in paired], [second[key] for key in paired]
    exact = [
        Fraction(b.passed, b.judged) - Fraction(a.passed, a.judged) for a, b in zip(one, two, strict=True)
    ]
    mean = float(sum(exact)) / len(paired)
    low, high = interval_of_difference(one, two)
    deviations = [(a.cluster, float(d) - mean) for a, d in zip(one, exact, strict=True)]
    error = math.sqrt(_clustered_variance(deviations))
    both = [*first.values(), *second.values()]
    samples = sum(score.judged + score.excluded for score in both)
    return Difference(
        mean=mean,
        low=low,
        high=high,
        p=sign_flip(_cluster_sums([a.cluster for a in one], exact)),
        scenarios=len(paired),
        worse=sum(d < 0 for d in exact),
        better=sum(d > 0 for d in exact),
        excluded=sum(score.excluded for score in both) / samples if samples else 0.0,
        detectable=POWER * (error or math.sqrt(4 / 9 / len(paired))),
        needed=_needed(error, len(paired), mean),
        floor=interval_of_difference(one, two, ONE_SIDED)[0],
    )


def interval_of_difference(one: Sequence[Score], two: Sequence[Score], z: float = Z) -> tuple[float, float]:
    """Square-and-add of the two rates' own intervals, with their correlation (MOVER; Newcombe's method 10)."""
    a, b = rate(one, z), rate(two, z)
    assert a.value is not None and b.value is not None
    rho = _correlation([score.share for score in one], [score.share for score in two])
    down = (b.value - b.low) ** 2 - 2 * rho * (b.value - b.low) * (a.high - a.value) + (a.high - a.value) ** 2
    up = (b.high - b.value) ** 2 - 2 * rho * (b.high - b.value) * (a.value - a.low) + (a.value - a.low) ** 2
    mean = b.value - a.value
    return max(-1.0, mean - math.sqrt(max(0.0, down))), min(1.0, mean + math.sqrt(max(0.0, up)))


def _correlation(one: Sequence[float], two: Sequence[float]) -> float:
    n = len(one)
    mean_one, mean_two = sum(one) / n, sum(two) / n
    across = sum((a - mean_one) * (b - mean_two) for a, b in zip(one, two, strict=True))
    spread = math.sqrt(sum((a - mean_one) ** 2 for a in one) * sum((b - mean_two) ** 2 for b in two))
    return across / spread if spread else 0.0


def _cluster_sums(clusters: Sequence[str], differences: Sequence[Fraction]) -> list[Fraction]:
    sums: dict[str, Fraction] = defaultdict(Fraction)
    for cluster, difference in zip(clusters, differences, strict=True):
        sums[cluster] += difference
    return list(sums.values())


def sign_flip(differences: Sequence[Fraction]) -> float:
    """Two-sided p of a sum whose terms might as well have had the other sign.

    Exact while that is affordable: with terms of -1, 0 and 1 it is the exact McNemar test. Else random flips with a
    fixed seed.
    """
    moved = [difference for difference in differences if difference]
    if not moved:
        return 1.0
    unit = math.lcm(*(difference.denominator for difference in moved))
    whole = [abs(int(difference * unit)) for difference in moved]
    observed = abs(int(sum(moved) * unit))
    if len(whole) * sum(whole) <= STEPS:
        return _exact(whole, observed)
    chance = random.Random(len(whole))  # noqa: S311 (no secret)
    extreme = sum(
        abs(sum(value if chance.getrandbits(1) else -value for value in whole)) >= observed
        for _ in range(FLIPS)
    )
    return (extreme + 1) / (FLIPS + 1)


def _exact(whole: Sequence[int], observed: int) -> float:
    """The share of all sign patterns whose sum is at least as far from 0 as ``observed``."""
    sums = {0: 1.0}
    for value in whole:
        following: dict[int, float] = defaultdict(float)
        for total, share in sums.items():
            following[total + value] += share / 2
            following[total - value] += share / 2
        sums = following
    return min(1.0, sum(share for total, share in sums.items() if abs(total) >= observed))


def _needed(error: float, n: int, mean: float) -> int | None:
    """Scenarios that would show a difference of the size seen in four of five cases."""
    return math.ceil(POWER**2 * error * error * n / mean**2) if mean and error else None


def scenarios_needed(difference: float, samples: int) -> int:
    """Scenarios that show a true difference in four of five cases, with so many samples on each side (Miller 2024)."""
    return math.ceil(POWER**2 * (BETWEEN + 2 * WITHIN / samples) / difference**2)


def detectable_with(scenarios: int, samples: int) -> float:
    """The least difference that so many scenarios are planned to show."""
    return POWER * math.sqrt((BETWEEN + 2 * WITHIN / samples) / scenarios)


def holm(ps: Sequence[float]) -> list[float]:
    """p-values corrected over a family of tests by Holm's method, in the given order."""
    adjusted, running = [0.0] * len(ps), 0.0
    for rank, index in enumerate(sorted(range(len(ps)), key=lambda i: ps[i])):
        running = max(running, min(1.0, (len(ps) - rank) * ps[index]))
        adjusted[index] = running
    return adjusted


def benjamini_hochberg(ps: Sequence[float]) -> list[float]:
    """p-values adjusted for the share of false discoveries: for tables that one explores, not for what blocks."""
    adjusted, running = [0.0] * len(ps), 1.0
    for rank, index in reversed(list(enumerate(sorted(range(len(ps)), key=lambda i: ps[i]), 1))):
        running = min(running, ps[index] * len(ps) / rank)
        adjusted[index] = running
    return adjusted


def word(difference: Difference, *, margin: float, p: float | None = None) -> Word:
    """What may be said of a complete comparison; ``margin``: how much less is as good as the same.

    ``p``: corrected, where the comparison is one of several.
    """
    if difference.scenarios < FEWEST or difference.excluded > MOST_EXCLUDED:
        return "not enough samples"
    if (difference.p if p is None else p) < 0.05 and not difference.low <= 0 <= difference.high:
        return "worse" if difference.mean < 0 else "better"
    if -margin <= difference.low and difference.high <= margin:
        return "equivalent"
    wide = (difference.high - difference.low) / 2 > WIDEST
    return "not enough samples" if wide else "cannot tell"


def is_flaky(score: Score) -> bool:
    return score.judged >= FLAKY_SAMPLES and 0 < score.passed < score.judged


def flip_rate(score: Score) -> float:
    """The chance that two fresh samples of a scenario disagree."""
    k = score.judged
    return 2 * score.share * (1 - score.share) * k / (k - 1) if k > 1 else 0.0


def mean_interval(values: Sequence[tuple[str, float]]) -> tuple[float, float, float]:
    """Mean and 95 % interval of scenarios' scores that are no proportions: percentile bootstrap over whole clusters.

    The seed is fixed, so that the same data give the same figures. One cluster alone says nothing of another: 0 to 1.
    """
    clusters: dict[str, list[float]] = defaultdict(list)
    for cluster, value in values:
        clusters[cluster].append(value)
    mean = sum(value for _, value in values) / len(values)
    if len(clusters) < 2:
        return mean, 0.0, 1.0
    chance = random.Random(len(values))  # noqa: S311 (no secret)
    groups = [(sum(group), len(group)) for group in clusters.values()]
    means = []
    for _ in range(RESAMPLES):
        drawn = chance.choices(groups, k=len(groups))
        means.append(sum(total for total, _ in drawn) / sum(count for _, count in drawn))
    means.sort()
    return mean, means[int(0.025 * RESAMPLES)], means[math.ceil(0.975 * RESAMPLES) - 1]


def floor_of_mean(values: Sequence[tuple[str, float]]) -> float:
    """The one-sided 95 % lower bound of a mean of paired differences, clustered; -1 when nothing can be said."""
    if len({cluster for cluster, _ in values}) < 2:
        return -1.0
    mean = sum(value for _, value in values) / len(values)
    variance = _clustered_variance([(cluster, value - mean) for cluster, value in values])
    return mean - ONE_SIDED * math.sqrt(variance)


def survival(ends: Sequence[tuple[int, bool]]) -> list[tuple[int, float]]:
    """Kaplan and Meier 1958: (turn, share still holding) from (last turn, whether it broke there) of each conversation.

    A conversation that ended without breaking says nothing of later turns.
    """
    steps, left = [], 1.0
    for time in sorted({time for time, broke in ends if broke}):
        at_risk = sum(end >= time for end, _ in ends)
        left *= 1 - sum(end == time and broke for end, broke in ends) / at_risk
        steps.append((time, left))
    return steps


def error_of(scores: Sequence[Score]) -> float:
    """The clustered error of one run's rate; where all scenarios agree, what Wilson's interval stands for."""
    judged = [score for score in scores if score.judged]
    found = rate(judged)
    if found.value is None:
        return 0.0
    error = math.sqrt(_clustered_variance([(score.cluster, score.share - found.value) for score in judged]))
    return error if error and 0 < found.value < 1 else (found.high - found.low) / 2 / Z


def worse_p(difference: Difference) -> float:
    """One-sided: flipped signs are symmetric, so that half of the two-sided p is that of a loss."""
    return difference.p / 2 if difference.mean < 0 else 1.0


def shown_p(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"{p:.3f}" if p < 0.1 else f"{p:.2f}"
