"""The shared limiter on real PostgreSQL: what one worker takes or learns, every other one sees."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from console.provider import limiter
from console.provider.calls import Call, Limit, Limits, Reply, Usage
from console.provider.endpoints import Endpoint
from console.provider.errors import ProviderError
from console.provider.models import RateLimit

pytestmark = pytest.mark.django_db(transaction=True)

ENDPOINT = Endpoint("Test", "http://127.0.0.1:9", "key-of-the-limiter")


@pytest.fixture(autouse=True)
def fresh_process() -> Iterator[None]:
    limiter._free.clear()
    yield
    limiter._free.clear()


def reply(limits: Limits, usage: Usage | None = None) -> Reply:
    return Reply("msg_1", "m", (), "end_turn", usage or Usage(10, 10), limits=limits)


def learn(
    call: Call, *, requests: int | None = None, remaining: int | None = None, input_tokens: int | None = None
) -> None:
    told = Limits(
        Limit(requests, requests if remaining is None else remaining) if requests else None,
        Limit(input_tokens, input_tokens) if input_tokens else None,
    )
    limiter.record(ENDPOINT, call, reply(told))


def grant(call: Call, times: int, **options: bool) -> int:
    """How many of so many immediate requests are let go."""
    return sum(limiter.reserve(ENDPOINT, call, **options) == 0.0 for _ in range(times))


def test_all_goes_while_nothing_is_known(call: Call) -> None:
    assert grant(call, 50) == 50
    assert not RateLimit.objects.exists()


def test_a_minutes_worth_goes_and_then_waits(call: Call) -> None:
    learn(call, requests=20)
    assert grant(call, 30) == 18, "nine tenths of the bucket are for runs"
    wait = limiter.reserve(ENDPOINT, call)
    assert 0 < wait < 5


def test_a_chat_goes_before_runs(call: Call) -> None:
    learn(call, requests=20)
    assert grant(call, 30) == 18
    assert grant(call, 5, interactive=True) == 2


def test_tokens_are_limited_too(call: Call) -> None:
    long = replace(call, messages=({"role": "user", "content": "x" * 3600},))  # some 1,000 tokens
    learn(long, input_tokens=10_000)
    assert grant(long, 20) == 8


def test_a_call_larger_than_the_bucket_goes_when_the_bucket_is_full(call: Call) -> None:
    huge = replace(call, messages=({"role": "user", "content": "x" * 72_000},))
    learn(huge, input_tokens=10_000)
    RateLimit.objects.update(input_until=None)
    assert limiter.reserve(ENDPOINT, huge) == 0.0
    assert limiter.reserve(ENDPOINT, huge) > 0.0


def test_what_the_provider_says_is_left_is_believed(call: Call) -> None:
    learn(call, requests=100, remaining=11)
    assert grant(call, 20) <= 1, "others use the same key: 11 are left, and a tenth is kept for chats"


def test_an_estimate_is_corrected_when_the_answer_is_known(call: Call) -> None:
    long = replace(call, max_tokens=1, messages=({"role": "user", "content": "x" * 3600},))
    learn(long, input_tokens=10_000)
    assert grant(long, 8) == 8
    before = RateLimit.objects.get().input_until
    # All of it came from the cache, which does not count.
    told = Limits(None, Limit(10_000, 10_000))
    limiter.record(ENDPOINT, long, reply(told, Usage(0, 1, cache_read_tokens=1000)))
    after = RateLimit.objects.get().input_until
    assert 5.5 < (before - after).total_seconds() < 6.5


def test_a_limited_call_pauses_every_worker(call: Call) -> None:
    limiter.record(ENDPOINT, call, ProviderError("limited", retry_after=30.0))
    limiter._free.clear()  # as in another process
    assert 29 < limiter.reserve(ENDPOINT, call) < 33
    RateLimit.objects.update(paused_until=timezone.now())
    assert limiter.reserve(ENDPOINT, call) == 0.0


def test_a_shorter_pause_does_not_end_a_longer_one(call: Call) -> None:
    for seconds in (30.0, 1.0):
        limiter.record(ENDPOINT, call, ProviderError("limited", retry_after=seconds))
    assert limiter.reserve(ENDPOINT, call) > 28


@pytest.mark.parametrize(
    "error",
    [
        ProviderError("overloaded"),
        ProviderError("limited", retryable=False),
        ProviderError("limited", retry_after=0.0),
    ],
)
def test_other_failures_stop_nobody(call: Call, error: ProviderError) -> None:
    limiter.record(ENDPOINT, call, error)
    assert limiter.reserve(ENDPOINT, call) == 0.0


def test_keys_and_models_are_apart(call: Call) -> None:
    learn(call, requests=1)
    limiter.reserve(ENDPOINT, call)
    assert limiter.reserve(ENDPOINT, call) > 0
    assert limiter.reserve(ENDPOINT, replace(call, model="claude-opus-5-5")) == 0.0
    assert limiter.reserve(Endpoint("Test", ENDPOINT.base_url, "another"), call) == 0.0


def test_the_key_is_nowhere_in_the_table(call: Call) -> None:
    learn(call, requests=1)
    assert ENDPOINT.api_key not in str(RateLimit.objects.values().get())


def test_many_threads_take_no_more_than_there_is(call: Call) -> None:
    learn(call, requests=200)
    RateLimit.objects.update(requests_until=None)

    def worker(_: int) -> int:
        try:
            return grant(call, 20)
        finally:
            connection.close()

    with ThreadPoolExecutor(16) as pool:
        granted = sum(pool.map(worker, range(16)))
    # 320 ask for 180; what flows in while they ask is a few more.
    assert 180 <= granted <= 190


def test_the_table_costs_no_disk_write() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relpersistence FROM pg_class WHERE relname = 'provider_ratelimit'")
        assert cursor.fetchone() == ("u",)


def test_reserving_is_one_statement(call: Call, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    learn(call, requests=1000)
    with django_assert_num_queries(1):
        limiter.reserve(ENDPOINT, call)
