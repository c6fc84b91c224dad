"""So many requests of a process at a time, and who is next stands ready."""

from __future__ import annotations

import threading
import time
from collections import deque

from console.provider.errors import ProviderError


class NotBegun(ProviderError):
    """The call was sent back before its request was sent: nothing went wrong, and it cost nothing."""

    def __init__(self) -> None:
        super().__init__("not_begun")


class Gate:
    """Requests pass it one by one as places get free; all but the sending of a call is done before and after it.

    Between an answer and the next request the answer is read, graded and written down, another conversation claimed and
    its request put together. With as many workers as places the provider would wait for all of that.
    """

    def __init__(self, places: int) -> None:
        self._lock = threading.Lock()
        self._free = places
        self._waiting: deque[_Waiter] = deque()

    def enter(self) -> float:
        """Wait for a place and take it; the seconds waited. Raises NotBegun when those who wait are sent back."""
        with self._lock:
            if self._free:
                self._free -= 1
                return 0.0
            waiter = _Waiter()
            self._waiting.append(waiter)
        return waiter.wait()

    def leave(self) -> None:
        """Hand the place over to who came first."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().go(may=True)
            else:
                self._free += 1

    def send_back(self) -> None:
        """Whoever waits now is not to begin. May be called at any time."""
        with self._lock:
            while self._waiting:
                self._waiting.popleft().go(may=False)


class _Waiter:
    def __init__(self) -> None:
        self._came = time.monotonic()
        self._may = False
        self._called = threading.Lock()
        self._called.acquire()

    def go(self, *, may: bool) -> None:
        self._may = may
        self._called.release()

    def wait(self) -> float:
        self._called.acquire()
        if not self._may:
            raise NotBegun
        return time.monotonic() - self._came
