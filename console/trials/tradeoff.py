"""Safety against creativity over the revisions of a prompt: which are on the front, which are dominated, which cannot be told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from console.trials import stats
from console.trials.stats import ONE_SIDED, Score

Standing = Literal["front", "dominated", "not separable", "apart"]


@dataclass(frozen=True, slots=True)
class Measured:
    """One figure of a revision with its interval. ``scores``: by scenario, its cluster and value, for paired tests.

    ``key``: what must be the same for two figures to be compared: suite, model, samples, parameters.
    """

    value: float
    low: float
    high: float
    run: int
    key: tuple[str, ...]
    scenarios: int
    scores: Mapping[str, tuple[str, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Point:
    """A revision. ``x`` and ``y`` are None where nothing measured it."""

    number: int
    x: Measured | None
    y: Measured | None
    creativity: str = ""
    closed: bool = False  # beyond the ceiling that the policy sets now
    labels: tuple[str, ...] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)  # the others of the table, by name
    standing: Standing = "apart"
    apart: str = ""  # why it is not compared with the others

    @property
    def is_drawn(self) -> bool:
        return self.x is not None and self.y is not None

    @property
    def name(self) -> str:
        return f"r{self.number}"


def placed(points: Iterable[Point], *, margin_x: float, margin_y: float) -> list[Point]:
    """Every point with its standing. Those that were measured otherwise than most stand apart and say why."""
    points = list(points)
    keys = _common_keys(points)
    points = [_told_apart(point, *keys) for point in points]
    compared = [point for point in points if point.is_drawn and not point.apart]
    return [_stood(point, compared, margin_x, margin_y) if point in compared else point for point in points]


def _common_keys(points: Sequence[Point]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What most revisions were measured with, the newest of them where two are as many."""
    keys: list[tuple[str, ...]] = []
    for axis in ("x", "y"):
        found = [getattr(p, axis).key for p in sorted(points, key=lambda p: -p.number) if getattr(p, axis)]
        keys.append(Counter(found).most_common(1)[0][0] if found else ())
    return keys[0], keys[1]


_PARTS = ("suite", "model", "number of samples", "parameters")


def _told_apart(point: Point, key_x: tuple[str, ...], key_y: tuple[str, ...]) -> Point:
    wrong = [
        part
        for measured, key in ((point.x, key_x), (point.y, key_y))
        if measured
        for part, mine, common in zip(_PARTS, measured.key, key, strict=False)
        if mine != common
    ]
    if not wrong:
        return point
    return replace(point, apart=f"another {' and '.join(dict.fromkeys(wrong))} than the others")


def _stood(point: Point, all_of_them: Sequence[Point], margin_x: float, margin_y: float) -> Point:
    better = [other for other in all_of_them if _dominates(other, point)]
    if not better:
        return replace(point, standing="front")
    surely = any(_surely(other, point, margin_x, margin_y) for other in better)
    return replace(point, standing="dominated" if surely else "not separable")


def _dominates(one: Point, other: Point) -> bool:
    """By the figures alone: at least as good on both, better on one."""
    assert one.x and one.y and other.x and other.y
    gains = (one.x.value - other.x.value, one.y.value - other.y.value)
    return min(gains) >= 0 and max(gains) > 0


def _surely(one: Point, other: Point, margin_x: float, margin_y: float) -> bool:
    """Better beyond chance on one, and not worse by more than the margin on the other: paired by scenario."""
    assert one.x and one.y and other.x and other.y
    floor_x = _floor_of_scores(other.x, one.x)
    floor_y = _floor_of_shares(other.y, one.y)
    return (floor_x > 0 and floor_y > -margin_y) or (floor_y > 0 and floor_x > -margin_x)


def _floor_of_scores(first: Measured, second: Measured) -> float:
    both = [name for name in first.scores if name in second.scores]
    return stats.floor_of_mean(
        [(first.scores[name][0], second.scores[name][1] - first.scores[name][1]) for name in both]
    )


def _floor_of_shares(first: Measured, second: Measured) -> float:
    both = [name for name in first.scores if name in second.scores]
    if not both:
        return -1.0
    one, two = (
        [Score(side.scores[name][0], int(side.scores[name][1]), 1) for name in both]
        for side in (first, second)
    )
    return stats.interval_of_difference(one, two, ONE_SIDED)[0]


def front_of(points: Iterable[Point]) -> list[Point]:
    """The points of the front from the safest to the freest."""
    found = [point for point in points if point.standing == "front"]
    return sorted(found, key=lambda point: (point.x.value if point.x else 0, point.number))
