"""Answers of a chat, each written in a thread of its own: it goes on when the browser leaves, and is committed.

The reader gets events from a mailbox; nothing waits for it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from queue import Empty, SimpleQueue

from django.db import connection

from console.problems import Unavailable
from console.provider import client
from console.provider.calls import Call, Reply, TextDelta
from console.provider.endpoints import Endpoint
from console.trials import budgets, conversation, leases
from console.trials.budgets import Reservation
from console.trials.conversation import After
from console.trials.leases import Lease, LeaseLost
from console.trials.models import Chat, Conversation
from console.trials.plans import Plan, plan_of_chat
from console.trials.pulse import pulse

logger = logging.getLogger(__name__)

MOST_AT_ONCE = 24  # answers of a process: each has a thread, and its reader one of the web server's
BEAT = 10.0  # seconds; also how soon it is noticed that a silent answer's reader has left
LONGEST_PAUSE = 20.0  # seconds that a chat waits for the rate limiter; then the person is told


@dataclass(frozen=True, slots=True)
class Delta:
    """More text of the answer in a column."""

    column: int  # the conversation
    text: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The answer is there and committed, or ``problem`` says in a sentence why there is none."""

    column: int
    problem: str = ""


Event = Delta | Ended
Mailbox = SimpleQueue[Event]

_places = threading.BoundedSemaphore(MOST_AT_ONCE)


def answer(chat: Chat, columns: Sequence[Conversation]) -> Mailbox:
    """Begin the answers of all ``columns`` at once and return where their events arrive. Raises Unavailable."""
    plan = plan_of_chat(chat)
    mailbox: Mailbox = SimpleQueue()
    _take_places(len(columns))
    for column in columns:
        threading.Thread(
            target=_answer, args=(column.pk, plan, mailbox), name=f"chat-{column.pk}", daemon=True
        ).start()
    return mailbox


def events(mailbox: Mailbox, columns: int) -> Iterator[Event | None]:
    """Everything that arrives until all ``columns`` have ended; None where nothing did for a while."""
    while columns:
        try:
            event = mailbox.get(timeout=BEAT)
        except Empty:
            yield None
        else:
            columns -= isinstance(event, Ended)
            yield event


def _take_places(count: int) -> None:
    for taken in range(count):
        if not _places.acquire(blocking=False):
            for _ in range(taken):
                _places.release()
            raise Unavailable(
                f"{MOST_AT_ONCE} answers are being written at this moment.", "Send again in a few seconds."
            )


def _answer(column: int, plan: Plan, mailbox: Mailbox) -> None:
    problem = "The console failed at this answer; its log says how. Send again."
    try:
        problem = _take(column, plan, partial(_speak, column, mailbox))
    except LeaseLost:
        problem = "This answer took too long and was given up. Send again."
    except Exception:
        logger.exception("A chat's column %s got no answer.", column)
    finally:
        _places.release()
        connection.close()
        mailbox.put(Ended(column, problem))


def _speak(column: int, mailbox: Mailbox, endpoint: Endpoint, call: Call) -> Reply:
    for said in client.stream(endpoint, call):
        if not isinstance(said, TextDelta):
            return said
        mailbox.put(Delta(column, said.text))
    raise AssertionError("a stream ends with its reply")  # client.stream raises otherwise


def _take(column: int, plan: Plan, speak: conversation.Speak) -> str:
    """Make the calls of this turn; the sentence that says why there is no answer, or ""."""
    ends = time.monotonic() + LONGEST_PAUSE
    while True:
        lease = leases.take_chat(column)
        if lease is None:
            return _refused(column)
        after = _turn(lease, plan, speak)
        if not after.paces:
            return _problem(column, lease, after)
        if time.monotonic() + after.seconds > ends:
            return _note(
                column, "limited", f"The provider's limit leaves no room for {after.seconds:.0f} seconds."
            )
        conversation.release_connection()
        time.sleep(after.seconds)


def _turn(lease: Lease, plan: Plan, speak: conversation.Speak) -> After:
    with pulse.keeping(lease):
        try:
            return conversation.take_turn(lease, plan, speak, interactive=True)
        except LeaseLost:
            raise
        except Exception:
            conversation.end_with_fault(lease)
            raise


def _problem(column: int, lease: Lease, after: After) -> str:
    if after.error is not None:
        return f"{after.error} {after.error.what_to_do}".strip()
    row = Conversation.objects.only("turns", "error").get(pk=column)
    if row.turns > lease.turns or row.error:
        return row.error
    return _note(column, "budget", "The workspace's budget of this month has no room for another call.")


def _refused(column: int) -> str:
    """Why the conversation could not be taken."""
    row = Conversation.objects.get(pk=column)
    if row.status != Conversation.Status.WAITING:
        return "Another answer is being written in this column. Wait until it is there."
    month = budgets.open_month(row.workspace_id)
    used = budgets.refusal(month, Reservation(row.reserved_tokens, row.reserved_cost))
    words = (
        f"The workspace {used.rstrip('.')} (this month's budget)."
        if used
        else ("What is left of this month's budget is reserved by calls that are under way.")
    )
    return _note(column, "budget", words)


def _note(column: int, kind: str, words: str) -> str:
    """Keep the sentence with the column, so that a reload shows it."""
    waiting = Conversation.objects.filter(pk=column, status=Conversation.Status.WAITING)
    waiting.update(error_kind=kind, error=words[:500])
    return words
