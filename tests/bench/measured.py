"""What a run of calls took, whoever made them."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass

from tests.messages_api import MessagesAPI


@dataclass(frozen=True, slots=True)
class Measured:
    calls: int
    seconds: float  # first call's start to last call's end, as the endpoint saw them
    limit: float
    most_in_flight: int
    cpu: float  # seconds of the program and all its children
    memory: int  # MB, the most that they held together
    exit_code: int

    def line(self, name: str) -> str:
        return (
            f"{name}: {self.seconds:.2f} s = {self.seconds / self.limit:.3f} x the limit of {self.limit:.2f} s;"
            f" at most {self.most_in_flight} in flight, {self.cpu / self.calls * 1000:.1f} ms CPU a call"
            f" (start included), {self.memory} MB, exit {self.exit_code}"
        )


def span(api: MessagesAPI) -> float:
    return max(call.ended or call.started for call in api.calls) - min(call.started for call in api.calls)


def load() -> str:
    """How busy the machine is by itself: a figure without it says little."""
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"


class Memory(threading.Thread):
    """The most memory that a process and its children hold together."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid, self._most, self._stopping = pid, 0, threading.Event()
        self.start()

    def run(self) -> None:
        import psutil

        while not self._stopping.wait(0.2):
            try:
                root = psutil.Process(self._pid)
                held = sum(process.memory_info().rss for process in (root, *root.children(recursive=True)))
            except psutil.Error:
                continue
            self._most = max(self._most, held)

    def stop(self) -> int:
        self._stopping.set()
        return self._most // 1_000_000
