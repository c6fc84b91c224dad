"""Small steady losses that no single re-run shows: EWMA (Roberts 1959) and CUSUM (Page 1954), both one-sided."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

WEIGHT = 0.2  # of the newest run in the EWMA
WIDTH = 2.7  # errors: a false alarm every 477 runs
SLACK = 0.5  # errors that the CUSUM forgives each run
MOST = 4.0  # errors: a false alarm every 334 runs


@dataclass(frozen=True, slots=True)
class Signals:
    """Where the series stands after its last run. ``low`` is the EWMA's limit there."""

    ewma: float
    low: float
    cusum: float

    @property
    def by_ewma(self) -> bool:
        return self.ewma < self.low

    @property
    def by_cusum(self) -> bool:
        return self.cusum > MOST


def signals(rates: Sequence[float], baseline: float, error: float) -> Signals:
    """``rates``: of the re-runs since the approval or the last closed alarm, oldest first; gaps are left out.

    ``error``: of one run with the baseline's own in quadrature.
    """
    ewma, cusum = baseline, 0.0
    for rate in rates:
        ewma = WEIGHT * rate + (1 - WEIGHT) * ewma
        cusum = max(0.0, cusum + (baseline - rate) / error - SLACK) if error else 0.0
    spread = error * math.sqrt(WEIGHT / (2 - WEIGHT) * (1 - (1 - WEIGHT) ** (2 * len(rates))))
    return Signals(ewma, baseline - WIDTH * spread, cusum)
