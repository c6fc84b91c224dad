"""The console's own processes as command lines for this Python: `make up` and the tests run the same."""

from __future__ import annotations

import http.client
import os
from pathlib import Path

from console.embedded.layout import EmbeddedError

WEB_THREADS = 64  # half may hold live streams, see REMIT_STREAMS
SPARE_THREADS = 4  # of a worker, beside the calls it has in flight: sweeps and short work


def host() -> str:
    return os.environ.get("REMIT_HOST") or "127.0.0.1"


def port() -> int:
    given = os.environ.get("PORT") or "8000"
    if not (given.isascii() and given.isdecimal() and 0 < int(given) < 65536):
        raise EmbeddedError(f"PORT is {given!r}, and a port is a number from 1 to 65535: PORT=8000 make up.")
    return int(given)


def address() -> str:
    """Where people find the console."""
    return os.environ.get("REMIT_URL") or f"http://{_reached_at()}:{port()}"


def web_answers(port: int) -> bool:
    """Whether the web server serves: a refused host name or a redirect to https is an answer, too."""
    connection = http.client.HTTPConnection(_reached_at(), port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _reached_at() -> str:
    """A host to connect to: a server on every address is on this one, too."""
    if host() in {"0.0.0.0", "::"}:  # noqa: S104
        return "127.0.0.1"
    return f"[{host()}]" if ":" in host() else host()


def web(port: int, host: str = "127.0.0.1") -> list[str]:
    """Granian's WSGI mode: one process, since the streams of a process share one LISTEN connection."""
    return [
        "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port),
        "--workers", os.environ.get("REMIT_WEB_PROCESSES") or "1",
        "--blocking-threads", str(WEB_THREADS), "--backpressure", str(WEB_THREADS * 8),
        "--backlog", "1024", "--respawn-failed-workers", "--workers-kill-timeout", "5", "--no-ws",
        "console.wsgi:application",
    ]  # fmt: skip


def worker(*, beat: bool = False) -> list[str]:
    """Calls to a model wait for the network: threads serve better than processes."""
    return [
        *_CELERY, "worker", "--pool", "threads", "--concurrency", str(int(os.environ.get("REMIT_CALLS") or 32) + SPARE_THREADS),
        "--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "INFO",
        *(["--beat", *_SCHEDULER] if beat else []),
    ]  # fmt: skip


def beat() -> list[str]:
    return [*_CELERY, "beat", *_SCHEDULER, "--pidfile", "", "--loglevel", "INFO"]


def rehearsal(socket: Path) -> list[str]:
    return ["-m", "console.provider.rehearsal", "--uds", str(socket)]


_CELERY = ["-m", "celery", "-A", "console.celery:app"]
# Kept in memory: its file would be one more thing that a kill can spoil, and sweeps may come twice or late. (Never give
# it a file that is not its own: one that it cannot read it deletes.)
_SCHEDULER = ["--scheduler", "celery.beat:Scheduler"]
