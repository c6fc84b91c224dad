"""What is kept, and what follows from its age: the whole policy of both clients, without a network or a clock."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from enum import Enum
from typing import TypeAlias

from remit_client.answers import Answer
from remit_client.errors import Absent, Unavailable
from remit_client.prompts import Prompt, Source

Key: TypeAlias = tuple[str, str]


class Do(Enum):
    """What to do about a prompt that is asked for."""

    USE = "use what is kept"
    USE_AND_ASK = "use what is kept and ask again meanwhile"
    ASK = "ask, and wait for the answer"


@dataclass(slots=True)
class _Kept:
    prompt: Prompt
    etag: str
    at: float
    fresh: float
    usable: float


@dataclass(frozen=True, slots=True)
class Plan:
    do: Do
    prompt: Prompt | None = None
    etag: str = ""


class Memory:
    """Thread-safe. Times are seconds of a clock that never goes back.

    INVARIANT: something old is handed out only while it may be revalidated, or while Remit can't answer. After a definite
    no nothing is: neither what was kept nor a bundle, until Remit has it again.
    """

    def __init__(self, bundles: dict[Key, Prompt], *, pause: float) -> None:
        self._bundles = bundles
        self._pause = pause
        self._kept: dict[Key, _Kept] = {}
        self._denied: set[Key] = set()
        self._not_before: dict[Key, float] = {}
        self._asking: set[Key] = set()
        self._lock = threading.Lock()

    def plan(self, key: Key, now: float) -> Plan:
        with self._lock:
            kept = self._kept.get(key)
            if kept is None:
                return Plan(Do.ASK)
            age = now - kept.at
            if age <= kept.fresh:
                return Plan(Do.USE, replace(kept.prompt, source="cache"))
            if age <= kept.fresh + kept.usable:
                old = replace(kept.prompt, source="stale")
                if key in self._asking or now < self._not_before.get(key, now):
                    return Plan(Do.USE, old)
                self._asking.add(key)
                return Plan(Do.USE_AND_ASK, old, kept.etag)
            return Plan(Do.ASK, etag=kept.etag)

    def wait_left(self, key: Key, now: float) -> bool:
        """Whether Remit failed so recently that asking again would only make callers wait."""
        with self._lock:
            return now < self._not_before.get(key, now)

    def etag(self, key: Key) -> str:
        with self._lock:
            kept = self._kept.get(key)
            return kept.etag if kept else ""

    def answered(self, key: Key, answer: Answer, now: float) -> Prompt:
        """Raises Unavailable for a 304 to which nothing is kept."""
        with self._lock:
            self._not_before.pop(key, None)
            kept = self._kept.get(key)
            prompt = answer.prompt or (kept.prompt if kept else None)
            if prompt is None:
                raise Unavailable("Remit said that nothing changed, and nothing was kept.")
            self._denied.discard(key)
            etag = answer.etag or (kept.etag if kept and answer.prompt is None else "")
            life = answer.lifetime
            self._kept[key] = _Kept(prompt, etag, now, life.fresh, life.usable)
            return replace(prompt, source="network")

    def denied(self, key: Key, error: Exception) -> None:
        """A definite answer: what was kept is forgotten."""
        with self._lock:
            self._kept.pop(key, None)
            self._not_before.pop(key, None)
            if isinstance(error, Absent):
                self._denied.add(key)

    def failed(self, key: Key, error: Unavailable, now: float) -> Prompt:
        """What is used while Remit can't answer: what was kept, however old, then a bundle. Raises the error."""
        with self._lock:
            self._not_before[key] = now + (self._pause if error.retry_after is None else error.retry_after)
            return self._instead(key, error)

    def instead(self, key: Key, error: Unavailable) -> Prompt:
        with self._lock:
            return self._instead(key, error)

    def _instead(self, key: Key, error: Unavailable) -> Prompt:
        kept, source = self._kept.get(key), "stale"
        prompt = kept.prompt if kept else None
        if prompt is None and key not in self._denied:
            prompt, source = self._bundles.get(key), "bundle"
        if prompt is None:
            raise error
        marked: Source = "bundle" if source == "bundle" else "stale"
        return replace(prompt, source=marked)

    def asked(self, key: Key) -> None:
        """The request that USE_AND_ASK called for is over, whatever came of it."""
        with self._lock:
            self._asking.discard(key)
