"""The geometry of plots: numbers to places in an SVG. What is drawn there also stands in a table beside it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.25)
MOST_TICKS = 9


@dataclass(frozen=True, slots=True)
class Tick:
    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Axis:
    """Shares between ``low`` and ``high`` along a line of the drawing; ``start`` may lie after ``end``."""

    low: float
    high: float
    start: float
    end: float

    def at(self, share: float) -> float:
        within = min(max(share, self.low), self.high)
        return round(self.start + (within - self.low) / (self.high - self.low) * (self.end - self.start), 1)

    @property
    def ticks(self) -> tuple[Tick, ...]:
        step = _step(self.low, self.high)
        count = round((self.high - self.low) / step)
        shares = [self.low + number * step for number in range(count + 1)]
        return tuple(Tick(self.at(share), f"{share * 100:.0f} %") for share in shares)


def axis_over(shares: Iterable[float], start: float, end: float) -> Axis:
    """An axis from where the data are to where they end, on round numbers, never of length 0."""
    found = list(shares)
    low, high = min(found, default=0.0), max(found, default=1.0)
    if high - low < 0.04:
        low, high = max(0.0, low - 0.02), min(1.0, high + 0.02)
    step = _step(low, high)
    return Axis(
        max(0.0, math.floor(low / step + 1e-9) * step),
        min(1.0, math.ceil(high / step - 1e-9) * step),
        start,
        end,
    )


def _step(low: float, high: float) -> float:
    return next((step for step in STEPS if (high - low) / step <= MOST_TICKS - 1 + 1e-9), STEPS[-1])


def spaced(places: Iterable[float], *, least: float) -> list[bool]:
    """Which of the places in order are far enough from the last one shown to carry words; the last always does."""
    shown: list[bool] = []
    last = -math.inf
    found = list(places)
    for index, place in enumerate(found):
        is_last = index == len(found) - 1
        keeps = place - last >= least and (is_last or found[-1] - place >= least)
        shown.append(keeps or is_last)
        last = place if keeps else last
    return shown
