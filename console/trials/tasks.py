"""Entry points of the workers. A message may be lost, doubled, late or forged: it only makes somebody look."""

from __future__ import annotations

import threading
from typing import Any

from celery.signals import worker_init, worker_shutting_down
from django.conf import settings

from console import queue
from console.celery import app
from console.provider.client import load_sdk
from console.trials import sweeps, worker

# Fewer than the worker has threads, so that sweeps and other work find one while runs go on.
_slots = threading.BoundedSemaphore(settings.REMIT_CALLS)
_stopping = threading.Event()


@worker_init.connect
def _load_sdk(**_details: Any) -> None:
    # Before the first task, whose threads would all wait for it; beat imports this module and needs none of it.
    load_sdk()


@worker_shutting_down.connect
def _stop(**_details: Any) -> None:
    _stopping.set()


@app.task(name="trials.advance")
def advance(run_id: int = 0) -> None:
    """Work on whatever is due, this run's or another's, until nothing is."""
    if _slots.acquire(blocking=False):
        try:
            worker.work("", _wake, _stopping)
        finally:
            _slots.release()


@app.task(name="trials.sweep")
def sweep() -> None:
    if sweeps.take_tick("trials.sweep"):
        sweeps.sweep()
    if sweeps.take_tick("trials.measure", 20):
        sweeps.measure_older()


def _wake(run_id: int) -> None:
    queue.wake("trials.advance", run_id)
