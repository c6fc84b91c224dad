"""Entry points of the workers: each only makes somebody look."""

from __future__ import annotations

from console.accounts.mailed import SEND
from console.celery import app
from console.notifications import outbox


@app.task(name=SEND)
def send(_: int = 0) -> None:
    """Send the letters that are due; beat calls it for those that nobody was woken for."""
    outbox.send_due()
