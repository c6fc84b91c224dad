"""Entry points of the workers: each only makes somebody look."""

from __future__ import annotations

from console.celery import app
from console.reviews import stale


@app.task(name="reviews.sweep")
def sweep() -> None:
    """Tell whose approval went stale."""
    stale.sweep()
