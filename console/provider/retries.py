"""When a step that failed is tried again. The caller schedules: a waiting retry holds no thread."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from console.provider.errors import ProviderError


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """The budget of one step: so many attempts, so many seconds of waiting in all."""

    attempts: int = 8
    base: float = 0.5
    cap: float = 30.0
    budget: float = 300.0


def delay(
    error: ProviderError,
    attempt: int,
    *,
    waited: float = 0.0,
    policy: RetryPolicy = RetryPolicy(),
    jitter: Callable[[], float] = random.random,
) -> float | None:
    """Seconds until the next attempt, or None: give up and record the error for what it is.

    ``attempt`` counts from 1 and is the one that failed; ``waited``: seconds already waited for this step.
    ``retry_after`` is honoured in full, with a little on top so that the workers do not return all at once.
    """
    if not error.retryable or attempt >= policy.attempts:
        return None
    backoff = min(policy.cap, policy.base * 2 ** min(attempt - 1, 30)) * (0.5 + jitter() / 2)
    wait = (
        backoff
        if error.retry_after is None
        else error.retry_after + min(backoff, 0.25 + error.retry_after / 4) * jitter()
    )
    return wait if waited + wait <= policy.budget else None
