"""Several web processes: their counts add up wherever the scrape lands; with the extra ``otel``, their traces leave."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from prometheus_client.parser import text_string_to_metric_families

from console.embedded.processes import wait_until
from tests import live

ASKED = 30
TOKEN = {"Authorization": "Bearer open sesame"}
HAS_TRACES = importlib.util.find_spec("opentelemetry.exporter") is not None


@contextmanager
def collector() -> Iterator[tuple[str, list[bytes]]]:
    """What takes OTLP over HTTP: the bodies that were sent to /v1/traces."""
    bodies: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(
                self.rfile.read(int(self.headers["Content-Length"])) if self.path == "/v1/traces" else b""
            )
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", bodies
    finally:
        server.shutdown()
        server.server_close()


def ask(port: int, path: str) -> str:
    """By a connection of its own: either process may take it."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path, headers=TOKEN)
        answer = connection.getresponse()
        assert answer.status == 200
        return answer.read().decode()
    finally:
        connection.close()


def answered(port: int) -> float:
    """How often /healthz was answered, as whichever process says that happens to answer."""
    families = {family.name: family for family in text_string_to_metric_families(ask(port, "/metrics"))}
    found = families["remit_http_requests"].samples
    return sum(sample.value for sample in found if sample.labels.get("page") == "home:healthz")


@pytest.mark.django_db(transaction=True)
def test_counts_of_two_processes_are_one_and_traces_leave(
    django_db_setup: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REMIT_WEB_PROCESSES", "2")  # read where the command line is made
    with collector() as (there, bodies):
        settings = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path), "REMIT_METRICS_TOKEN": "open sesame"}
        if HAS_TRACES:
            settings |= {"OTEL_EXPORTER_OTLP_ENDPOINT": there, "OTEL_BSP_SCHEDULE_DELAY": "200"}
        with live.site(**settings) as site:
            port, asked = int(site.url.rpartition(":")[2]), 0
            begun = answered(port)
            while (
                len(list(tmp_path.glob("counter_*.db"))) < 2 or asked < ASKED
            ):  # the second may still be starting
                ask(port, "/healthz")
                asked += 1
                assert asked < 50_000, "the second process never answered"
            assert {answered(port) for _ in range(10)} == {begun + asked}
            if HAS_TRACES:
                assert wait_until(lambda: any(b"remit-web" in body for body in bodies), within=20, every=0.1)
