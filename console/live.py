"""Live updates: NOTIFY inside the transaction that changed a row, server-sent events out.

One LISTEN connection a process is fanned out to its streams, so that a stream holds a thread but never a database
connection. Streams are capped; beyond the cap a page is told (204) to poll instead.
"""

from __future__ import annotations

import atexit
import json
import logging
import queue
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection, connections
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse

from console.prepared import execute

logger = logging.getLogger(__name__)

CHANNEL = "remit_live"
HEARTBEAT = 10.0  # seconds; also how soon a closed browser is noticed
LIFETIME = 300.0  # seconds; the browser reconnects and is authorised anew


_TELL = "SELECT pg_notify(%(channel)s, each) FROM unnest(%(told)s::text[]) AS each"


def publish(topic: str, event: str = "changed") -> None:
    """Tell the streams of ``topic`` once the surrounding transaction commits (NOTIFY is transactional)."""
    publish_all([topic], event)


def publish_all(topics: Sequence[str], event: str) -> None:
    """As ``publish``, of several topics in one statement."""
    told = [notice(topic, event)[1] for topic in topics]
    if told:
        execute(_TELL, {"channel": CHANNEL, "told": told})


def notice(topic: str, event: str) -> tuple[str, str]:
    """The channel and the payload with which a statement of somebody else's may tell as ``publish`` does (pg_notify)."""
    return CHANNEL, json.dumps([topic, event])


Tell = Callable[[str], None]


class _Hub:
    """The streams of this process and the one connection that feeds them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._topics: dict[str, set[Tell]] = defaultdict(set)
        self._thread: threading.Thread | None = None
        self._ended = threading.Event()
        self._open = 0

    def end(self) -> None:
        """Nobody listens any more: that the database goes away from now on is no news."""
        self._ended.set()

    def open(self, topics: Sequence[str]) -> queue.SimpleQueue[str] | None:
        """A mailbox for ``topics``, or None when this process already serves as many streams as it may."""
        with self._lock:
            if self._open >= settings.REMIT_STREAMS:
                return None
            self._open += 1
        mailbox: queue.SimpleQueue[str] = queue.SimpleQueue()
        for topic in topics:
            self.add(topic, mailbox.put)
        return mailbox

    def close(self, topics: Sequence[str], mailbox: queue.SimpleQueue[str]) -> None:
        for topic in topics:
            self.remove(topic, mailbox.put)
        with self._lock:
            self._open -= 1

    def open_now(self) -> int:
        with self._lock:
            return self._open

    def add(self, topic: str, tell: Tell) -> None:
        with self._lock:
            self._topics[topic].add(tell)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._listen, name="live", daemon=True)
                self._thread.start()

    def remove(self, topic: str, tell: Tell) -> None:
        with self._lock:
            self._topics[topic].discard(tell)
            if not self._topics[topic]:
                del self._topics[topic]

    def _listen(self) -> None:
        while not self._ended.is_set():
            try:
                with psycopg.connect(**_connection_parameters(), autocommit=True) as listener:
                    listener.execute(f"LISTEN {CHANNEL}")
                    self._broadcast("resync")  # whatever was published while nobody listened
                    for notification in listener.notifies():
                        topic, event = json.loads(notification.payload)
                        self._deliver(topic, event)
            except psycopg.Error as error:
                if not self._ended.is_set():
                    logger.warning("The live connection was lost (%s); trying again.", type(error).__name__)
                self._ended.wait(1)

    def _deliver(self, topic: str, event: str) -> None:
        with self._lock:
            for tell in self._topics.get(topic, ()):
                tell(event)

    def _broadcast(self, event: str) -> None:
        with self._lock:
            for told in self._topics.values():
                for tell in told:
                    tell(event)


def _connection_parameters() -> dict[str, Any]:
    parameters: dict[str, Any] = dict(connection.get_connection_params())
    for django_only in ("pool", "cursor_factory", "context", "prepare_threshold"):
        parameters.pop(django_only, None)
    return parameters


_hub = _Hub()


def end() -> None:
    """This process ends, or its database does."""
    _hub.end()


atexit.register(end)


def open_streams() -> int:
    """How many streams this process serves."""
    return _hub.open_now()


def stream(*topics: str) -> HttpResponseBase:
    """A ``text/event-stream`` of the topics' events; 204 when the cap is reached, upon which the page polls."""
    mailbox = _hub.open(topics)
    if mailbox is None:
        return HttpResponse(status=204)
    response = StreamingHttpResponse(_Events(topics, mailbox), content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


@contextmanager
def hearing(topic: str, tell: Tell) -> Iterator[None]:
    """Call ``tell`` with every event of ``topic`` while the body runs: from the thread of all, so it must be quick."""
    _hub.add(topic, tell)
    try:
        yield
    finally:
        _hub.remove(topic, tell)


class _Events:
    """The body of one stream. A class, since ``close`` must free the place even when nothing was ever read."""

    def __init__(self, topics: Sequence[str], mailbox: queue.SimpleQueue[str]) -> None:
        self._topics, self._mailbox = topics, mailbox
        self._lines = self._run()
        self._closed = False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return next(self._lines)

    def _run(self) -> Iterator[bytes]:
        connections.close_all()  # give the connection back to the pool before waiting
        yield b"retry: 2000\n\n"
        ends = time.monotonic() + LIFETIME
        while time.monotonic() < ends:
            try:
                event = self._mailbox.get(timeout=HEARTBEAT)
            except queue.Empty:
                yield b": beat\n\n"
            else:
                yield f"event: {event}\ndata: {self._topics[0]}\n\n".encode()
        self.close()

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            _hub.close(self._topics, self._mailbox)
