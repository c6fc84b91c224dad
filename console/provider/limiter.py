"""One rate limiter for a key and model, shared by all workers through PostgreSQL.

Buckets of requests, input tokens and output tokens hold a minute's worth each and refill steadily. What a minute is
worth is learned from the headers of answers; until then everything goes. Call it outside a transaction: the row is
locked until the commit. The table is unlogged: it costs no disk write, and a crash only forgets what is learned again.
"""

from __future__ import annotations

import random
import threading
import time

from console.prepared import execute, fetch_all
from console.provider.calls import Call, Limit, Reply
from console.provider.endpoints import Endpoint, Pace
from console.provider.errors import ProviderError
from console.provider.requests import input_tokens

WINDOW = 60.0  # seconds: a bucket holds what flows in during so long
BULK_SHARE = 0.9  # what runs may take of a bucket, so that somebody who waits before a chat finds a rest
OUTPUT_GUESS = 300  # tokens of an answer before it is known; corrected when it is
PAUSE = 2.0  # seconds, where the provider limits without saying for how long
LONGEST_WAIT = 60.0
FORGET = 0.25  # seconds for which a process believes that nothing limits a key

_BUCKETS = (
    ("requests", "requests_per_minute"),
    ("input", "input_tokens_per_minute"),
    ("output", "output_tokens_per_minute"),
)


def _until(bucket: str) -> str:
    """When the bucket was or will be full; never in the past, so that a rest saves up no more than one window."""
    return f"GREATEST(COALESCE(r.{bucket}_until, c.now), c.now)"


def _limit(bucket: str, limit: str) -> str:
    """What the provider allows or what the workspace allows itself, whichever is less; NULL: nothing is known."""
    return f"LEAST(r.{limit}, %({bucket}_pace)s::bigint)"


def _taking(bucket: str, limit: str) -> str:
    """The time in which what this call takes flows in again."""
    return f"make_interval(secs => COALESCE(%({bucket})s * {WINDOW} / {_limit(bucket, limit)}, 0))"


# A call larger than a whole bucket goes when the bucket is full: it would otherwise wait for ever.
_FITS = " AND ".join(
    f"({_limit(bucket, limit)} IS NULL OR {_until(bucket)} <= c.now"
    f" OR {_until(bucket)} + {_taking(bucket, limit)} <= c.now + make_interval(secs => %(room)s))"
    for bucket, limit in _BUCKETS
)
_TAKE = ", ".join(
    f"{bucket}_until = CASE WHEN {_limit(bucket, limit)} IS NULL THEN r.{bucket}_until"
    f" ELSE {_until(bucket)} + {_taking(bucket, limit)} END"
    for bucket, limit in _BUCKETS
)
_WAITS = ", ".join(
    f"CASE WHEN {_limit(bucket, limit)} IS NULL THEN c.now"
    f" ELSE LEAST({_until(bucket)}, {_until(bucket)} + {_taking(bucket, limit)} - make_interval(secs => %(room)s)) END"
    for bucket, limit in _BUCKETS
)
_LIMITED = " OR ".join(f"{_limit(bucket, limit)} IS NOT NULL" for bucket, limit in _BUCKETS)

# One statement: taking is the UPDATE's own condition, so that no two callers can take the same rest.
RESERVE = f"""
WITH c AS MATERIALIZED (SELECT clock_timestamp() AS now),
taken AS (
    UPDATE provider_ratelimit r SET {_TAKE} FROM c
    WHERE r.endpoint = %(endpoint)s AND r.model = %(model)s AND ({_LIMITED})
      AND COALESCE(r.paused_until, c.now) <= c.now AND {_FITS}
    RETURNING r.id
)
SELECT EXISTS (SELECT 1 FROM taken), ({_LIMITED}),
       EXTRACT(EPOCH FROM GREATEST(COALESCE(r.paused_until, c.now), {_WAITS}) - c.now)::float8
FROM provider_ratelimit r, c WHERE r.endpoint = %(endpoint)s AND r.model = %(model)s
"""  # noqa: S608 (built from the constants above)

