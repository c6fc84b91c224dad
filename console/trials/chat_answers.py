"""Answers of a chat, each written in a thread of its own: it goes on when the browser leaves, and is committed.

The reader gets events from a mailbox; nothing waits for it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from queue import Empty, SimpleQueue

from django.db import connection

from console import live
from console.accounts.models import Membership
from console.accounts.permissions import Action, require
from console.problems import Unavailable
from console.provider import client, spending
from console.provider.calls import STOPPED, Call, Reply, TextDelta
from console.provider.endpoints import Endpoint
from console.provider.spending import Reservation
from console.provider.stopping import Stop
from console.trials import conversation, leases
from console.trials.chat import Said, take_back
from console.trials.leases import Lease, LeaseLost
from console.trials.models import Chat, Conversation
from console.trials.moves import After, release_connection
from console.trials.plans import Plan
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

STOP = "stop"  # on the topic of a chat: whichever process writes its answers ends them
_places = threading.BoundedSemaphore(MOST_AT_ONCE)


def answer(said: Said) -> Mailbox:
    """Begin the answers of all columns at once and return where their events arrive. Raises Unavailable."""
    mailbox: Mailbox = SimpleQueue()
    _take_places(said)
    for column in said.columns:
        stop, hearing = Stop(), ExitStack()
        # From now on, not from whenever the thread gets its turn: a stop may come at once.
        hearing.enter_context(live.hearing(_topic(said.chat), partial(_hear, stop)))
        threading.Thread(
            target=_answer,
            args=(column.pk, said, mailbox, stop, hearing),
            name=f"chat-{column.pk}",
            daemon=True,
        ).start()
    return mailbox


def stop(*, chat: Chat, member: Membership) -> None:
    """End the answers of ``chat`` that are being written, in whatever process; what came of them is kept.

    Nothing happens when none is. Raises NotAllowed.
    """
    require(member, Action.RUN, chat)
    live.publish(_topic(chat), STOP)


def await_end(chat: Chat, *, within: float) -> bool:
    """Wait until no answer of ``chat`` is being written, for so many seconds at most; whether that came."""
    running = Conversation.objects.filter(chat=chat, status=Conversation.Status.RUNNING)
    ends = time.monotonic() + within
    while running.exists():
        if time.monotonic() > ends:
            return False
        time.sleep(0.05)
    return True


def _topic(chat: Chat) -> str:
    return f"chat:{chat.pk}"


def _hear(stop: Stop, event: str) -> None:
    if event == STOP:
        stop.ask()


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


def _take_places(said: Said) -> None:
    for taken in range(len(said.columns)):
        if not _places.acquire(blocking=False):
            for _ in range(taken):
                _places.release()
            take_back(said)
            raise Unavailable(
                f"{MOST_AT_ONCE} answers are being written at this moment.", "Send again in a few seconds."
            )


def _answer(column: int, said: Said, mailbox: Mailbox, stop: Stop, hearing: ExitStack) -> None:
    problem = "The console failed at this answer; its log says how. Send again."
    try:
        problem = _take(column, said, partial(_speak, column, mailbox, stop), stop)
    except LeaseLost:
        problem = "This answer took too long and was given up. Send again."
    except Exception:
        logger.exception("A chat's column %s got no answer.", column)
    finally:
        hearing.close()
        _places.release()
        connection.close()
        mailbox.put(Ended(column, problem))


def _speak(column: int, mailbox: Mailbox, stop: Stop, endpoint: Endpoint, call: Call) -> Reply:
    for said in client.stream(endpoint, call, stop):
        if not isinstance(said, TextDelta):
            return said
        mailbox.put(Delta(column, said.text))
    raise AssertionError("a stream ends with its reply")  # client.stream raises otherwise


def _take(column: int, said: Said, speak: conversation.Speak, stop: Stop) -> str:
    """Make the calls of this turn; the sentence that says why there is no answer, or ""."""
    ends, lease = time.monotonic() + LONGEST_PAUSE, said.leases[column]
    while lease is not None:
        after = _turn(lease, said.plan, speak, stop)
        if not after.paces:
            return _problem(column, lease, after)
        if time.monotonic() + after.seconds > ends:
            return _note(
                column, "limited", f"The provider's limit leaves no room for {after.seconds:.0f} seconds."
            )
        release_connection()
        if stop.pause(after.seconds):
            return _note(column, STOPPED, conversation.STOPPED_EARLY)
        lease = leases.take_chat(column)
    return _refused(column)


def _turn(lease: Lease, plan: Plan, speak: conversation.Speak, stop: Stop) -> After:
    with pulse.keeping(lease):
        try:
            return conversation.take_turn(lease, plan, speak, interactive=True, stopped=lambda: stop.asked)
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
    month = spending.open_month(row.workspace_id)
    used = spending.month_refusal(month, Reservation(row.reserved_tokens, row.reserved_cost))
    busy = "What is left of this month's budget is reserved by calls that are under way."
    return _note(column, "budget", used or busy)


def _note(column: int, kind: str, words: str) -> str:
    """Keep the sentence with the column, so that a reload shows it."""
    waiting = Conversation.objects.filter(pk=column, status=Conversation.Status.WAITING)
    waiting.update(error_kind=kind, error=words[:500])
    return words
