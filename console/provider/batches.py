"""Message batches with the SDK: many calls for half the price, answered within 24 hours. One attempt each, as elsewhere.

A batch cannot be named when it is made, and making one twice makes two. Each request carries a name of its own, though,
by which its answer is recognised, so that whoever reads the answers knows whose they are.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from typing import TYPE_CHECKING, Any

from console.provider.calls import Call, Reply
from console.provider.client import provider_errors, sdk_client
from console.provider.endpoints import ANTHROPIC, CLOUDS, Endpoint, Kind
from console.provider.errors import ProviderError, from_words
from console.provider.replies import reply_from
from console.provider.requests import parameters

if TYPE_CHECKING:
    from anthropic.types.messages import MessageBatch

LONGEST = timedelta(hours=24)  # after which the provider ends a batch, whatever was answered
SEND_DEADLINE = 120.0  # seconds
LOOK_DEADLINE = 30.0
READ_DEADLINE = 600.0
MOST_RECENT = 1_000  # batches that are looked through for one of ours
PAGE = 100
NAME = re.compile(r"[A-Za-z0-9_-]{1,120}")
MOST_COUNTED = 1_000_000
KEEP_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Counts:
    """Requests of a batch by what became of them. All are being processed until the whole batch ends."""

    processing: int = 0
    succeeded: int = 0
    errored: int = 0
    canceled: int = 0
    expired: int = 0

    @property
    def total(self) -> int:
        return self.processing + self.answered

    @property
    def answered(self) -> int:
        return self.succeeded + self.errored + self.canceled + self.expired


@dataclass(frozen=True, slots=True)
class Sent:
    """A batch as the provider tells of it. ``status``: in_progress, canceling or ended."""

    id: str
    status: str
    counts: Counts
    created_at: datetime
    expires_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one request: a reply or an error."""

    custom_id: str
    outcome: Reply | ProviderError


def send(endpoint: Endpoint, requests: Sequence[tuple[str, Call]]) -> Sent:
    """Make a batch of calls, each with the name that its answer will carry. Raises ProviderError."""
    given: Any = [{"custom_id": name, "params": parameters(call)} for name, call in requests]
    with provider_errors():
        made = sdk_client(endpoint).messages.batches.create(requests=given, timeout=SEND_DEADLINE)
        return _sent(made)


def look(endpoint: Endpoint, batch: str) -> Sent:
    """How far a batch is. Raises ProviderError."""
    with provider_errors():
        return _sent(sdk_client(endpoint).messages.batches.retrieve(batch, timeout=LOOK_DEADLINE))


def cancel(endpoint: Endpoint, batch: str) -> Sent:
    """Have a batch end early; what was answered is kept. Raises ProviderError."""
    with provider_errors():
        return _sent(sdk_client(endpoint).messages.batches.cancel(batch, timeout=LOOK_DEADLINE))


def recent(endpoint: Endpoint, since: datetime) -> list[Sent]:
    """The batches made since, newest first. Raises ProviderError."""
    with provider_errors():
        page = sdk_client(endpoint).messages.batches.list(limit=PAGE, timeout=LOOK_DEADLINE)
        listed = map(_sent, islice(page, MOST_RECENT))
        return list(takewhile(lambda found: found.created_at >= since, listed))


def answers(endpoint: Endpoint, batch: str) -> Iterator[Answer]:
    """What became of each request of a batch that ended, as it comes over the wire. Raises ProviderError, in the middle too."""
    from anthropic._decoders.jsonl import JSONLDecoder  # what `batches.results` returns
    from anthropic.types.messages import MessageBatchIndividualResponse

    with provider_errors():
        # Not `batches.results`: it follows the address that the answer names, and a key goes to no address but its own.
        lines = sdk_client(endpoint).get(
            f"/v1/messages/batches/{batch}/results",
            cast_to=JSONLDecoder[MessageBatchIndividualResponse],
            options={"timeout": READ_DEADLINE, "headers": {"Accept": "application/binary"}},
            stream=True,
        )
        try:
            for line in lines:
                yield _answer(line.to_dict(mode="json", warnings=False), endpoint, batch)
        except (AttributeError, TypeError) as error:
            raise ProviderError("malformed", detail="a line of its batch is no result") from error
        finally:
            lines.close()


