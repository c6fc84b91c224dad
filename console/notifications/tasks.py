"""Entry points of the workers: each only makes somebody look."""

from __future__ import annotations

from console.celery import app
from console.notifications import outbox


@app.task(name="notifications.send")
def send(_: int = 0) -> None:
    """Send the letters that are due; beat calls it for those that nobody was woken for."""
    outbox.send_due()
