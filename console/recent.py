"""What was read a moment ago: used again for a second, and dropped at once when somebody says that it changed.

For the one path that is asked a thousand times a second. A change is told by NOTIFY in its own transaction, so that every
process drops what it has when the change commits; should that connection be lost, the second bounds what is old.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from contextlib import ExitStack
from typing import Generic, TypeVar

from django.db import transaction

from console import live

Value = TypeVar("Value")


class Recent(Generic[Value]):
    """Values by key for ``seconds``, at most ``most`` of them. ``topic`` names what is told when they change."""

    def __init__(self, topic: str, *, seconds: float = 1.0, most: int = 4096) -> None:
        self._topic, self._seconds, self._most = topic, seconds, most
        self._values: dict[Hashable, tuple[float, Value]] = {}
        self._changes = 0
        self._lock = threading.Lock()
        self._hearing: ExitStack | None = None

    def get(self, key: Hashable, read: Callable[[], Value | None]) -> Value | None:
        """What ``read`` returns, or returned less than ``seconds`` ago; None is not kept."""
        found = self._values.get(key)
        if found is not None and found[0] > time.monotonic():
            return found[1]
        self._listen()
        before = self._changes
        value = read()
        if value is not None:
            with self._lock:
                # INVARIANT: what was read before a change was told is not kept after it.
                if before == self._changes:
                    if len(self._values) >= self._most:
                        self._values.clear()
                    self._values[key] = (time.monotonic() + self._seconds, value)
        return value

    def changed(self) -> None:
        """Drop everything, here now, and in every process once the surrounding transaction commits."""
        self.forget()
        transaction.on_commit(self.forget)
        live.publish(self._topic)

    def forget(self, event: str = "") -> None:
        with self._lock:
            self._changes += 1
            self._values.clear()

    def _listen(self) -> None:
        if self._hearing is None:
            with self._lock:
                if self._hearing is None:
                    self._hearing = ExitStack()
                    self._hearing.enter_context(live.hearing(self._topic, self.forget))
