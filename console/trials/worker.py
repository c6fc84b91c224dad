"""What a worker does: take a turn of a conversation, then the next one, until there is none."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import timedelta

from django.db import InterfaceError, OperationalError, connection
from django.db.models.functions import Now

from console.logs import about
from console.provider import client
from console.trials import conversation, leases, runs
from console.trials.batches import following
from console.trials.conversation import Speak
from console.trials.leases import Lease, LeaseLost, UsedUp
from console.trials.ledger import persistently
from console.trials.models import Run
from console.trials.moves import After, release_connection
from console.trials.plans import AccountGone, plan_of_run
from console.trials.pulse import pulse

logger = logging.getLogger(__name__)

# A failed call of these kinds says that no other call of the run can do better.
HOPELESS = frozenset({"refused_key", "not_found", "limited"})

Wake = Callable[[int], None]


def work(pool: str, wake: Wake, stopping: threading.Event, speak: Speak = client.create) -> None:
    """Take turns of the pool's runs until nothing may be taken now, or until ``stopping``.

    ``wake(run)`` sends for a worker; it is called later for what became due while nobody looked.
    """
    while not stopping.is_set():
        following.look_after_now_and_then(pool)
        try:
            lease = leases.take(pool)
        except UsedUp as used_up:
            runs.stop(used_up.run, str(used_up))
            continue
        if lease is None:
            if following.look_after(pool):
                continue
            release_connection()
            return
        after = _turn(lease, speak)
        if after is not None:
            _follow(lease, after, wake)


def _turn(lease: Lease, speak: Speak) -> After | None:
    with about(run=lease.run, conversation=lease.id), pulse.keeping(lease):
        try:
            return conversation.take_turn(lease, plan_of_run(lease.run), speak)
        except LeaseLost:
            logger.warning("Another worker has conversation %s by now; this answer is discarded.", lease.id)
        except AccountGone as error:
            runs.stop(lease.run, f"{error} {error.what_to_do}".strip())
            return After("waiting", leases.give_back(lease))
        except (OperationalError, InterfaceError) as error:
            # No fault of the conversation. An answer in hand was tried to be written for as long as it is kept.
            logger.warning(
                "The database is away (%s); conversation %s is put back.", type(error).__name__, lease.id
            )
            return _put_back(lease)
        except Exception:
            logger.exception("Conversation %s could not go on.", lease.id)
            return conversation.end_with_fault(lease)
    return None


def _put_back(lease: Lease) -> After | None:
    connection.close()
    try:
        return After("waiting", persistently(lambda: leases.give_back(lease)))
    except LeaseLost:
        return None


def _follow(lease: Lease, after: After, wake: Wake) -> None:
    """What one turn means for its run: pages are told, what waits is remembered, what ended is closed."""
    if after.error is not None and after.error.kind in HOPELESS:
        runs.stop(lease.run, f"{after.error} {after.error.what_to_do}".strip())
    if after.seconds:
        pulse.at(after.seconds, lambda: wake(lease.run))
    if after.paces:
        Run.objects.filter(pk=lease.run).update(paused_until=Now() + timedelta(seconds=after.seconds))
    if after.booked.status != Run.Status.RUNNING or not after.booked.in_flight:
        runs.close(lease.run)
    pulse.tell(f"run:{lease.run}")
