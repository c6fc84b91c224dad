"""Entry points of the workers."""

from __future__ import annotations

from console.accounts import sessions
from console.celery import app


@app.task(name="accounts.sweep")
def sweep() -> None:
    """Forget the logins that are over."""
    sessions.clear_ended()
