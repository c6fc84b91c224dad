"""HTTP with one deadline for the whole call.

The SDK's timeouts are per socket operation: a peer that sends a byte now and then holds a thread for as long as it
likes, and threads cannot be killed. Here the timeout given to a request bounds it from connect to the last byte.
"""

from __future__ import annotations

import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpcore2
import httpx2

from console.provider.addresses import Forbidden, checked_addresses
from console.provider.errors import ProviderError
from console.provider.gate import Gate
from console.provider.stopping import Stop

KEPT = 30.0  # seconds for which a connection is kept that nobody uses
KEEP_ALIVE = [
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    *(
        (socket.IPPROTO_TCP, getattr(socket, name), value)
        for name, value in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 60), ("TCP_KEEPCNT", 5))
        if hasattr(socket, name)
    ),
]

# .until: the monotonic time at which the call of this thread is over; .stop: what may end it before; .passage: what its
# requests pass first
_call = threading.local()


@contextmanager
def stoppable(stop: Stop | None) -> Iterator[None]:
    """Requests that this thread sends in the body end when ``stop`` is asked for, and so do their answers."""
    _call.stop = stop
    try:
        yield
    finally:
        _call.stop = None


@dataclass(slots=True)
class Passage:
    """``waited``: seconds at the gate, which are none of the provider's."""

    gate: Gate | None
    waited: float = 0.0


@contextmanager
def through(gate: Gate | None) -> Iterator[Passage]:
    """Requests that this thread sends in the body pass ``gate`` first, and leave it when their answer has been read."""
    _call.passage = Passage(gate)
    try:
        yield _call.passage
    finally:
        _call.passage = None


def _remaining(timeout: float | None, late: type[Exception]) -> float | None:
    until = getattr(_call, "until", None)
    if until is None:
        return timeout
    left: float = until - time.monotonic()
    if left <= 0:
        raise late("the deadline of the call has passed")
    return left if timeout is None else min(timeout, left)


