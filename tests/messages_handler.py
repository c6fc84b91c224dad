"""One connection of the scripted Messages API: which door was knocked at, and how an answer or a fault is played."""

from __future__ import annotations

import json
import socket
import struct
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.messages_forms import (
    STATUSES,
    Answer,
    Fault,
    Request,
    Served,
    event_of,
    events_of,
    message_of,
    model_of,
)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: Any  # whose ``api`` holds the script and counts
    _served: Served

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        api = self.server.api
        if self.path.startswith("/calls"):
            self._json(
                200, {"calls": len(api.calls), "max_in_flight": api.max_in_flight, "outcomes": api.outcomes}
            )
        elif self.path.startswith("/v1/messages/batches"):
            self._batches(None)
        elif self.path.startswith("/v1/models") and api.models_body is not None:
            self._plain(api.models_body)
        elif self.path.startswith("/v1/models"):
            self._json(
                200,
                {
                    "data": [model_of(name) for name in api.models],
                    "has_more": False,
                    "first_id": None,
                    "last_id": None,
                },
            )
        else:
            self._fail("not_found")

    def do_POST(self) -> None:
        api = self.server.api
        size = int(self.headers.get("content-length", 0))
        sent = self.rfile.read(size)
        if len(sent) < size:  # who sent it was killed half way: nobody asked for anything
            self.close_connection = True
            return
        body = json.loads(sent or b"{}")
        if api.key and api.key not in self._keys():
            self._fail("refused_key")
        elif self.path.startswith("/v1/messages/count_tokens"):
            self._json(200, {"input_tokens": len(json.dumps(body)) // 4})
        elif self.path.startswith("/v1/messages/batches"):
            self._batches(body)
        elif self.path.startswith("/v1/messages"):
            self._message(body)
        else:
            self._fail("not_found")

    def _keys(self) -> tuple[str, ...]:
        # Newer SDKs send the key as a bearer token, older ones in a header of its own.
        return self.headers.get("x-api-key", ""), self.headers.get("authorization", "").removeprefix(
            "Bearer "
        )

    def _batches(self, body: dict[str, Any] | None) -> None:
        """``body`` None: a GET."""
        batches, path = self.server.api.batches, self.path.partition("?")[0]
        batches.asked.append(f"{self.command} {path}")
        if batches.next_faults:
            fault = batches.next_faults.popleft()
            self._fail(fault.kind, retry_after=fault.retry_after, message=fault.message)
            return
        name, _, what = path.removeprefix("/v1/messages/batches").strip("/").partition("/")
        made = batches.named(name)
        if not name and body is None:
            listed = [made.shown() for made in reversed(batches.made)]
            self._json(200, {"data": listed, "has_more": False, "first_id": None, "last_id": None})
        elif not name and body is not None:
            made = batches.make(body)
            batches.answering.wait(30)
            if batches.lose_next:
                batches.lose_next -= 1
                self._play_reset(Request(0, body, {}))
                self.close_connection = True
            else:
                self._json(200, made.shown())
        elif made is None:
            self._fail("not_found")
        elif what == "cancel":
            batches.cancel(made)
            self._json(200, made.shown())
        elif what == "results":
            lines = (json.dumps({"custom_id": one, "result": result}) for one, result in made.results)
            self._plain("".join(f"{line}\n" for line in lines), cut=batches.cut_next or 1.0)
            self.close_connection, batches.cut_next = batches.cut_next is not None, None
        else:
            batches.look(made)
            self._json(200, made.shown())

    def _message(self, body: dict[str, Any]) -> None:
        api = self.server.api
        served = self._served = api.begin(body, {name.lower(): value for name, value in self.headers.items()})
        try:
            given = served.fault or api.answer(served.request)
            served.outcome = given.kind if isinstance(given, Fault) else "ok"
            if api.latency:
                time.sleep(api.latency)
            if isinstance(given, Fault):
                self._play(given, served.request)
            else:
                self._answer(given if isinstance(given, Answer) else Answer(given), served.request)
        finally:
            api.end(served)

    def _answer(self, answer: Answer, request: Request, *, cut: float = 1.0) -> None:
        message = message_of(answer, request)
        headers = {**self.server.api.headers, **answer.headers, "request-id": f"req_{request.number}"}
        if request.body.get("stream"):
            events = list(events_of(message))
            self._head(200, {**headers, "content-type": "text/event-stream", "transfer-encoding": "chunked"})
            for event in events[: max(1, int(len(events) * cut))]:
                self._chunk(event)
                if b"content_block_delta" in event:
                    self._served.spoke = self._served.spoke or time.monotonic()
                if self.server.api.gap:
                    time.sleep(self.server.api.gap)
                if b"content_block_delta" in event:
                    self.server.api.go_on.wait(60)
            if cut == 1.0:
                self._chunk(b"")
        else:
            body = json.dumps(message).encode()
            self._head(200, {**headers, "content-type": "application/json", "content-length": str(len(body))})
            self.wfile.write(body[: int(len(body) * cut)])
        self.wfile.flush()

    def _play(self, fault: Fault, request: Request) -> None:
        if fault.kind in STATUSES:
            self._fail(fault.kind, retry_after=fault.retry_after, message=fault.message)
        else:
            self.close_connection = True
            getattr(self, f"_play_{fault.kind}")(fault if fault.kind == "raw" else request)

    def _play_reset(self, request: Request) -> None:
        # A linger of nought seconds makes the kernel answer with RST.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def _play_truncated(self, request: Request) -> None:
        self._answer(Answer("This answer will be cut in the middle of what it says."), request, cut=0.6)
        self.connection.shutdown(socket.SHUT_WR)

    def _play_malformed(self, request: Request) -> None:
        body, kind = b'{"type": "message", "content": [', "application/json"
        if request.body.get("stream"):
            body, kind = b"event: message_start\ndata: {nothing\n\n", "text/event-stream"
        self._head(200, {"content-type": kind, "content-length": str(len(body))})
        self.wfile.write(body)

    def _play_raw(self, fault: Fault) -> None:
        self._plain(fault.message or "")

    def _plain(self, text: str, *, cut: float = 1.0) -> None:
        body = text.encode()
        self._head(200, {"content-type": "application/json", "content-length": str(len(body))})
        self.wfile.write(body[: int(len(body) * cut)])
        self.wfile.flush()

    def _play_error_event(self, request: Request) -> None:
        self._head(200, {"content-type": "text/event-stream", "transfer-encoding": "chunked"})
        for event in list(events_of(message_of(Answer("Half of"), request)))[:3]:
            self._chunk(event)
        error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
        self._chunk(event_of("error", error))
        self._chunk(b"")

    def _play_redirect(self, request: Request) -> None:
        self._head(307, {"location": "http://127.0.0.1:9/v1/messages", "content-length": "0"})

    def _play_hang(self, request: Request) -> None:
        self.server.api.stopped.wait(30)

    def _play_drip(self, request: Request) -> None:
        self._head(200, {"content-type": "application/json", "content-length": "100000"})
        while not self.server.api.stopped.wait(0.05):
            self.wfile.write(b" ")
            self.wfile.flush()

    def _fail(self, kind: str, *, retry_after: str | None = None, message: str | None = None) -> None:
        status, name, words = STATUSES[kind]
        headers = {} if retry_after is None else {"retry-after": retry_after}
        error = {"type": "error", "error": {"type": name, "message": message or words}}
        self._json(status, error, {**headers, "request-id": f"req_{kind}"})

    def _json(self, status: int, value: object, headers: Mapping[str, str] | None = None) -> None:
        body = json.dumps(value).encode()
        self._head(
            status, {"content-type": "application/json", "content-length": str(len(body)), **(headers or {})}
        )
        self.wfile.write(body)
        self.wfile.flush()

    def _head(self, status: int, headers: Mapping[str, str]) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))
        self.wfile.flush()
