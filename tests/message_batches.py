"""The Message Batches API of the scripted server (see messages_api.py): batches that end when the test lets them.

api.batches.hold = True                       # until api.batches.end()
api.answer = lambda request: Fault("expired") # of one request: also "canceled", or a kind of error
api.batches.fail_next(Fault("limited"))       # the next request about batches
api.batches.cut_next = 0.5                    # break off when so much of the next results is sent
api.batches.lose_next = 1                     # make the next batch, and cut the connection instead of saying so
"""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

Result = dict[str, Any]


@dataclass(slots=True)
class Made:
    """A batch as the server keeps it."""

    id: str
    requests: list[Mapping[str, Any]]
    created_at: datetime
    ended_at: datetime | None = None
    canceled_at: datetime | None = None
    results: list[tuple[str, Result]] = field(default_factory=list)

    def shown(self) -> dict[str, Any]:
        kinds = [result["type"] for _, result in self.results]
        counts = {kind: kinds.count(kind) for kind in ("succeeded", "errored", "canceled", "expired")}
        status = "ended" if self.ended_at else "canceling" if self.canceled_at else "in_progress"
        return {
            "id": self.id,
            "type": "message_batch",
            "processing_status": status,
            "request_counts": {"processing": len(self.requests) - len(kinds), **counts},
            "created_at": self.created_at.isoformat(),
            "expires_at": (self.created_at + timedelta(hours=24)).isoformat(),
            "ended_at": self.ended_at and self.ended_at.isoformat(),
            "cancel_initiated_at": self.canceled_at and self.canceled_at.isoformat(),
            "archived_at": None,
            # Another host than the one that was asked: nobody may be led there with a key.
            "results_url": f"http://127.0.0.1:9/v1/messages/batches/{self.id}/results"
            if self.ended_at
            else None,
        }


class Batches:
    """``answers``: what becomes of one request, as the result that its line holds."""

    def __init__(self, answers: Callable[[Mapping[str, Any]], Result]) -> None:
        self.made: list[Made] = []
        self.asked: list[str] = []  # method and path of every request about batches
        self.hold = False
        self.lose_next = 0
        self.cut_next: float | None = None
        self.answering = threading.Event()  # cleared: batches are made, and who made them hears nothing yet
        self.answering.set()
        self.next_faults: deque[Any] = deque()
        self._answers = answers
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def fail_next(self, *faults: Any) -> None:
        self.next_faults.extend(faults)

    def make(self, body: Mapping[str, Any], *, by: str = "") -> Made:
        with self._lock:
            made = Made(f"msgbatch_{by}{next(self._numbers)}", list(body["requests"]), datetime.now(UTC))
            self.made.append(made)
        return made

    def named(self, name: str) -> Made | None:
        return next((made for made in self.made if made.id == name), None)

    def look(self, made: Made) -> None:
        if not self.hold and made.ended_at is None:
            self.end(made)

    def end(self, made: Made | None = None, *, answered: int | None = None) -> None:
        """End one, or all; ``answered``: so many of its requests were, and the others are canceled."""
        for batch in [made] if made else [batch for batch in self.made if batch.ended_at is None]:
            for number, request in enumerate(batch.requests):
                given = answered is None or number < answered
                result = self._answers(request["params"]) if given else {"type": "canceled"}
                batch.results.append((request["custom_id"], result))
            batch.results.reverse()  # the order is not that of the requests
            batch.ended_at = datetime.now(UTC)

    def cancel(self, made: Made) -> None:
        made.canceled_at = made.canceled_at or datetime.now(UTC)
