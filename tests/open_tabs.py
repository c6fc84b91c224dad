"""Browser tabs as the web server sees them: a stream of events that stays open, and pages that are fetched meanwhile."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import urlsplit


class Tab:
    """A stream that is open, or that was refused: ``status`` is 200 or 204."""

    def __init__(self, site: str, path: str, cookie: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(site).netloc, timeout=15)
        headers = {"Accept": "text/event-stream", "Cookie": cookie}
        self._connection.request("GET", path, headers=headers)
        self._response = self._connection.getresponse()
        self.status = self._response.status
        if self.status == 200:
            assert self._response.readline().startswith(b"retry:"), "a stream begins at once"

    def hears(self, event: str) -> bool:
        """Whether ``event`` comes; what comes before it is read over. Raises TimeoutError after 15 silent seconds."""
        wanted = f"event: {event}\n".encode()
        return any(line == wanted for line in iter(self._response.readline, b""))

    def close(self) -> None:
        self._response.close()
        self._connection.close()


@contextmanager
def tabs(count: int, site: str, path: str, cookie: str) -> Iterator[list[Tab]]:
    """So many tabs on one address, opened one after the other."""
    opened: list[Tab] = []
    try:
        for _ in range(count):
            opened.append(Tab(site, path, cookie))
        yield opened
    finally:
        for tab in opened:
            tab.close()


def fetch(site: str, paths: Sequence[str], cookie: str, *, at_a_time: int = 4) -> list[tuple[int, float]]:
    """The status of every page, in order, with the seconds that it took."""

    def one(path: str) -> tuple[int, float]:
        connection = http.client.HTTPConnection(urlsplit(site).netloc, timeout=15)
        started = time.perf_counter()
        try:
            connection.request("GET", path, headers={"Cookie": cookie})
            response = connection.getresponse()
            response.read()
            return response.status, time.perf_counter() - started
        finally:
            connection.close()

    with ThreadPoolExecutor(at_a_time) as fetching:
        return list(fetching.map(one, paths))