def _answer(line: dict[str, Any], endpoint: Endpoint, batch: str) -> Answer:
    result = line.get("result")
    result = result if isinstance(result, dict) else {}
    name, kind = str(line.get("custom_id", "")), result.get("type")
    if kind == "succeeded":
        return Answer(name, _reply(result.get("message"), endpoint, batch))
    if kind in ("expired", "canceled"):
        return Answer(name, ProviderError(kind))
    error = result.get("error")
    words = error.get("error") if isinstance(error, dict) else None
    if kind != "errored" or not isinstance(words, dict):
        return Answer(
            name, ProviderError("malformed", detail="its batch does not say what became of the call")
        )
    return Answer(name, from_words(words.get("type"), words.get("message")))


def _reply(message: object, endpoint: Endpoint, batch: str) -> Reply | ProviderError:
    try:
        reply = reply_from(message, {}, rehearsal=endpoint.rehearsal, seconds=0.0)
    except ProviderError as error:
        return error
    if reply.stop_reason in ("tool_use", "pause_turn"):
        return ProviderError("malformed", detail="its answer wants to go on, and offered were no tools")
    return replace(reply, batch=True, request_id=batch)


def _sent(batch: MessageBatch) -> Sent:
    """Not validated by the SDK: a server that answers something else has made no batch."""
    counts, name = getattr(batch, "request_counts", None), getattr(batch, "id", None)
    # The name becomes part of an address.
    if not isinstance(name, str) or not NAME.fullmatch(name) or not isinstance(batch.created_at, datetime):
        raise ProviderError("malformed", detail="its answer is not a message batch")
    if batch.processing_status not in ("in_progress", "canceling", "ended") or counts is None:
        raise ProviderError("malformed", detail="its answer does not say how far the batch is")
    numbers = {name: getattr(counts, name, 0) or 0 for name in Counts.__slots__}
    if not all(isinstance(number, int) and 0 <= number <= MOST_COUNTED for number in numbers.values()):
        raise ProviderError("malformed", detail="its answer does not count the batch's requests")
    return Sent(
        id=name,
        status=batch.processing_status,
        counts=Counts(**numbers),
        created_at=_aware(batch.created_at),
        expires_at=_aware(batch.expires_at) if isinstance(batch.expires_at, datetime) else None,
        ended_at=_aware(batch.ended_at) if isinstance(batch.ended_at, datetime) else None,
    )


def _aware(time: datetime) -> datetime:
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def size_of(call: Call) -> int:
    """Bytes of a request in the body of a batch, some more rather than fewer."""
    return len(json.dumps(parameters(call))) + 128


# --- who has them

_kept: dict[str, tuple[float, str]] = {}
_lock = threading.Lock()


def unsupported(endpoint: Endpoint) -> str:
    """Why the endpoint takes no batches, as a sentence, or "". A server of unknown make is asked, every five minutes."""
    if endpoint.problem:
        return endpoint.problem
    if endpoint.kind in CLOUDS:
        return f"{Kind(endpoint.kind).label} takes no message batches through the SDK."
    if endpoint.rehearsal or endpoint.base_url == ANTHROPIC:
        return ""
    with _lock:
        kept = _kept.get(endpoint.key)
    if kept is None or time.monotonic() - kept[0] >= KEEP_SECONDS:
        kept = time.monotonic(), _asked(endpoint)
        with _lock:
            _kept[endpoint.key] = kept
    return kept[1]


def _asked(endpoint: Endpoint) -> str:
    try:
        with provider_errors():
            page = sdk_client(endpoint).messages.batches.list(limit=1, timeout=LOOK_DEADLINE)
            if not isinstance(getattr(page, "data", None), list):
                raise ProviderError("malformed")
    except ProviderError as error:
        if error.kind in ("not_found", "malformed", "bad_request") or error.http_status == 405:
            return f"{endpoint.name} takes no message batches."
        return f"{endpoint.name} cannot be asked whether it takes message batches: {error}"
    return ""
