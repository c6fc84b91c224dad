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
import json
import random
import socket
import struct
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.message_batches import Batches

KEY = "test-key"
STATUSES = {
    "bad_request": (400, "invalid_request_error", "max_tokens: must be at least 1"),
    "refused_key": (401, "authentication_error", "invalid x-api-key"),
    "not_found": (404, "not_found_error", "model: nobody-1"),
    "too_large": (413, "request_too_large", "Request exceeds the maximum size"),
    "limited": (429, "rate_limit_error", "This request would exceed your rate limit"),
    "server": (500, "api_error", "Internal server error"),
    "overloaded": (529, "overloaded_error", "Overloaded"),
}
# Kinds without a status of their own: reset (RST instead of an answer), truncated (half the answer, then closed),
# malformed (200 with what is no message), error_event (an error in the middle of a stream), redirect, hang (no answer
# until the client gives up), drip (an answer a byte at a time), raw (200 with ``message`` as the whole body).


@dataclass(frozen=True, slots=True)
class Fault:
    kind: str
    retry_after: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Faults:
    """Shares of calls that fail."""

    limited: float = 0.0
    overloaded: float = 0.0
    server: float = 0.0
    reset: float = 0.0
    truncated: float = 0.0
    malformed: float = 0.0
    seed: int = 1
    retry_after: str | None = "1"

    def draw(self, number: int) -> Fault | None:
        value = random.Random(f"{self.seed}/{number}").random()
        for kind in ("limited", "overloaded", "server", "reset", "truncated", "malformed"):
            value -= getattr(self, kind)
            if value < 0:
                return Fault(kind, self.retry_after if kind == "limited" else None)
        return None


@dataclass(frozen=True, slots=True)
class Request:
    """One call as the server read it. ``number`` counts from 1."""

    number: int
    body: Mapping[str, Any]
    headers: Mapping[str, str]

    @property
    def system(self) -> str:
        system = self.body.get("system", "")
        return system if isinstance(system, str) else "".join(block["text"] for block in system)

    @property
    def last_text(self) -> str:
        return _text(self.body["messages"][-1]["content"])

    @property
    def turn(self) -> int:
        """User messages so far that say something, tool results not counted."""
        return sum(
            1 for message in self.body["messages"] if message["role"] == "user" and _text(message["content"])
        )


@dataclass(frozen=True, slots=True)
class Answer:
    text: str = "Hello."
    tool_uses: tuple[tuple[str, Mapping[str, Any]], ...] = ()  # (name, input)
    stop_reason: str | None = None
    refusal: Mapping[str, Any] | None = None  # {"category": …, "explanation": …}
    usage: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Served:
    """One call and what became of it, listed as soon as it arrives. ``outcome``: "ok" or the kind of fault."""

    request: Request
    started: float
    fault: Fault | None = None
    outcome: str = "begun"
    ended: float | None = None


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
            return {"type": "succeeded", "message": _message(answer, request)}
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
        super().__init__(address, _Handler)

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


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

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
                    "data": [_model(name) for name in api.models],
                    "has_more": False,
                    "first_id": None,
                    "last_id": None,
                },
            )
        else:
            self._fail("not_found")

    def do_POST(self) -> None:
        api = self.server.api
        body = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))) or b"{}")
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
        served = api.begin(body, {name.lower(): value for name, value in self.headers.items()})
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
        message = _message(answer, request)
        headers = {**self.server.api.headers, **answer.headers, "request-id": f"req_{request.number}"}
        if request.body.get("stream"):
            events = list(_events(message))
            self._head(200, {**headers, "content-type": "text/event-stream", "transfer-encoding": "chunked"})
            for event in events[: max(1, int(len(events) * cut))]:
                self._chunk(event)
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
        for event in list(_events(_message(Answer("Half of"), request)))[:3]:
            self._chunk(event)
        error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
        self._chunk(_event("error", error))
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


def _text(content: object) -> str:
    if isinstance(content, str):
        return content
    return "".join(block["text"] for block in content if block["type"] == "text")  # type: ignore[attr-defined]


def _message(answer: Answer, request: Request) -> dict[str, Any]:
    content: list[dict[str, Any]] = [{"type": "text", "text": answer.text}] if answer.text else []
    for index, (name, given) in enumerate(answer.tool_uses):
        content.append(
            {"type": "tool_use", "id": f"toolu_{request.number}_{index}", "name": name, "input": given}
        )
    stop = answer.stop_reason or (
        "refusal" if answer.refusal else "tool_use" if answer.tool_uses else "end_turn"
    )
    return {
        "id": f"msg_{request.number}",
        "type": "message",
        "role": "assistant",
        "model": request.body["model"],
        "content": content,
        "stop_reason": stop,
        "stop_sequence": None,
        "stop_details": {"type": "refusal", **answer.refusal} if answer.refusal else None,
        "usage": {
            "input_tokens": len(json.dumps(request.body["messages"])) // 4,
            "output_tokens": max(1, len(answer.text) // 4),
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            **answer.usage,
        },
    }


def _events(message: dict[str, Any]) -> Iterator[bytes]:
    usage = message["usage"]
    start = {
        **message,
        "content": [],
        "stop_reason": None,
        "stop_details": None,
        "usage": {**usage, "output_tokens": 1},
    }
    yield _event("message_start", {"message": start})
    for index, block in enumerate(message["content"]):
        is_text = block["type"] == "text"
        empty = {**block, "text": ""} if is_text else {**block, "input": {}}
        yield _event("content_block_start", {"index": index, "content_block": empty})
        pieces = _pieces(block["text"] if is_text else json.dumps(block["input"]))
        for piece in pieces:
            delta = (
                {"type": "text_delta", "text": piece}
                if is_text
                else {"type": "input_json_delta", "partial_json": piece}
            )
            yield _event("content_block_delta", {"index": index, "delta": delta})
        yield _event("content_block_stop", {"index": index})
    stop = {name: message[name] for name in ("stop_reason", "stop_sequence", "stop_details")}
    yield _event("message_delta", {"delta": stop, "usage": {"output_tokens": usage["output_tokens"]}})
    yield _event("message_stop", {})


def _pieces(text: str, size: int = 12) -> Iterator[str]:
    return (text[start : start + size] for start in range(0, len(text), size))


def _event(name: str, data: dict[str, Any]) -> bytes:
    return f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n".encode()


def _model(name: str) -> dict[str, Any]:
    return {
        "type": "model",
        "id": name,
        "display_name": name.title(),
        "created_at": "2026-09-01T00:00:00Z",
        "lifecycle": "active",
    }


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
