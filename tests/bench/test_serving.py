"""Fetching an approved configuration against a bare Django view on the same server (``make bench``).

Rounds take turns, so that whatever else the machine does meets all of them alike; what is compared is the median of the
rounds' own ratios, by requests a second and by the processor time that a request took.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import StringIO

import psutil
import pytest

from console.accounts.tokens import create_token
from console.embedded import parts
from console.embedded.layout import REPOSITORY
from console.embedded.processes import wait_until
from tests import live
from tests.console.api.program import team, two_releases  # noqa: F401 (a fixture)

ROUNDS, SECONDS, CONNECTIONS = 5, 2.0, 8
GOAL = 0.5


@dataclass(frozen=True, slots=True)
class Measured:
    rate: float  # answers a second
    cpu: float  # microseconds of the server's processor time an answer


@contextmanager
def bare_site() -> Iterator[int]:
    port = live.free_port()
    command = [*parts.web(port)[:-1], "tests.bench.bare:application"]
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    with subprocess.Popen(
        [sys.executable, *command],
        cwd=REPOSITORY,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            assert wait_until(lambda: _answers(f"http://127.0.0.1:{port}/bare"), within=30)
            yield port
        finally:
            server.terminate()


def _answers(url: str) -> bool:
    try:
        return bool(urllib.request.urlopen(url, timeout=2).status == 200)
    except OSError:
        return False


def measure(port: int, path: str, *headers: str, status: str) -> Measured:
    server = _processes_at(port)
    before = _processor_time(server)
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.load", str(port), path, str(SECONDS), str(CONNECTIONS), *headers],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    took = _processor_time(server) - before
    said = json.loads(done.stdout)
    assert set(said["statuses"]) == {status}, said
    return Measured(said["statuses"][status] / said["seconds"], took / said["statuses"][status] * 1e6)


def _processes_at(port: int) -> list[psutil.Process]:
    found = [
        process
        for process in psutil.process_iter(["cmdline"])
        if "granian" in (process.info["cmdline"] or []) and str(port) in process.info["cmdline"]
    ]
    return list({p.pid: p for top in found for p in (top, *top.children(recursive=True))}.values())


def _processor_time(processes: list[psutil.Process]) -> float:
    return sum(sum(process.cpu_times()[:2]) for process in processes)


@pytest.mark.bench
@pytest.mark.django_db(transaction=True)
def test_serving_is_at_least_half_as_fast_as_a_bare_view(live_site, team):  # noqa: F811
    two_releases(team)
    _, secret = create_token(member=team["admin"], name="bench", scopes=["aria@production"], expires_at=None)
    path, bearer = "/api/v1/prompts/aria/production", f"Authorization: Bearer {secret}"
    port = int(live_site.url.rpartition(":")[2])
    request = urllib.request.Request(live_site.url + path, headers={"Authorization": f"Bearer {secret}"})
    etag = urllib.request.urlopen(request).headers["ETag"]
    with bare_site() as bare_port:
        rounds = []
        for _ in range(ROUNDS):
            bare = measure(bare_port, "/bare", status="200")
            full = measure(port, path, bearer, status="200")
            same = measure(port, path, bearer, f"If-None-Match: {etag}", status="304")
            rounds.append((bare, full, same))
    table = StringIO()
    print(f"\nserving, {ROUNDS} rounds of {SECONDS:.0f} s, {CONNECTIONS} connections", file=table)
    for name, index in (("bare view", 0), ("200", 1), ("304", 2)):
        rate = statistics.median(each[index].rate for each in rounds)
        cpu = statistics.median(each[index].cpu for each in rounds)
        by_rate = statistics.median(each[index].rate / each[0].rate for each in rounds)
        by_cpu = statistics.median(each[0].cpu / each[index].cpu for each in rounds)
        print(
            f"  {name:10} {rate:7.0f}/s {cpu:6.0f} us CPU   {by_rate:.2f} x the bare view, {by_cpu:.2f} x by CPU",
            file=table,
        )
    print(table.getvalue())
    for index in (1, 2):
        assert statistics.median(each[index].rate / each[0].rate for each in rounds) >= GOAL, table.getvalue()
