"""How near the run engine comes to the limit that latency and concurrency set, database writes included.

    python -m tests.bench.run_engine [--calls 800] [--latency 0.3] [--concurrency 32] [--workers 1]

The endpoint is a server of its own in this process; the run is `manage.py run_suite` with workers of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import tests.environment  # noqa: F401 (a database of its own, before anything reads settings)
from tests import services
from tests.messages_api import MessagesAPI, messages_api

REPOSITORY = Path(__file__).resolve().parents[2]
PROMPT = "You are Aria, the assistant of Meridian Bank. Answer from the product pages, briefly and kindly."


@dataclass(frozen=True, slots=True)
class Measured:
    calls: int
    seconds: float  # first call's start to last call's end, as the endpoint saw them
    limit: float
    most_in_flight: int
    cpu: float  # seconds of all worker processes
    memory: int  # MB, the most that the command and its workers held together
    exit_code: int


def measure(
    *, scenarios: int, turns: int, latency: float, concurrency: int, workers: int, limit: float
) -> Measured:
    with messages_api(latency=latency, key=None) as api, tempfile.TemporaryDirectory() as folder:
        suite, prompt = Path(folder, "suite.jsonl"), Path(folder, "prompt.txt")
        prompt.write_text(PROMPT)
        says = [{"user": f"Question {turn}: what does a transfer cost?"} for turn in range(turns)]
        expect = [
            {"turn": "last", "kind": "contains", "value": "answer"},
            {"turn": "any", "kind": "no_refusal", "value": True},
        ]
        suite.write_text(
            "\n".join(
                json.dumps({"id": f"s{n}", "title": f"Scenario {n}", "turns": says, "expect": expect})
                for n in range(scenarios)
            )
        )
        command = [
            sys.executable, "manage.py", "run_suite", "--suite", str(suite), "--revision", str(prompt),
            "--model", "claude-sonnet-5-5", "--concurrency", str(concurrency), "--workers", str(workers),
            "--base-url", api.url, "--format", "json", "--wait",
        ]  # fmt: skip
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        process = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
        memory = _Memory(process.pid)
        output, _ = process.communicate()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        report = json.loads(output)
        assert report["totals"]["calls"] == len(api.calls) == scenarios * turns, (
            report["totals"],
            len(api.calls),
        )
        return Measured(
            calls=len(api.calls),
            seconds=_span(api),
            limit=limit,
            most_in_flight=api.max_in_flight,
            cpu=after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
            memory=memory.stop(),
            exit_code=process.returncode,
        )


def _span(api: MessagesAPI) -> float:
    return max(call.ended for call in api.calls) - min(call.started for call in api.calls)


class _Memory(threading.Thread):
    """The most memory that a process and its children held together."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid, self._most, self._stopping = pid, 0, threading.Event()
        self.start()

    def run(self) -> None:
        import psutil

        while not self._stopping.wait(0.2):
            try:
                root = psutil.Process(self._pid)
                held = sum(process.memory_info().rss for process in (root, *root.children(recursive=True)))
            except psutil.Error:
                continue
            self._most = max(self._most, held)

    def stop(self) -> int:
        self._stopping.set()
        return self._most // 1_000_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=800)
    parser.add_argument("--latency", type=float, default=0.3)
    parser.add_argument("--concurrency", type=int, default=32)
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args()
    os.environ["PYTHONPATH"] = str(REPOSITORY)
    os.environ["REMIT_REHEARSAL_URL"] = "http://127.0.0.1:9"  # nobody asks it here
    with services.running():
        services.make_database()
        common = {"latency": given.latency, "concurrency": given.concurrency, "workers": given.workers}
        ideal = given.calls * given.latency / given.concurrency
        _print(
            f"{given.calls} calls, single turn",
            measure(scenarios=given.calls, turns=1, limit=ideal, **common),
        )
        waves = -(-100 // given.concurrency) * 5 * given.latency
        _print(
            "100 conversations x 5 turns, in waves", measure(scenarios=100, turns=5, limit=waves, **common)
        )
        print(f"  (the calls' own limit: {500 * given.latency / given.concurrency:.2f} s)")


def _print(name: str, found: Measured) -> None:
    print(
        f"{name}: {found.seconds:.2f} s = {found.seconds / found.limit:.3f} x the limit of {found.limit:.2f} s;"
        f" at most {found.most_in_flight} in flight, {found.cpu / found.calls * 1000:.1f} ms CPU a call"
        f" (start included), {found.memory} MB, exit {found.exit_code}"
    )


if __name__ == "__main__":
    started = time.monotonic()
    main()
    print(f"measured in {time.monotonic() - started:.0f} s")
