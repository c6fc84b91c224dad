"""Counts of requests, for Prometheus. What the database knows is counted at the scrape (home/metrics.py)."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import lru_cache

from django.http import HttpRequest, HttpResponseBase
from prometheus_client import Counter, Gauge, Histogram

REQUESTS = Counter("remit_http_requests_total", "Answered requests.", ["method", "page", "status"])
SECONDS = Histogram(
    "remit_http_request_seconds",
    "Time to the answer's first byte.",
    ["page"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
STREAMS = Gauge(
    "remit_live_streams", "Open streams of live updates in this process.", multiprocess_mode="livesum"
)
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


class MetricsMiddleware:
    """Labels are names of pages, never addresses: their number is bounded whatever is asked for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        begun = time.perf_counter()
        response = self.get_response(request)
        page = request.resolver_match.view_name if request.resolver_match else "none"
        method = request.method if request.method in METHODS else "other"
        requests, seconds = _series(method, page, response.status_code)
        requests.inc()
        seconds.observe(time.perf_counter() - begun)
        return response


@lru_cache(maxsize=4096)
def _series(method: str, page: str, status: int) -> tuple[Counter, Histogram]:
    """Prometheus's own way to them takes a lock and checks the labels: a tenth of what a fetch costs."""
    return REQUESTS.labels(method, page, str(status)), SECONDS.labels(page)
