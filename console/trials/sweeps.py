"""What nobody was woken for: leases of the dead, runs that wait, runs that ended while nobody looked."""

from __future__ import annotations

from django.db import connection
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from console.prepared import fetch_all
from console.trials import leases, quality, runs
from console.trials.batches import rows
from console.trials.models import Conversation, Run, Tick

BEAT = 2.0  # seconds between two beats; several beats may run
TICK = 3  # seconds of one tick; with the beat it makes at most 5 between two sweeps
KEPT = 1_000  # ticks

# By the database's clock, which is the same for every worker.
TAKE_TICK = """
INSERT INTO trials_tick (schedule, tick) SELECT %(schedule)s, floor(extract(epoch FROM now()) / %(every)s)
ON CONFLICT (schedule, tick) DO NOTHING RETURNING tick
"""

GOES_ON = "SELECT EXISTS (SELECT FROM trials_run WHERE pool = %s AND status = 'running')"


def take_tick(schedule: str, every: int = TICK) -> bool:
    """Whether this tick is ours: of any number of beats, and of messages that were doubled, one gets it."""
    with connection.cursor() as cursor:
        cursor.execute(TAKE_TICK, {"schedule": schedule, "every": every})
        row = cursor.fetchone()
    if row is not None and row[0] % 100 == 0:
        Tick.objects.filter(schedule=schedule, tick__lt=row[0] - KEPT).delete()
    return row is not None


def sweep() -> int:
    """Put everything right that a lost message or a dead worker left; returns how many leases were taken back."""
    reclaimed = put_right()
    for run in Run.objects.filter(status=Run.Status.RUNNING, pool="").order_by("pk"):
        runs.wake_workers(run.pk, _due(run, run.concurrency))
    if rows.is_due(""):
        runs.wake_workers(0, 1)
    return reclaimed


def put_right() -> int:
    """The part of a sweep that needs no broker."""
    reclaimed = leases.reclaim()
    for run in Run.objects.filter(status__in=Run.OPEN).order_by("pk"):
        left = Conversation.objects.filter(run=run, status__in=("waiting", "running"))
        if run.status != Run.Status.RUNNING or not left.exists():
            runs.close(run.pk)
    return reclaimed


def measure_older() -> int:
    """Measure a complete run that ended before these definitions; returns 0 when none is left."""
    behind = Q(quality=None) | ~Q(quality__version=quality.VERSION)
    run = Run.objects.filter(behind, status=Run.Status.FINISHED).order_by("-pk").first()
    if run is None:
        return 0
    return Run.objects.filter(pk=run.pk).update(quality=quality.measure(run))


def goes_on(pool: str) -> bool:
    """Whether calls of the pool's runs may still begin."""
    return bool(fetch_all(GOES_ON, [pool])[0][0])


def due(pool: str, *, at_most: int) -> int:
    """How much of the pool's work may be done now: conversations, and a look after message batches."""
    room = F("concurrency") + F("ahead")
    going = Run.objects.filter(pool=pool, status=Run.Status.RUNNING, in_flight__lt=room)
    return min(at_most, sum(_due(run, at_most) for run in going) + rows.is_due(pool))


def _due(run: Run, at_most: int) -> int:
    if run.paused_until is not None and run.paused_until > timezone.now():
        return 0
    is_due = Q(run_after=None) | Q(run_after__lte=Now())
    found = Conversation.objects.filter(is_due, run=run, status="waiting", economy=False)[:at_most].count()
    return min(found, run.concurrency + run.ahead - run.in_flight)
