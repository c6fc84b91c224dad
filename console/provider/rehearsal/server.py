"""The HTTP server of the stand-in: paths, headers and errors as the provider's API has them."""

from __future__ import annotations

import contextlib
import itertools
import json
import secrets
import socket
import socketserver
import threading
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from console.provider.rehearsal import batches
from console.provider.rehearsal.checking import Refused, check
from console.provider.rehearsal.model_list import BY_ID, described, page
from console.provider.rehearsal.shapes import PromptCache, events, input_tokens, message

LARGEST = 32 * 1024 * 1024
MARK = {"x-remit-rehearsal": "true"}
SAMPLE = "x-remit-sample"
BATCHES = "/v1/messages/batches"
BATCH_TAKES = 100  # times the latency of an answer
LIMITS = {"requests": 100_000, "input-tokens": 100_000_000, "output-tokens": 50_000_000}
# Keys that rehearse a failure, for seeing what it looks like. Every other key is accepted.
FAILING_KEYS = {
    "rehearse-refused": Refused("invalid x-api-key", 401, "authentication_error"),
    "rehearse-limited": Refused(
        "This request would exceed the rate limit of your organization.", 429, "rate_limit_error"
    ),
    "rehearse-overloaded": Refused("Overloaded", 529, "overloaded_error"),
    "rehearse-failed": Refused("Internal server error", 500, "api_error"),
}
RETRY_AFTER = {429: "1"}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "remit-rehearsal"
    wbufsize = -1
    timeout = 75  # seconds that an idle connection is kept
    server: RehearsalServer

    def log_message(self, format: str, *args: object) -> None:
        """Nothing of a conversation belongs in a log."""

    def do_GET(self) -> None:
        self._answer(self._get)

    def do_POST(self) -> None:
        self._answer(self._post)

    def _answer(self, handle: Any) -> None:
        try:
            handle(urlsplit(self.path))
        except Refused as refused:
            self._error(refused)
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def _get(self, url: Any) -> None:
        if url.path == "/healthz":
            self._json(200, {"status": "ok"})
            return
        self._authorise()
        if url.path == "/v1/models":
            self._json(200, page(parse_qs(url.query)))
        elif (
            url.path.startswith("/v1/models/")
            and (name := unquote(url.path.removeprefix("/v1/models/"))) in BY_ID
        ):
            self._json(200, described(BY_ID[name]))
        elif url.path.startswith("/v1/models/"):
            raise Refused(f"model: {unquote(url.path.removeprefix('/v1/models/'))}", 404, "not_found_error")
        elif url.path == BATCHES:
            self._json(200, self.server.batches.page(parse_qs(url.query)))
        elif url.path.startswith(f"{BATCHES}/"):
            self._batch(*url.path.removeprefix(f"{BATCHES}/").split("/", 1))
        else:
            raise Refused("Not found", 404, "not_found_error")

    def _batch(self, name: str, what: str = "") -> None:
        batch = self.server.batches.get(name)
        if what not in ("", "results"):
            raise Refused("Not found", 404, "not_found_error")
        if not what:
            self._json(200, batches.described(batch))
            return
        results = batches.lines(batch, lambda given, sample: message(given, self.server.cache, sample))
        first = next(results, b"")
        self._head(200, {"content-type": "application/binary", "transfer-encoding": "chunked"})
        for line in itertools.chain((first,), results):
            self._chunk(line)
        self._chunk(b"")

    def _post(self, url: Any) -> None:
        body = self._body()
        self._authorise()
        if url.path == "/v1/messages/count_tokens":
            self._json(200, {"input_tokens": input_tokens(check(body, counting=True))})
        elif url.path == "/v1/messages":
            self._message(check(body))
        elif url.path == BATCHES:
            self._json(200, self.server.batches.make(body, seconds=BATCH_TAKES * self.server.latency))
        elif url.path.startswith(f"{BATCHES}/") and url.path.endswith("/cancel"):
            name = url.path.removeprefix(f"{BATCHES}/").removesuffix("/cancel")
            self._json(200, self.server.batches.cancel(name))
        else:
            raise Refused("Not found", 404, "not_found_error")

    def _body(self) -> Any:
        length = self.headers.get("content-length", "")
        if self.path.endswith("/cancel") and length in ("", "0"):
            return None
        if not length.isdigit():
            self.close_connection = True
            raise Refused("body: a content-length is required")
        if int(length) > LARGEST:
            self.close_connection = True
            raise Refused("Request exceeds the maximum size", 413, "request_too_large")
        try:
            return json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError):
            raise Refused("The request body is not valid JSON") from None

    def _authorise(self) -> None:
        key = self.headers.get("x-api-key") or self.headers.get("authorization", "").removeprefix("Bearer ")
        if not key:
            raise Refused("x-api-key header is required", 401, "authentication_error")
        if key in FAILING_KEYS:
            raise FAILING_KEYS[key]
        if not self.headers.get("anthropic-version"):
            raise Refused("anthropic-version: header is required")

    def _message(self, request: Mapping[str, Any]) -> None:
        whole = message(request, self.server.cache, self._sample())
        time.sleep(self.server.latency)
        if request.get("stream"):
            self._stream(whole)
        else:
            self._json(200, whole)

    def _sample(self) -> int:
        """Which of several answers to the same request is wanted: no field of the API says it, and a model needs none."""
        given = self.headers.get(SAMPLE, "")
        return int(given) if given.isdecimal() and len(given) < 5 and int(given) else 1

    def _stream(self, whole: dict[str, Any]) -> None:
        self._head(
            200,
            {
                "content-type": "text/event-stream; charset=utf-8",
                "transfer-encoding": "chunked",
                "cache-control": "no-cache",
            },
        )
        for name, data in events(whole):
            if name == "content_block_delta":
                time.sleep(self.server.latency / 10)
            self._chunk(f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n".encode())
        self._chunk(b"")

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))
        self.wfile.flush()

    def _error(self, refused: Refused) -> None:
        name = _request_id()
        error = {
            "type": "error",
            "error": {"type": refused.kind, "message": refused.message},
            "request_id": name,
        }
        headers = {
            "request-id": name,
            **({"retry-after": RETRY_AFTER[refused.status]} if refused.status in RETRY_AFTER else {}),
        }
        self._json(refused.status, error, headers)

    def _json(self, status: int, value: object, headers: Mapping[str, str] | None = None) -> None:
        body = json.dumps(value).encode()
        self._head(
            status, {"content-type": "application/json", "content-length": str(len(body)), **(headers or {})}
        )
        self.wfile.write(body)
        self.wfile.flush()

    def _head(self, status: int, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {"request-id": _request_id(), **MARK, **self._limits(), **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def _limits(self) -> dict[str, str]:
        """Rate limits so wide that nobody meets them: the headers are there to be read."""
        stated: dict[str, str] = {}
        for name, limit in LIMITS.items():
            stated[f"anthropic-ratelimit-{name}-limit"] = str(limit)
            stated[f"anthropic-ratelimit-{name}-remaining"] = str(limit - 1)
            stated[f"anthropic-ratelimit-{name}-reset"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        return stated


def _request_id() -> str:
    return f"req_rehearsal_{next(_numbers)}_{_PROCESS}"


_numbers = itertools.count(1)
_PROCESS = secrets.token_hex(4)


class RehearsalServer(ThreadingHTTPServer):
    """Listens on a port of this machine, or on a UNIX socket."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 512

    def __init__(self, address: tuple[str, int] | Path, *, latency: float) -> None:
        self.latency = latency
        self.cache = PromptCache()
        self.batches = batches.Batches()
        if isinstance(address, Path):
            self.address_family = socket.AF_UNIX
            _clear(address)
            super().__init__(str(address), Handler)  # type: ignore[arg-type]
            address.chmod(0o600)
        else:
            super().__init__(address, Handler)

    def server_bind(self) -> None:
        if self.address_family != socket.AF_UNIX:
            super().server_bind()
            return
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "localhost", 0

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = self.socket.accept()
        if connection.family != socket.AF_UNIX:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection, address or ("local", 0)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is nothing to report; anything else is."""
        import sys

        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


def _clear(path: Path) -> None:
    """Remove the socket that a killed process left behind, and only that."""
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            with contextlib.suppress(FileNotFoundError):
                path.unlink()
        else:
            raise FileExistsError("another process listens there")


def serve(server: RehearsalServer) -> threading.Thread:
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True)
    thread.start()
    return thread
