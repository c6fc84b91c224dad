"""Wake a worker. The row is the queue: a message may be lost or doubled, and a sweep finds what nobody was woken for."""

from __future__ import annotations

import logging
from functools import partial

from django.db import transaction
from kombu.exceptions import OperationalError

from console.logs import request_id

logger = logging.getLogger(__name__)


def wake(task: str, *args: int | str) -> None:
    """Send ``task`` by name once the transaction that wrote its row commits.

    ``args`` are ids. A broker that is away only delays the work until the sweep, so that the person's request succeeds.
    """
    transaction.on_commit(partial(_send, task, args), robust=True)


def _send(task: str, args: tuple[int | str, ...]) -> None:
    from console.celery import app

    headers = {"remit_request": request_id()}  # so that a worker's lines name the request that woke it
    try:
        app.send_task(task, args=args, retry=False, headers=headers)
    except (OperationalError, OSError) as error:
        logger.warning("The broker is away (%s); the sweep will wake %s.", type(error).__name__, task)
