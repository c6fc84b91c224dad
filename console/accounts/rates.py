"""How often a token, or an address without one, may ask.

Kept in the process, on purpose: a counter in the database would write at every fetch, which is the one thing that must
stay cheap, and these limits protect a server's threads, of which each process has its own. With several web processes
the whole installation lets through so many times as much.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from math import ceil

from console.problems import DomainError

_MOST_KEYS = 20_000  # what was not seen for longest is forgotten first


class TooMany(DomainError):
    """Asked too often; ``allowance`` says when to come back."""

    status = 429

    def __init__(self, allowance: Allowance) -> None:
        super().__init__(
            f"More than {allowance.limit:,} requests in a minute.",
            f"Try again in {allowance.wait} second{'s' * (allowance.wait != 1)}.",
        )
        self.headers = {**allowance.headers, "Retry-After": str(allowance.wait)}


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left for now of ``limit`` requests a minute; ``wait`` is in seconds, until one more is."""

    limit: int
    left: int
    wait: int

    @property
    def headers(self) -> dict[str, str]:
        """As draft-ietf-httpapi-ratelimit-headers has them; none where there is no limit."""
        if not self.limit:
            return {}
        return {
            "RateLimit-Policy": f'"minute";q={self.limit};w=60',
            "RateLimit": f'"minute";r={self.left};t={self.wait}',
        }


class Rate:
    """Token buckets of ``limit`` a minute, a full minute's worth at once; 0 means no limit."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._lock = threading.Lock()
        self._buckets: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()  # key -> (left, at)

    def take(self, key: Hashable) -> Allowance:
        """One request of ``key``. Raises TooMany."""
        if not self.limit:
            return Allowance(0, 0, 0)
        now = time.monotonic()
        with self._lock:
            left, at = self._buckets.pop(key, (float(self.limit), now))
            left = min(self.limit, left + (now - at) * self.limit / 60)
            taken = left >= 1
            self._buckets[key] = (left - 1 if taken else left, now)
            if len(self._buckets) > _MOST_KEYS:
                self._buckets.popitem(last=False)
        if not taken:
            raise TooMany(Allowance(self.limit, 0, ceil((1 - left) * 60 / self.limit)))
        wait = 0 if left >= 2 else ceil((2 - left) * 60 / self.limit)
        return Allowance(self.limit, int(left - 1), wait)