class _Stream(httpcore2.NetworkStream):
    def __init__(self, inner: httpcore2.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        left = _remaining(timeout, httpcore2.ReadTimeout)
        stop: Stop | None = getattr(_call, "stop", None)
        if stop is None:
            return self._inner.read(max_bytes, left)
        with stop.cutting(self._inner.get_extra_info("socket")):
            if stop.asked:
                raise httpcore2.ReadError("the call was stopped")
            return self._inner.read(max_bytes, left)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _remaining(timeout, httpcore2.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> _Stream:
        left = _remaining(timeout, httpcore2.ConnectTimeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Backend(httpcore2.NetworkBackend):
    """``guarded``: connects to public machines only, to the very addresses that were checked."""

    def __init__(self, *, guarded: bool) -> None:
        self._inner = httpcore2.SyncBackend()
        self._guarded = guarded

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> _Stream:
        return _Stream(self._connect(host, port, timeout, local_address, socket_options))

    def _connect(self, host: str, port: int, timeout: float | None, *rest: Any) -> httpcore2.NetworkStream:
        try:
            addresses = checked_addresses(host, port) if self._guarded else [host]
        except Forbidden as error:
            raise ProviderError("forbidden_address", detail=str(error)) from None
        except OSError as error:
            raise httpcore2.ConnectError(str(error)) from error
        for number, address in enumerate(addresses, 1):
            try:
                left = _remaining(timeout, httpcore2.ConnectTimeout)
                return self._inner.connect_tcp(address, port, left, *rest)
            except httpcore2.ConnectError:
                if number == len(addresses):
                    raise
        raise httpcore2.ConnectError(f"{host} has no address")

    def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> _Stream:
        left = _remaining(timeout, httpcore2.ConnectTimeout)
        return _Stream(self._inner.connect_unix_socket(path, left, socket_options))

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class _Body(httpx2.SyncByteStream):
    """A response body whose every chunk is bound by the deadline and the stop, whichever thread reads it."""

    def __init__(
        self, chunks: Iterable[bytes], until: float | None, stop: Stop | None, done: Callable[[], None]
    ) -> None:
        self._chunks = chunks
        self._until = until
        self._stop = stop
        self._done: Callable[[], None] | None = done

    def __iter__(self) -> Iterator[bytes]:
        chunks = iter(self._chunks)
        while True:
            _call.until, _call.stop = self._until, self._stop
            try:
                chunk = next(chunks)
            except StopIteration:
                return
            finally:
                _call.until = _call.stop = None
            yield chunk

    def close(self) -> None:
        if hasattr(self._chunks, "close"):
            self._chunks.close()
        done, self._done = self._done, None
        if done is not None:
            done()


class DeadlineTransport(httpx2.BaseTransport):
    """Sends requests; the read timeout of each is the deadline of everything.

    A request has a pool of one connection to itself, and whoever comes next takes the one that was used last. A pool
    for all looks at each of its connections, under one lock, when a request begins and when it ends: of 32 threads most
    would wait for that lock.
    """

    def __init__(self, opened: Callable[[], httpcore2.ConnectionPool]) -> None:
        self._opened = opened
        self._idle: deque[tuple[float, httpcore2.ConnectionPool]] = (
            deque()
        )  # since when; the newest is the last

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        passage: Passage | None = getattr(_call, "passage", None)
        gate = passage.gate if passage else None
        if passage and gate:
            passage.waited += gate.enter()
        seconds = request.extensions.get("timeout", {}).get("read")
        until = None if seconds is None else time.monotonic() + seconds
        pool = self._take()
        done = partial(self._put_back, pool, gate)
        _call.until = until
        try:
            response = pool.handle_request(_core_request(request))
        except BaseException:
            done()
            raise
        finally:
            _call.until = None
        stop = getattr(_call, "stop", None)
        return httpx2.Response(
            status_code=response.status,
            headers=response.headers,
            stream=_Body(response.stream, until, stop, done),  # type: ignore[arg-type]
            extensions=response.extensions,
        )

    def _take(self) -> httpcore2.ConnectionPool:
        try:
            return self._idle.pop()[1]
        except IndexError:
            return self._opened()

    def _put_back(self, pool: httpcore2.ConnectionPool, gate: Gate | None) -> None:
        if gate is not None:
            gate.leave()
        now = time.monotonic()
        self._idle.append((now, pool))
        with suppress(IndexError):  # another thread took the last one meanwhile
            while self._idle[0][0] < now - KEPT:
                self._idle.popleft()[1].close()

    def close(self) -> None:
        with suppress(IndexError):
            while True:
                self._idle.pop()[1].close()


def _core_request(request: httpx2.Request) -> httpcore2.Request:
    url = request.url
    return httpcore2.Request(
        method=request.method,
        url=httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
        headers=request.headers.raw,
        content=request.stream,
        extensions=request.extensions,
    )


def open_transport(
    base_url: str, *, socket_path: str | None = None, guarded: bool = False
) -> DeadlineTransport:
    """A transport for ``base_url``, through the proxy that the environment names for it, or through a UNIX socket.

    ``guarded``: to public addresses only. A proxy is the deployment's own guard: it looks names up itself.
    """
    parts = urlsplit(base_url)
    options: dict[str, Any] = {
        "max_connections": 1,
        "keepalive_expiry": KEPT,
        "network_backend": _Backend(guarded=False),
    }
    if parts.scheme == "https":
        options["ssl_context"] = httpx2.create_ssl_context()
    if socket_path:
        return DeadlineTransport(partial(httpcore2.ConnectionPool, uds=socket_path, **options))
    options["socket_options"] = KEEP_ALIVE
    proxy = None if proxy_bypass(parts.hostname or "") else getproxies().get(parts.scheme)
    if proxy:
        return DeadlineTransport(partial(httpcore2.HTTPProxy, proxy_url=proxy, **options))
    # Names are looked up when a connection is made.
    options["network_backend"] = _Backend(guarded=guarded)
    return DeadlineTransport(partial(httpcore2.ConnectionPool, **options))
