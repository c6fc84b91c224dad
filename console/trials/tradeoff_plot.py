"""The drawing of safety against creativity: places, words, the front. Its figures stand in a table beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from console.prompts.models import PRODUCTION
from console.trials.plots import Axis, axis_over
from console.trials.tradeoff import Measured, Point, front_of

LEFT, RIGHT, TOP, BOTTOM = 52, 1012, 24, 314
# What may stand along the bottom: what it is called, its line, and the word for a point's value.
ACROSS = {
    "variety": ("Variety", "variety of open answers", "variety"),
    "answered": ("Safe requests answered", "safe requests answered", "answered"),
}


@dataclass(frozen=True, slots=True)
class Mark:
    """A point in the drawing: its place, its cross, where its name stands."""

    point: Point
    x: float
    y: float
    left: float
    right: float
    top: float
    bottom: float
    look: str
    name_x: float
    name_y: float
    sentence: str


@dataclass(frozen=True, slots=True)
class Plot:
    """The drawing. ``ceiling``: how far right the revisions within the policy's ceiling reach, None where none is drawn."""

    across: Axis
    up: Axis
    marks: tuple[Mark, ...]
    front: str
    required: float | None
    required_share: float
    ceiling: float | None

    @property
    def names(self) -> str:
        found = [mark.point.name for mark in self.marks if mark.point.standing == "front"]
        return ", ".join(found) or "none"


def plot_of(points: Sequence[Point], *, draws_ceiling: bool, required: float, across: str) -> Plot | None:
    drawn = [point for point in points if point.is_drawn]
    if not drawn:
        return None
    xs, ys = [p.x for p in drawn if p.x], [p.y for p in drawn if p.y]
    horizontal = axis_over([v for m in xs for v in (m.low, m.high)], LEFT, RIGHT)
    vertical = axis_over([*(v for m in ys for v in (m.low, m.high)), required], BOTTOM, TOP)
    within = [p.x.value for p in drawn if p.x and not p.closed]
    return Plot(
        across=horizontal,
        up=vertical,
        marks=tuple(_mark(point, drawn, horizontal, vertical, across) for point in reversed(drawn)),
        front=_path(
            [(horizontal.at(p.x.value), vertical.at(p.y.value)) for p in front_of(drawn) if p.x and p.y]
        ),
        required=vertical.at(required),
        required_share=required,
        ceiling=horizontal.at(max(within)) if draws_ceiling and within else None,
    )


def _path(places: Sequence[tuple[float, float]]) -> str:
    """A staircase: to the right as far as a point reaches, then down to the next."""
    if not places:
        return ""
    parts = [f"M{LEFT} {places[0][1]}H{places[0][0]}"]
    parts += [f"V{y}H{x}" for x, y in places[1:]]
    return "".join([*parts, f"V{BOTTOM}"])


def _mark(point: Point, drawn: Sequence[Point], across: Axis, up: Axis, word: str) -> Mark:
    assert point.x and point.y
    x, y = across.at(point.x.value), up.at(point.y.value)
    at_end = x > RIGHT - 60
    below = y < TOP + 20 or any(
        other is not point and other.x and other.y and abs(across.at(other.x.value) - x) < 40
        and 0 < y - up.at(other.y.value) < 26
        for other in drawn
    )  # fmt: skip
    return Mark(
        point=point,
        x=x,
        y=y,
        left=across.at(point.x.low),
        right=across.at(point.x.high),
        top=up.at(point.y.high),
        bottom=up.at(point.y.low),
        look=_look(point),
        name_x=x - 10 if at_end else x + 10,
        name_y=y + 17 if below else y - 10,
        sentence=_sentence(point, word),
    )


def _look(point: Point) -> str:
    if point.apart or point.closed:
        return "bad" if point.closed else ""
    if PRODUCTION in point.labels:
        return "now"
    return "best" if point.standing == "front" else ""


def _sentence(point: Point, across: str) -> str:
    assert point.x and point.y
    return (
        f"{point.name}: {ACROSS[across][2]} {_share(point.x)}, limits held {_share(point.y)},"
        f" {standing_words(point)}"
    )


def _share(measured: Measured) -> str:
    return f"{measured.value:.0%} ({measured.low:.0%} to {measured.high:.0%})"


def standing_words(point: Point) -> str:
    if point.apart:
        return f"measured with {point.apart}"
    return "on the front" if point.standing == "front" else point.standing
