"""A request to an address that somebody typed: no way into the network that Remit stands in.

The name is looked up once, every address that comes back is checked, and the connection goes to a checked one, so that
a name that answers differently the second time (DNS rebinding) leads nowhere. No redirect is followed. The whole
request has one deadline, and little of the answer is read.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings

from console.problems import Invalid
from console.provider.addresses import is_public

DEADLINE = 10.0  # seconds from connecting to the last byte that is read
MOST_READ = 4_000  # bytes of an answer


Hold = Callable[[socket.socket], None]


class Undelivered(Exception):
    """No answer came, or none was asked for; says why in one sentence."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes; ``trusted`` when the deployment's configuration names its origin."""

    scheme: str
    host: str
    port: int
    path: str
    trusted: bool


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    text: str


def target_of(url: str) -> Target:
    """The parts of an address that may be called. Raises Invalid."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme, 0)
        host = (parts.hostname or "").encode("idna").decode()
    except (ValueError, UnicodeError):
        raise _unusable("it is no address") from None
    if any(ord(sign) <= 32 or ord(sign) > 126 for sign in url):
        raise _unusable("it holds a space, or a sign that addresses spell otherwise")
    if parts.scheme not in {"https", "http"} or not host:
        raise _unusable("it must start with https:// and name a host")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise _unusable("it must hold no user name, password or fragment")
    trusted = f"{parts.scheme}://{parts.netloc.lower()}" in settings.REMIT_WEBHOOK_ORIGINS
    if parts.scheme == "http" and not trusted:
        raise _unusable("it must start with https://, since what is sent could be read on the way")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port, path, trusted)


def checked_addresses(target: Target) -> list[str]:
    """The addresses of the target, each of which may be called. Raises Undelivered."""
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Undelivered(f"The name {target.host} is not known.") from None
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not target.trusted and not all(is_public(address) for address in addresses):
        raise Undelivered(
            f"{target.host} is inside this network, and only what REMIT_WEBHOOK_ORIGINS names may be called there."
        )
    return addresses[:4]


def post(url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Send ``body``; the answer, whatever its status. Raises Undelivered."""
    try:
        target = target_of(url)
    except Invalid as error:
        raise Undelivered(str(error)) from None
    began = time.monotonic()
    try:
        with _cut_after(DEADLINE) as hold, _connected(target, hold) as connection:
            connection.request("POST", target.path, body, {"Host": _host_of(target), **headers})
            response = connection.getresponse()
            return Answer(response.status, response.read(MOST_READ).decode("utf-8", "replace"))
    except (OSError, http.client.HTTPException, ValueError) as error:
        if time.monotonic() >= began + DEADLINE - 0.05:
            raise Undelivered(f"No whole answer came within {DEADLINE:.0f} seconds.") from None
        raise Undelivered(_said(error)) from None


def _host_of(target: Target) -> str:
    host = f"[{target.host}]" if ":" in target.host else target.host
    usual = {"https": 443, "http": 80}[target.scheme]
    return host if target.port == usual else f"{host}:{target.port}"


@contextmanager
def _connected(target: Target, hold: Hold) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection(target.host, target.port)
    connection.sock = _open(target, hold)
    try:
        yield connection
    finally:
        connection.close()


def _open(target: Target, hold: Hold) -> socket.socket:
    """A socket to the first checked address that answers, with TLS for the name that was typed."""
    plain = _plain(target)
    hold(plain)
    if target.scheme == "http":
        return plain
    secured = ssl.create_default_context().wrap_socket(
        plain, server_hostname=target.host, do_handshake_on_connect=False
    )
    hold(secured)
    try:
        secured.do_handshake()
    except BaseException:
        secured.close()
        raise
    return secured


def _plain(target: Target) -> socket.socket:
    problem = OSError("no address")
    for address in checked_addresses(target):
        try:
            return socket.create_connection((address, target.port), DEADLINE / 2)
        except OSError as error:
            problem = error
    raise problem


@contextmanager
def _cut_after(seconds: float) -> Iterator[Hold]:
    """End the connection then, whatever it is at: timeouts of sockets count from byte to byte, so that a peer who sends
    one now and then would hold the thread.
    """
    held: list[socket.socket] = []
    late = threading.Event()

    def hold(sock: socket.socket) -> None:
        held.append(sock)
        if late.is_set():
            cut()

    def cut() -> None:
        late.set()
        with suppress(OSError, IndexError):
            held[-1].shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield hold
        if late.is_set():  # to whoever was reading, the cut looked like the end of the answer
            raise TimeoutError
    finally:
        timer.cancel()


def _said(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"The certificate can't be trusted: {error.verify_message}."
    if isinstance(error, ConnectionRefusedError):
        return "Nobody listens there."
    if isinstance(error, http.client.HTTPException):
        return "What was answered is not HTTP."
    return f"The connection failed: {getattr(error, 'strerror', None) or type(error).__name__}."


def _unusable(why: str) -> Invalid:
    return Invalid(f"This address can't be called: {why}.", "Correct it.")
