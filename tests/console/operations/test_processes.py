"""Several web processes: their counts add up wherever the scrape lands; with the extra ``otel``, their traces leave."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx2
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


def answered(url: str) -> float:
    """How often /healthz was answered, as the process says that happens to answer."""
    with httpx2.Client(headers=TOKEN) as client:  # a connection of its own: any process may take it
        body = client.get(f"{url}/metrics").text
    families = {family.name: family for family in text_string_to_metric_families(body)}
    found = [
        s.value for s in families["remit_http_requests"].samples if s.labels.get("page") == "home:healthz"
    ]
    return sum(found)


@pytest.mark.django_db(transaction=True)
def test_counts_of_two_processes_are_one_and_traces_leave(django_db_setup: None, tmp_path: Path) -> None:
    with collector() as (there, bodies):
        settings = {
            "REMIT_WEB_PROCESSES": "2",
            "PROMETHEUS_MULTIPROC_DIR": str(tmp_path),
            "REMIT_METRICS_TOKEN": "open sesame",
            **(
                {"OTEL_EXPORTER_OTLP_ENDPOINT": there, "OTEL_BSP_SCHEDULE_DELAY": "200"} if HAS_TRACES else {}
            ),
        }
        with live.site(**settings) as site:
            begun, asked = answered(site.url), 0
            while (
                len(list(tmp_path.glob("counter_*.db"))) < 2 or asked < ASKED
            ):  # the second one may still be starting
                assert httpx2.get(f"{site.url}/healthz").status_code == 200
                asked += 1
                assert asked < 5_000, "the second process never answered"
            # Whichever of the two answers, it says the same.
            assert {answered(site.url) for _ in range(10)} == {begun + asked}
            if HAS_TRACES:
                assert wait_until(lambda: any(b"remit-web" in body for body in bodies), within=20, every=0.1)
