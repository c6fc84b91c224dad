from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from console.provider import client
from console.provider.calls import Call
from console.provider.endpoints import Endpoint
from console.provider.errors import KINDS, ProviderError
from console.provider.retries import RetryPolicy, delay
from tests.messages_api import Faults, messages_api

POLICY = RetryPolicy(attempts=4, base=1.0, cap=10.0, budget=60.0)


def test_waits_grow_and_stay_below_the_cap() -> None:
    policy = RetryPolicy(attempts=20, base=1.0, cap=10.0, budget=1000.0)
    waits = [
        delay(ProviderError("server"), attempt, policy=policy, jitter=lambda: 1.0) for attempt in range(1, 8)
    ]
    assert waits == [1.0, 2.0, 4.0, 8.0, 10.0, 10.0, 10.0]


def test_waits_are_spread() -> None:
    low, high = (delay(ProviderError("server"), 3, policy=POLICY, jitter=lambda j=j: j) for j in (0.0, 1.0))
    assert (low, high) == (2.0, 4.0)


def test_what_the_provider_asks_for_is_waited_in_full() -> None:
    error = ProviderError("limited", retry_after=20.0)
    assert all(20.0 <= delay(error, 1, policy=POLICY) <= 26.0 for _ in range(100))  # type: ignore[operator]


@pytest.mark.parametrize("kind", [name for name, kind in KINDS.items() if not kind.retryable])
def test_what_cannot_get_better_is_not_tried_again(kind: str) -> None:
    assert delay(ProviderError(kind), 1) is None


def test_the_attempts_end() -> None:
    assert delay(ProviderError("server"), 3, policy=POLICY) is not None
    assert delay(ProviderError("server"), 4, policy=POLICY) is None


def test_the_budget_ends() -> None:
    assert delay(ProviderError("limited", retry_after=50.0), 1, policy=POLICY, jitter=lambda: 0.0) == 50.0
    assert delay(ProviderError("limited", retry_after=50.0), 1, waited=20.0, policy=POLICY) is None


def test_a_mix_of_faults_costs_only_the_calls_it_explains() -> None:
    policy = RetryPolicy(attempts=12, base=0.001, cap=0.01)

    def complete(number: int) -> str:
        attempt = 1
        while True:
            try:
                return client.create(endpoint, call).text
            except ProviderError as error:
                wait = delay(error, attempt, policy=policy)
                assert wait is not None, "given up"
                time.sleep(wait)
                attempt += 1

    faults = Faults(
        limited=0.1, overloaded=0.06, server=0.05, reset=0.05, truncated=0.05, malformed=0.03, retry_after="0"
    )
    call = Call("claude-sonnet-5-5", ({"role": "user", "content": "Hello"},))
    with messages_api(faults=faults) as api, ThreadPoolExecutor(16) as pool:
        endpoint = Endpoint("Test", api.url, api.key)
        assert list(pool.map(complete, range(200))) == ["Answer 1: Hello"] * 200
        assert api.outcomes["ok"] == 200
        assert set(api.outcomes) == {
            "ok",
            "limited",
            "overloaded",
            "server",
            "reset",
            "truncated",
            "malformed",
        }
        assert len(api.calls) == api.outcomes.total() > 200
