"""What a run survives: kills, pauses, a broker that is flushed or away, forged messages, cells that kill, cancels.

    python -m tests.chaos.runs [--seed N] [--kills 40] [row …]

Every row says what was done, and counts: what was lost, what was doubled, which calls the endpoint saw beyond those
that the work needed, and how many were in flight when something died (each of which may be repeated once).
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from tests.chaos.installation import LEASE, SERVERS, Installation, installation
from tests.messages_api import Faults, MessagesAPI, Request, messages_api

CONCURRENCY = 32
LATENCY = 0.4


@dataclass
class Counts:
    """What came of one row. ``in_flight``: calls that were under way when something died, over all deaths."""

    row: str
    done: str = ""
    conversations: int = 0
    lost: int = 0
    doubled: int = 0
    extra: int = 0
    in_flight: int = 0
    notes: list[str] = field(default_factory=list)

    def require(self, holds: bool, words: str) -> None:
        if not holds:
            self.notes.append(f"FAILED: {words}")

    @property
    def good(self) -> bool:
        within = not self.lost and not self.doubled and self.extra <= self.in_flight
        return within and not any(note.startswith("FAILED") for note in self.notes)


class Stage:
    """An installation, an endpoint, and the one workspace whose runs are disturbed."""

    def __init__(self, running: Installation, draw: random.Random) -> None:
        from tests.factories import make_workspace

        self.running, self.draw = running, draw
        self.workspace = make_workspace("chaos")

    def begin(self, api: MessagesAPI, conversations: int, turns: int = 2, **fields: Any) -> Any:
        from tests.factories import make_run, make_scenario

        says = [f"Question {turn}" for turn in range(turns)]
        scenarios = [make_scenario(f"s{n:05}", *says) for n in range(conversations)]
        options = {"pool": "", "concurrency": CONCURRENCY, **fields}
        return make_run(self.workspace, *scenarios, base_url=api.url, **options)

    def count(self, counts: Counts, run: Any, api: MessagesAPI, since: int = 0) -> None:
        """Add what the ledger and the endpoint say of a run that ended."""
        from console.trials.models import Step

        turns = len(run.suite_version.scenarios[0]["turns"])
        cells = Counter(run.conversations.values_list("status", "turns"))
        answered = Counter(
            Step.objects.filter(conversation__run=run, ok=True).values_list("conversation", "step")
        )
        counts.conversations += run.planned
        counts.lost += run.planned - cells["finished", turns]
        for cell in run.conversations.exclude(status="finished", turns=turns)[:5]:
            counts.notes.append(f"lost: {cell.status}, {cell.turns} turns, {cell.error_kind} {cell.error}")
        counts.doubled += sum(number - 1 for number in answered.values())
        counts.extra += len(api.calls) - since - len(answered) - _failed(run)
        run.refresh_from_db()
        counts.require((run.in_flight, run.reserved_tokens) == (0, 0), "something is still reserved")
        counts.require(
            run.calls == Step.objects.filter(conversation__run=run).count(), "the ledger does not add up"
        )

    def until(self, holds: Callable[[], bool], within: float) -> bool:
        """Wait, starting workers anew as a supervisor would; the database may be away meanwhile."""
        ends = time.monotonic() + within
        while time.monotonic() < ends:
            self.running.watch()
            with suppress(Exception):
                if holds():
                    return True
            _forget_connection()
            time.sleep(0.1)
        return False


def _failed(run: Any) -> int:
    """Attempts that the endpoint refused by itself: each explains one call."""
    from console.trials.models import Step

    return Step.objects.filter(conversation__run=run, ok=False).exclude(error_kind="lost").count()


def _forget_connection() -> None:
    from django.db import connection

    with suppress(Exception):
        connection.close()


def _ended(run: Any) -> bool:
    run.refresh_from_db()
    return not run.is_open


def _has_gone_on(run: Any, api: MessagesAPI, since: int) -> bool:
    return len(api.calls) > since + CONCURRENCY or _ended(run)


def _flying(api: MessagesAPI) -> int:
    return sum(call.ended is None for call in tuple(api.calls)[-4 * CONCURRENCY :])


# --- rows


def kills(stage: Stage, number: int) -> Counts:
    """Random kill -9 of a worker, the broker or PostgreSQL, 32 calls in flight."""
    counts, done = Counts("random kill -9"), Counter[str]()
    stage.running.staff(2)
    with messages_api(key=None, latency=LATENCY) as api:
        while sum(done.values()) < number:
            since = len(api.calls)
            run = stage.begin(api, 400)
            while not _is_over(run) and sum(done.values()) < number:
                before = len(api.calls)
                stage.until(partial(_has_gone_on, run, api, before), within=60)
                time.sleep(stage.draw.uniform(0.0, 0.6))
                victim = stage.draw.choice(("worker", *SERVERS))
                # The broker carries no truth: its death may repeat no call at all.
                counts.in_flight += 0 if victim == "broker" else _flying(api)
                _kill(stage, victim)
                done[victim] += 1
            counts.require(
                stage.until(partial(_ended, run), within=240), f"run {run.pk} does not end: {run.status}"
            )
            stage.count(counts, run, api, since)
    counts.done = ", ".join(f"{victim} {times}" for victim, times in sorted(done.items()))
    return counts


def _is_over(run: Any) -> bool:
    try:
        return _ended(run)
    except Exception:
        _forget_connection()
        return False


def _kill(stage: Stage, victim: str) -> None:
    if victim == "worker":
        worker = stage.draw.choice(stage.running.workers)
        worker.kill()
        worker.watch()
        return
    stage.running.kill(victim)
    time.sleep(stage.draw.uniform(0.0, 1.5))
    stage.running.start(victim)


def paused(stage: Stage) -> Counts:
    """A worker is stopped for three leases while its calls are in flight, then goes on."""
    import signal

    from console.trials.models import Step

    counts = Counts("SIGSTOP for three leases")
    stage.running.staff(2)
    with messages_api(key=None, latency=LATENCY) as api:
        run = stage.begin(api, 600)
        stage.until(lambda: len(api.calls) > 60, within=60)
        sleeper = stage.running.workers[0]
        counts.in_flight = _flying(api)
        sleeper.signal(signal.SIGSTOP)
        time.sleep(3 * LEASE)
        sleeper.signal(signal.SIGCONT)
        counts.require(stage.until(partial(_ended, run), within=240), "the run does not end")
        stage.count(counts, run, api)
        taken = Step.objects.filter(conversation__run=run, error_kind="lost").count()
        counts.done = f"{taken} leases were taken from it; its late writes changed nothing"
        counts.require(taken > 0, "nothing was taken from the sleeper")
    return counts


def broker(stage: Stage) -> Counts:
    """The broker is flushed, then away for 60 s; its connections are cut every 2 s afterwards."""
    counts = Counts("broker flushed, away 60 s, cut every 2 s")
    stage.running.staff(2)
    with messages_api(key=None, latency=LATENCY, faults=Faults(limited=0.05, retry_after="1", seed=4)) as api:
        run = stage.begin(api, 1500)
        stage.until(lambda: len(api.calls) > 60, within=60)
        _redis().flushall()
        time.sleep(5)
        stage.running.kill("broker")
        time.sleep(60)
        stage.running.start("broker")
        back, seen = time.monotonic(), len(api.calls)
        counts.require(
            stage.until(lambda: len(api.calls) > seen + 5 or _ended(run), within=10),
            "no progress within 10 s",
        )
        resumed = time.monotonic() - back
        over = threading.Event()
        cutter = threading.Thread(target=_cut, args=(over,), daemon=True)
        cutter.start()
        counts.require(stage.until(partial(_ended, run), within=300), "the run does not end")
        over.set()
        cutter.join()
        stage.count(counts, run, api)
    counts.done = f"{seen:,} calls were made until it was back; progress after {resumed:.1f} s"
    return counts


def _redis() -> Any:
    from console.celery import app

    return app.connection_for_write().channel().client


def _cut(over: threading.Event) -> None:
    while not over.wait(2):
        with suppress(Exception):
            client = _redis()
            client.client_kill_filter(_type="normal", skipme=True)


def messages(stage: Stage) -> Counts:
    """Each wake-up comes five times, out of order, among forged ids."""
    from console import queue

    counts = Counts("messages x 5, shuffled, forged")
    stage.running.staff(2)
    with messages_api(key=None, latency=LATENCY) as api:
        run = stage.begin(api, 300)
        ids = [run.pk] * (5 * CONCURRENCY) + [stage.draw.randrange(10**9) for _ in range(200)] + [0, -1] * 20
        stage.draw.shuffle(ids)
        for forged in ids:
            queue.wake("trials.advance", forged)
        counts.require(stage.until(partial(_ended, run), within=240), "the run does not end")
        stage.count(counts, run, api)
        counts.require(api.max_in_flight <= CONCURRENCY, f"{api.max_in_flight} calls were in flight at once")
        counts.done = f"{len(ids)} messages beside the run's own; at most {api.max_in_flight} in flight"
    return counts


def beats(stage: Stage) -> Counts:
    """Three beats until sixty ticks are over: each tick has one taker, and no tick more is there than seconds went by."""
    from console.trials.models import Tick
    from console.trials.sweeps import take_tick

    counts, over = Counts("3 beats, 60 ticks"), threading.Event()
    takings: list[int] = []  # one entry a taking; appending is atomic

    def beat(number: int) -> None:
        while not over.is_set():
            if take_tick("chaos", every=1):
                takings.append(number)
            over.wait(0.05)
        _forget_connection()

    began = time.monotonic()
    threads = [threading.Thread(target=beat, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    ticks = Tick.objects.filter(schedule="chaos")
    counts.require(stage.until(lambda: ticks.count() >= 60, within=90), "60 ticks were not over in 90 s")
    over.set()
    for thread in threads:
        thread.join()
    seconds, there = time.monotonic() - began, ticks.count()
    shares = ", ".join(str(number) for _, number in sorted(Counter(takings).items()))
    counts.done = f"{there} ticks in {seconds:.0f} s, taken {len(takings)} times by the three ({shares})"
    counts.require(len(takings) == there, f"{len(takings)} takings of {there} ticks")
    counts.require(there <= seconds + 2, f"{there} ticks in {seconds:.0f} s")
    return counts


def poison(stage: Stage) -> Counts:
    """A cell that kills every worker that takes it is set aside after three; the others go on. It is tried alone at last."""
    from console.trials.models import Conversation

    counts = Counts("a cell that kills its worker")
    stage.running.staff(3)

    def answer(request: Request) -> str:
        if "poison" in request.last_text:
            holder = Conversation.objects.filter(scenario="poison", status="running").values_list(
                "lease_holder", flat=True
            )
            for name in holder:
                with suppress(ProcessLookupError):
                    os.killpg(int(name.rpartition(":")[2]), 9)
            _forget_connection()
        return "Fine."

    with messages_api(key=None, latency=LATENCY, answer=answer) as api:
        from tests.factories import make_run, make_scenario

        scenarios = [
            make_scenario("poison", "poison"),
            *(make_scenario(f"s{n:04}", "Hello") for n in range(900)),
        ]
        run = make_run(stage.workspace, *scenarios, base_url=api.url, pool="", concurrency=CONCURRENCY)
        counts.require(stage.until(partial(_ended, run), within=240), "the run does not end")
        cell = run.conversations.get(scenario="poison")
        counts.require(
            (cell.status, cell.error_kind, cell.claims) == ("error", "set_aside", 4), f"it is {cell.status}"
        )
        others = run.conversations.exclude(pk=cell.pk)
        fine = others.filter(status="finished").count()
        counts.conversations, counts.lost = run.planned, 900 - fine
        counts.in_flight, counts.extra = 3 * CONCURRENCY + 1, len(api.calls) - 900
        counts.done = (
            f"set aside after three, given up after {cell.claims}; {fine / 900:.1%} of the others finished"
        )
    return counts


def cancel(stage: Stage) -> Counts:
    """Cancelled while waiting, in flight, waiting to try again, and while the limiter pauses: no further call begins."""
    from console.trials import runs

    counts = Counts("cancel in each phase")
    stage.running.staff(2)
    late = Counter[str]()
    phases: dict[str, dict[str, Any]] = {
        "in flight": {"latency": 1.0},
        "between turns": {"latency": 0.05},
        "waiting to try again": {"latency": 0.05, "faults": Faults(server=1.0)},
        "the limiter pauses": {"latency": 0.05, "faults": Faults(limited=1.0, retry_after="2")},
    }
    for phase, options in phases.items():
        with messages_api(key=None, **options) as api:
            run = stage.begin(api, 800, turns=3)
            stage.until(lambda: len(api.calls) > CONCURRENCY, within=30)
            runs.cancel_run(run=run)
            at = time.monotonic()
            counts.require(stage.until(partial(_ended, run), within=15), f"{phase}: it does not end")
            took = time.monotonic() - at
            time.sleep(1.5)
            late[phase] = sum(call.started > at + 0.25 for call in api.calls)
            counts.require(
                run.status == "cancelled" and not late[phase],
                f"{phase}: {run.status}, {late[phase]} calls began later",
            )
            counts.notes.append(f"{phase}: over {took:.1f} s after, {late[phase]} calls began later")
    counts.done = f"{len(phases)} phases"
    return counts


ROWS: dict[str, Callable[[Stage], Counts]] = {
    "paused": paused, "broker": broker, "messages": messages, "beats": beats, "poison": poison, "cancel": cancel,
}  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("rows", nargs="*", choices=["kills", *ROWS, []], metavar="row")
    given = parser.parse_args()
    print(f"seed {given.seed}; leases of {LEASE:.0f} s; {CONCURRENCY} calls in flight", flush=True)
    found = []
    with installation() as running:
        stage = Stage(running, random.Random(given.seed))
        for name in given.rows or ["kills", *ROWS]:
            began = time.monotonic()
            counts = kills(stage, given.kills) if name == "kills" else ROWS[name](stage)
            found.append(counts)
            _print(counts, time.monotonic() - began)
    return 0 if all(counts.good for counts in found) else 1


def _print(counts: Counts, seconds: float) -> None:
    print(
        f"{'ok  ' if counts.good else 'FAIL'} {counts.row:<42} {counts.conversations:>6,} conversations: {counts.lost} lost,"
        f" {counts.doubled} doubled, {counts.extra} extra calls (in flight at deaths: {counts.in_flight})"
        f" [{seconds:.0f} s]\n       {counts.done}",
        *(f"\n       {note}" for note in counts.notes),
        sep="", flush=True,
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
