"""Entry points of the workers. A message may be lost, doubled, late or forged: it only makes somebody look."""

from __future__ import annotations

import threading

from console.celery import app
from console.prompts import judge_queue, judge_work

# Few of a worker's threads: a call takes long, and the others have conversations to go on with.
_slots = threading.BoundedSemaphore(4)


@app.task(name=judge_queue.TASK)
def judge(pk: int = 0) -> None:
    """Make the next call of this judgement, if it is due."""
    if _slots.acquire(blocking=False):  # else the sweep sends for somebody
        try:
            judge_work.advance(pk)
        finally:
            _slots.release()


@app.task(name="prompts.sweep")
def sweep() -> None:
    judge_queue.sweep()
