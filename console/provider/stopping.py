"""Ending a call from another thread: closing a socket does not wake the thread that reads it, shutting it down does."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any


class Stop:
    """Given to a call, and asked for by somebody else. What the call waits for then ends at once."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        self._lock = threading.Lock()
        self._socket: Any = None

    @property
    def asked(self) -> bool:
        return self._asked.is_set()

    def ask(self) -> None:
        """May be called at any time, from any thread, any number of times."""
        with self._lock:
            self._asked.set()
            if self._socket is not None:
                with suppress(OSError):
                    # Not the method of a TLS socket, which takes its state away from under the reader.
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def pause(self, seconds: float) -> bool:
        """Wait so long, or until it is asked for; whether it is."""
        return self._asked.wait(seconds)

    @contextmanager
    def cutting(self, connection: Any) -> Iterator[None]:
        """Let ``connection`` (a socket) be cut while the body waits for it, and never later: another call may have it then."""
        with self._lock:
            self._socket = connection
        try:
            yield
        finally:
            with self._lock:
                self._socket = None
