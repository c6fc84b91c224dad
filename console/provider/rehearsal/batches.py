"""The stand-in's message batches: kept in memory, answered a while after they were made, gone with the process."""

from __future__ import annotations

import json
import re
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from console.provider.rehearsal.checking import Refused, check

MOST_REQUESTS = 100_000
MOST_KEPT = 40_000  # requests of all batches; the oldest batches are forgotten
LONGEST = timedelta(hours=24)
ISO = "%Y-%m-%dT%H:%M:%S.%fZ"
NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
SAMPLE = re.compile(r"_(\d{1,4})\Z")  # how the console ends a request's name

Message = Callable[[Mapping[str, Any], int], dict[str, Any]]


@dataclass(slots=True)
class Batch:
    """The requests are answered one after another from ``created_at`` on, the last one at ``done_at``."""

    id: str
    requests: list[Mapping[str, Any]]
    created_at: datetime
    done_at: datetime
    canceled_at: datetime | None = None

    @property
    def ended_at(self) -> datetime | None:
        ends = self.done_at if self.canceled_at is None else min(self.done_at, self.canceled_at)
        return ends if ends <= datetime.now(UTC) else None

    @property
    def answered(self) -> int:
        """How many were when it ended."""
        if self.canceled_at is None or self.canceled_at >= self.done_at:
            return len(self.requests)
        share = (self.canceled_at - self.created_at) / (self.done_at - self.created_at)
        return int(len(self.requests) * share)


class Batches:
    def __init__(self) -> None:
        self._batches: dict[str, Batch] = {}
        self._lock = threading.Lock()

    def make(self, body: Any, *, seconds: float) -> dict[str, Any]:
        """A batch that takes so long. Raises Refused."""
        requests = _checked(body)
        now = datetime.now(UTC)
        batch = Batch(
            f"msgbatch_rehearsal_{secrets.token_hex(8)}", requests, now, now + timedelta(seconds=seconds)
        )
        with self._lock:
            self._batches[batch.id] = batch
            while len(self._batches) > 1 and self._kept() > MOST_KEPT:
                del self._batches[next(iter(self._batches))]
        return described(batch)

    def _kept(self) -> int:
        return sum(len(batch.requests) for batch in self._batches.values())

    def page(self, query: Mapping[str, list[str]]) -> dict[str, Any]:
        """Newest first. Raises Refused."""
        given = query.get("limit", ["20"])[0]
        if not given.isdecimal() or not 1 <= int(given) <= 1000:
            raise Refused("limit: Input should be from 1 to 1000")
        with self._lock:
            ids = list(reversed(self._batches))
        after = query.get("after_id", [""])[0]
        if after:
            ids = ids[ids.index(after) + 1 :] if after in ids else []
        shown = ids[: int(given)]
        return {
            "data": [described(self._batches[name]) for name in shown],
            "has_more": len(ids) > len(shown),
            "first_id": shown[0] if shown else None,
            "last_id": shown[-1] if shown else None,
        }

    def get(self, name: str) -> Batch:
        """Raises Refused."""
        batch = self._batches.get(name)
        if batch is None:
            raise Refused(f"message batch: {name}", 404, "not_found_error")
        return batch

    def cancel(self, name: str) -> dict[str, Any]:
        batch = self.get(name)
        if batch.ended_at is not None:
            raise Refused("The batch has ended already")
        batch.canceled_at = datetime.now(UTC)
        return described(batch)


def _checked(body: Any) -> list[Mapping[str, Any]]:
    requests = body.get("requests") if isinstance(body, dict) else None
    if not isinstance(requests, list) or not 1 <= len(requests) <= MOST_REQUESTS:
        raise Refused(f"requests: List should have from 1 to {MOST_REQUESTS} items")
    names: set[str] = set()
    for at, request in enumerate(requests):
        name = request.get("custom_id") if isinstance(request, dict) else None
        if not isinstance(name, str) or not NAME.fullmatch(name):
            raise Refused(f"requests.{at}.custom_id: String should match pattern '^[a-zA-Z0-9_-]{{1,64}}$'")
        if name in names:
            raise Refused(f"requests.{at}.custom_id: is not unique in the batch")
        if not isinstance(request.get("params"), dict):
            raise Refused(f"requests.{at}.params: Field required")
        names.add(name)
    return requests


def described(batch: Batch) -> dict[str, Any]:
    """As the API tells of it: all requests are being processed until the whole batch has ended."""
    ended, total = batch.ended_at, len(batch.requests)
    counts = {"processing": total, "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0}
    if ended is not None:
        wrong = sum(_refused(request) is not None for request in batch.requests[: batch.answered])
        counts |= {
            "processing": 0,
            "succeeded": batch.answered - wrong,
            "errored": wrong,
            "canceled": total - batch.answered,
        }
    return {
        "id": batch.id,
        "type": "message_batch",
        "processing_status": "ended" if ended else "in_progress",
        "request_counts": counts,
        "created_at": batch.created_at.strftime(ISO),
        "expires_at": (batch.created_at + LONGEST).strftime(ISO),
        "ended_at": ended.strftime(ISO) if ended else None,
        "cancel_initiated_at": batch.canceled_at.strftime(ISO) if batch.canceled_at else None,
        "archived_at": None,
        "results_url": f"/v1/messages/batches/{batch.id}/results" if ended else None,
    }


def lines(batch: Batch, message: Message) -> Iterator[bytes]:
    """The results, one JSON object a line. Raises Refused while the batch has not ended."""
    if batch.ended_at is None:
        raise Refused("The batch has not ended: its results are not there yet", 404, "not_found_error")
    for at, request in enumerate(batch.requests):
        result = _result(request, message) if at < batch.answered else {"type": "canceled"}
        yield json.dumps({"custom_id": request["custom_id"], "result": result}).encode() + b"\n"


def _result(request: Mapping[str, Any], message: Message) -> dict[str, Any]:
    refused = _refused(request)
    if refused is not None:
        error = {"type": refused.kind, "message": refused.message}
        return {"type": "errored", "error": {"type": "error", "error": error}}
    sample = SAMPLE.search(request["custom_id"])
    whole = message(request["params"], max(1, int(sample[1])) if sample else 1)
    return {"type": "succeeded", "message": whole}


def _refused(request: Mapping[str, Any]) -> Refused | None:
    try:
        check(request["params"])
    except Refused as refused:
        return refused
    return None
