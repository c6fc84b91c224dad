"""Entry points of the workers: each only makes somebody look."""

from __future__ import annotations

from console.celery import app
from console.releases import impact


@app.task(name="releases.count")
def count(impact_id: int = 0) -> None:
    """Do the next piece of a count."""
    impact.count(impact_id)


@app.task(name="releases.sweep")
def sweep() -> None:
    """Wake somebody for the counts that nobody is at."""
    impact.sweep()
