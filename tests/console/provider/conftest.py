from __future__ import annotations

from collections.abc import Iterator

import pytest

from console.provider.calls import Call
from console.provider.endpoints import Endpoint
from tests.messages_api import MessagesAPI, messages_api


@pytest.fixture
def api() -> Iterator[MessagesAPI]:
    with messages_api() as server:
        yield server


@pytest.fixture
def endpoint(api: MessagesAPI) -> Endpoint:
    return Endpoint("Test", api.url, api.key)


@pytest.fixture
def call() -> Call:
    return Call(
        model="claude-sonnet-5-5", system="You are Aria.", messages=({"role": "user", "content": "Hello"},)
    )
