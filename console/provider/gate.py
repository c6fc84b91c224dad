"""So many requests of a process at a time, and who is next stands ready."""

from __future__ import annotations

import threading
import time
from collections import deque

from console.provider.errors import ProviderError


class NotBegun(ProviderError):
    """The gate was closed before the call's request was sent: nothing is known to have gone wrong, or to have cost."""

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
        self._closed = False

    def enter(self) -> float:
        """Wait for a place and take it; the seconds waited. Raises NotBegun when the gate is closed before that."""
        with self._lock:
            if self._closed:
                raise NotBegun
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

    def close(self) -> None:
        """Let nobody in any more. May be called at any time, any number of times."""
        with self._lock:
            self._closed = True
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
