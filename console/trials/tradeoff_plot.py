"""The drawing of safety against creativity: places, words, the front. Its figures stand in a table beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from console.prompts.models import PRODUCTION
from console.trials.plots import Axis, axis_over
from console.trials.tradeoff import Measured, Point, front_of

LEFT, RIGHT, TOP, BOTTOM = 52, 1012, 24, 314
LETTER = 8  # about the width of one of a name
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
    names = _named([(horizontal.at(p.x.value), vertical.at(p.y.value), p.name) for p in drawn if p.x and p.y])
    return Plot(
        across=horizontal,
        up=vertical,
        marks=tuple(
            _mark(point, name, horizontal, vertical, across)
            for point, name in reversed(list(zip(drawn, names, strict=True)))
        ),
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


def _named(places: Sequence[tuple[float, float, str]]) -> list[tuple[float, float]]:
    """Where each point's name stands: beside it, clear of points and of other names as far as there is room."""
    taken = [(x - 6, y - 6, x + 6, y + 6) for x, y, _ in places]
    found = []
    for x, y, name in places:
        spots = [(x + 10, y - 10), (x + 10, y + 17), (x - 10, y - 10), (x - 10, y + 17)]
        boxes = [_box(spot, x, len(name)) for spot in spots]
        best = min(range(len(spots)), key=lambda at: _crossed(boxes[at], taken))
        taken.append(boxes[best])
        found.append(spots[best])
    return found


_Box = tuple[float, float, float, float]


def _box(spot: tuple[float, float], point: float, letters: int) -> _Box:
    left = spot[0] if spot[0] > point else spot[0] - LETTER * letters
    return left, spot[1] - 11, left + LETTER * letters, spot[1] + 3


def _crossed(box: _Box, taken: Sequence[_Box]) -> int:
    """How much a name would cover, the edges of the drawing before all."""
    outside = (box[2] > RIGHT) + (box[1] < TOP) + (box[3] > BOTTOM)
    return 100 * outside + sum(
        box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3] for other in taken
    )


def _mark(point: Point, name: tuple[float, float], across: Axis, up: Axis, word: str) -> Mark:
    assert point.x and point.y
    x, y = across.at(point.x.value), up.at(point.y.value)
    return Mark(
        point=point,
        x=x,
        y=y,
        left=across.at(point.x.low),
        right=across.at(point.x.high),
        top=up.at(point.y.high),
        bottom=up.at(point.y.low),
        look=_look(point),
        name_x=name[0],
        name_y=name[1],
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
