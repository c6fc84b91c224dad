"""So many requests at a time, and none that was sent back while it waited."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from console.embedded.processes import wait_until
from console.provider import client
from console.provider.calls import Call, Reply
from console.provider.endpoints import Endpoint
from console.provider.errors import ProviderError
from console.provider.gate import Gate, NotBegun
from tests.messages_api import Fault, MessagesAPI


def test_no_more_requests_than_places_are_under_way_and_the_wait_is_none_of_the_providers(
    api: MessagesAPI, endpoint: Endpoint, call: Call
) -> None:
    api.latency = 0.1
    gate = Gate(2)
    with ThreadPoolExecutor(6) as threads:
        replies = list(threads.map(lambda _: client.create(endpoint, call, gate), range(6)))
    assert api.max_in_flight == 2
    assert len(api.calls) == 6
    # Three went one after another through each place.
    assert max(reply.seconds for reply in replies) < 0.25


def test_a_place_is_handed_over_after_a_failure_too(api: MessagesAPI, endpoint: Endpoint, call: Call) -> None:
    gate = Gate(1)
    for kind in ("server", "reset", "truncated"):
        api.fail_next(Fault(kind))
        with pytest.raises(ProviderError):
            client.create(endpoint, call, gate)
    assert client.create(endpoint, call, gate).text


def test_what_is_sent_back_while_it_waits_is_never_sent_on(
    api: MessagesAPI, endpoint: Endpoint, call: Call
) -> None:
    answering = threading.Event()
    api.answer = lambda request: str(answering.wait(30))
    gate = Gate(1)

    def calling(threads: ThreadPoolExecutor) -> Future[Reply]:
        return threads.submit(client.create, endpoint, call, gate)

    with ThreadPoolExecutor(3) as threads:
        under_way = calling(threads)
        assert wait_until(lambda: len(api.calls) == 1, within=10)
        waiting = [calling(threads) for _ in range(2)]
        assert wait_until(lambda: len(gate._waiting) == 2, within=10)
        gate.send_back()
        for future in waiting:
            with pytest.raises(NotBegun):
                future.result(10)
        answering.set()
        assert under_way.result(10).text == "True"
        assert client.create(endpoint, call, gate).text == "True"
    assert len(api.calls) == 2