_LEARN = ", ".join(
    f"{limit} = COALESCE(EXCLUDED.{limit}, r.{limit}), "
    # What the estimate took too much or too little, then what the provider says is left if that is less than we think.
    f"{bucket}_until = GREATEST(r.{bucket}_until + make_interval(secs => COALESCE(%({bucket}_more)s * {WINDOW} / r.{limit}, 0)),"
    f" EXCLUDED.{bucket}_until)"
    for bucket, limit in _BUCKETS
)
_COLUMNS = ", ".join(f"{limit}, {bucket}_until" for bucket, limit in _BUCKETS)
_VALUES = ", ".join(
    f"%({bucket}_limit)s, clock_timestamp() + make_interval(secs => %({bucket}_spent)s)"
    for bucket, _limit in _BUCKETS
)
RECORD = f"""
INSERT INTO provider_ratelimit AS r (endpoint, model, learned_at, {_COLUMNS})
VALUES (%(endpoint)s, %(model)s, clock_timestamp(), {_VALUES})
ON CONFLICT (endpoint, model) DO UPDATE SET learned_at = EXCLUDED.learned_at, {_LEARN}
"""  # noqa: S608 (built from the constants above)
# The workspace's own pace holds from the first call on, before any answer said anything.
OPEN = """
INSERT INTO provider_ratelimit (endpoint, model) VALUES (%(endpoint)s, %(model)s) ON CONFLICT DO NOTHING
"""
PAUSE_ALL = """
INSERT INTO provider_ratelimit AS r (endpoint, model, paused_until)
VALUES (%(endpoint)s, %(model)s, clock_timestamp() + make_interval(secs => %(seconds)s))
ON CONFLICT (endpoint, model) DO UPDATE SET paused_until = GREATEST(r.paused_until, EXCLUDED.paused_until)
"""

Values = dict[str, str | int | float | None]

_free: dict[
    tuple[str, str], float
] = {}  # key and model -> monotonic time until which nothing is known to limit them
_free_lock = threading.Lock()


def reserve(endpoint: Endpoint, call: Call, *, interactive: bool = False) -> float:
    """Take what ``call`` needs: 0.0 = it may go now. Else seconds after which to ask again, and nothing is taken."""
    key = (endpoint.key, call.model)
    with _free_lock:
        if _free.get(key, 0.0) > time.monotonic():
            return 0.0
    room = WINDOW * (1.0 if interactive else BULK_SHARE)
    values = {**_names(key), **_needs(call), **_pace(endpoint), "room": room}
    row = _fetch(RESERVE, values)
    if row is None and endpoint.pace != Pace():
        execute(OPEN, values)
        row = _fetch(RESERVE, values)
    if row is None:
        with _free_lock:
            _free[key] = time.monotonic() + FORGET
        return 0.0
    taken, limited, wait = row
    if taken or (not limited and wait <= 0):
        return 0.0
    # Spread over a little time, so that those who wait do not all come back in the same instant.
    return min(max(wait, 0.02), LONGEST_WAIT) + random.uniform(0, 0.05 + wait / 20)  # noqa: S311 (no secret)


def record(endpoint: Endpoint, call: Call, outcome: Reply | ProviderError) -> None:
    """Learn from an attempt that ``reserve`` let go. Call it after every attempt, whatever came of it."""
    key = (endpoint.key, call.model)
    if isinstance(outcome, Reply):
        _learn(key, call, outcome)
    elif outcome.kind == "limited" and outcome.retryable:
        seconds = PAUSE if outcome.retry_after is None else outcome.retry_after
        if seconds > 0:
            execute(PAUSE_ALL, {**_names(key), "seconds": seconds})
            _known(key)


def _learn(key: tuple[str, str], call: Call, reply: Reply) -> None:
    limits = {
        "requests": reply.limits.requests,
        "input": reply.limits.input_tokens,
        "output": reply.limits.output_tokens,
    }
    if not any(limits.values()):
        return
    needed = _needs(call)
    # What was read from the cache does not count against the limit of input tokens.
    used = {
        "requests": 1,
        "input": reply.usage.total_input - reply.usage.cache_read_tokens,
        "output": reply.usage.output_tokens,
    }
    values = _names(key)
    for bucket, limit in limits.items():
        values[f"{bucket}_limit"] = limit.per_minute if limit else None
        values[f"{bucket}_spent"] = _spent(limit)
        values[f"{bucket}_more"] = used[bucket] - needed[bucket]
    execute(RECORD, values)
    _known(key)


def _spent(limit: Limit | None) -> float | None:
    return None if limit is None else (1 - limit.remaining / limit.per_minute) * WINDOW


def _pace(endpoint: Endpoint) -> Values:
    pace = endpoint.pace
    own = zip(_BUCKETS, (pace.requests, pace.input_tokens, pace.output_tokens), strict=True)
    return {f"{bucket}_pace": limit for (bucket, _), limit in own}


def _needs(call: Call) -> dict[str, int]:
    return {"requests": 1, "input": input_tokens(call), "output": min(call.max_tokens, OUTPUT_GUESS)}


def _names(key: tuple[str, str]) -> Values:
    return {"endpoint": key[0], "model": key[1][:200]}


def _known(key: tuple[str, str]) -> None:
    with _free_lock:
        _free.pop(key, None)


def _fetch(statement: str, values: Values) -> tuple[bool, bool, float] | None:
    rows = fetch_all(statement, values)
    return rows[0] if rows else None
