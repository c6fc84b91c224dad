"""A server that speaks the Messages API over real sockets, scripted: latency, answers, faults, and it counts.

    with messages_api(latency=0.3, answer=lambda request: f"You said {request.last_text}") as api:
        endpoint = Endpoint("Test", api.url, api.key)
        ...
        assert len(api.calls) == 800 and api.max_in_flight <= 32

``answer(request)`` returns text, an ``Answer``, or a ``Fault``. ``api.fail_next(Fault("limited"), …)`` scripts the
next calls; ``faults=Faults(limited=0.03, reset=0.01, seed=7)`` mixes them in at random, the same for the same seed.
Only calls to /v1/messages are faulted and counted. It shares no code with the rehearsal, so that neither hides the
other's mistakes. As a process: ``python -m tests.messages_api --port 8099 --latency 0.3``; GET /calls tells the counts.
"""

from __future__ import annotations

import argparse
import contextlib
import socket
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from http.server import ThreadingHTTPServer
from typing import Any

from tests.message_batches import Batches
from tests.messages_forms import STATUSES, Answer, Fault, Faults, Request, Served, message_of
from tests.messages_handler import Handler

KEY = "test-key"


class MessagesAPI:
    def __init__(
        self,
        *,
        latency: float = 0.0,
        answer: Callable[[Request], str | Answer | Fault] | None = None,
        faults: Faults | None = None,
        key: str | None = KEY,
        gap: float = 0.0,
        headers: Mapping[str, str] | None = None,
        models: tuple[str, ...] = ("claude-sonnet-5-5", "claude-opus-5-5"),
        port: int = 0,
    ) -> None:
        self.latency, self.gap, self.key, self.models = latency, gap, key or "", models
        self.answer = answer or (lambda request: f"Answer {request.turn}: {request.last_text[:80]}")
        self.faults = faults or Faults()
        self.headers = dict(headers or {})
        self.models_body: str | None = None  # said instead of the list of models
        self.calls: list[Served] = []
        self.max_in_flight = 0
        self.go_on = threading.Event()  # cleared: a stream waits after each piece of its text
        self.go_on.set()
        self._in_flight = 0
        self._next: deque[Fault] = deque()
        self._lock = threading.Lock()
        self.batches = Batches(self._result)
        self.stopped = threading.Event()
        self._server = _Server(("127.0.0.1", port), self)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def fail_next(self, *faults: Fault) -> None:
        self._next.extend(faults)

    def _result(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """What becomes of a request of a batch: ``answer`` decides, as for any other."""
        request = Request(0, params, {})
        given = self.answer(request)
        if not isinstance(given, Fault):
            answer = given if isinstance(given, Answer) else Answer(given)
            return {"type": "succeeded", "message": message_of(answer, request)}
        if given.kind in ("expired", "canceled"):
            return {"type": given.kind}
        _, name, words = STATUSES[given.kind]
        error = {"type": "error", "error": {"type": name, "message": given.message or words}}
        return {"type": "errored", "error": error}

    @property
    def outcomes(self) -> Counter[str]:
        return Counter(call.outcome for call in self.calls)

    def start(self) -> None:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Like a process that ends: its connections end with it."""
        self.stopped.set()
        self._server.shutdown()
        self._server.server_close()
        self._server.hang_up()

    def begin(self, body: Mapping[str, Any], headers: Mapping[str, str]) -> Served:
        with self._lock:
            self._in_flight += 1
            self.max_in_flight = max(self.max_in_flight, self._in_flight)
            number = len(self.calls) + 1
            fault = self._next.popleft() if self._next else self.faults.draw(number)
            served = Served(Request(number, body, headers), time.monotonic(), fault)
            self.calls.append(served)
            return served

    def end(self, served: Served) -> None:
        with self._lock:
            self._in_flight -= 1
            served.ended = time.monotonic()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 1024

    def __init__(self, address: tuple[str, int], api: MessagesAPI) -> None:
        self.api = api
        self._open: set[socket.socket] = set()
        super().__init__(address, Handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        for connection in tuple(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is part of the play."""


@contextmanager
def messages_api(**options: Any) -> Iterator[MessagesAPI]:
    """A running server; the options are those of ``MessagesAPI``."""
    api = MessagesAPI(**options)
    api.start()
    try:
        yield api
    finally:
        api.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description="A scripted server that speaks the Messages API.")
    parser.add_argument("--port", type=int, default=8099)
    parser.add_argument("--latency", type=float, default=0.3, help="seconds before an answer")
    parser.add_argument("--key", default="", help="the only key to accept (default: any)")
    for name, default in asdict(Faults()).items():
        if isinstance(default, float):
            parser.add_argument(f"--{name}", type=float, default=default, help="share of calls that fail so")
    given = vars(parser.parse_args())
    faults = Faults(
        **{name: given.pop(name) for name, default in asdict(Faults()).items() if isinstance(default, float)}
    )
    with messages_api(**given, faults=faults) as api:
        print(f"Messages API at {api.url}", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
