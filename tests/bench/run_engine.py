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
import time
from pathlib import Path

import tests.environment  # noqa: F401 (a database of its own, before anything reads settings)
from tests import services
from tests.bench import promptfoo
from tests.bench.measured import Measured, Memory, load, span
from tests.messages_api import messages_api

REPOSITORY = Path(__file__).resolve().parents[2]
PROMPT = "You are Aria, the assistant of Meridian Bank. Answer from the product pages, briefly and kindly."


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
        memory = Memory(process.pid)
        output, _ = process.communicate()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        report = json.loads(output)
        assert report["totals"]["calls"] == len(api.calls) == scenarios * turns, (
            report["totals"],
            len(api.calls),
        )
        return Measured(
            calls=len(api.calls),
            seconds=span(api),
            limit=limit,
            most_in_flight=api.max_in_flight,
            cpu=after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
            memory=memory.stop(),
            exit_code=process.returncode,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=800)
    parser.add_argument("--latency", type=float, default=0.3)
    parser.add_argument("--concurrency", type=int, default=32)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument(
        "--peer", action="store_true", help="promptfoo beside it, installed from npm when it is not there"
    )
    given = parser.parse_args()
    os.environ["PYTHONPATH"] = str(REPOSITORY)
    os.environ["REMIT_REHEARSAL_URL"] = "http://127.0.0.1:9"  # nobody asks it here
    with services.running():
        services.make_database()
        common = {"latency": given.latency, "concurrency": given.concurrency, "workers": given.workers}
        ideal = given.calls * given.latency / given.concurrency
        print(load())
        ours = measure(scenarios=given.calls, turns=1, limit=ideal, **common)
        print(ours.line(f"{given.calls} calls, single turn"))
        waves = -(-100 // given.concurrency) * 5 * given.latency
        print(
            measure(scenarios=100, turns=5, limit=waves, **common).line(
                "100 conversations x 5 turns, in waves"
            )
        )
        print(f"  (the calls' own limit: {500 * given.latency / given.concurrency:.2f} s)")
        if given.peer:
            _print_peer(given, ours)
    print(load())


def _print_peer(given: argparse.Namespace, ours: Measured) -> None:
    try:
        peer = promptfoo.measure(
            calls=given.calls, latency=given.latency, concurrency=given.concurrency, prompt=PROMPT
        )
    except promptfoo.NotInstallable as error:
        print(f"*** NOT COMPARED with promptfoo: {error} ***", file=sys.stderr)
        return
    print(peer.line(f"promptfoo, {given.calls} calls"))
    print(
        f"  ours: {ours.cpu / peer.cpu:.2f} x its CPU, {ours.memory / max(1, peer.memory):.2f} x its memory"
    )


if __name__ == "__main__":
    started = time.monotonic()
    main()
    print(f"measured in {time.monotonic() - started:.0f} s")
