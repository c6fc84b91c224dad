"""Calls to a provider with the SDK: one attempt each, one deadline, no redirects, every failure a ProviderError.

Retrying is the caller's: it knows the budget, and a waiting retry must not hold a thread.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx2

from console.provider.calls import Call, Reply, TextDelta
from console.provider.endpoints import Endpoint
from console.provider.errors import ProviderError, from_exception
from console.provider.replies import reply_from
from console.provider.requests import parameters, prompt_parameters
from console.provider.transport import open_transport

if TYPE_CHECKING:
    import anthropic

COUNT_DEADLINE = 15.0

_clients: dict[Endpoint, anthropic.Anthropic] = {}
_opening = threading.Lock()


def load_sdk() -> None:
    """Load the SDK now. It takes a second, which commands and a starting web server should not spend at their start."""
    import anthropic  # noqa: F401


def sdk_client(endpoint: Endpoint) -> anthropic.Anthropic:
    """The SDK's client for an endpoint, opened once a process and shared by its threads."""
    with _opening:
        client = _clients.get(endpoint)
        if client is None:
            client = _clients[endpoint] = _open(endpoint)
        return client


def _open(endpoint: Endpoint) -> anthropic.Anthropic:
    is_socket = endpoint.base_url.startswith("unix:")
    base_url = "http://localhost" if is_socket else endpoint.base_url
    path = endpoint.base_url.removeprefix("unix:") if is_socket else None
    import anthropic

    return anthropic.Anthropic(
        api_key=endpoint.api_key,
        base_url=base_url,
        max_retries=0,
        open_telemetry=False,
        http_client=httpx2.Client(
            transport=open_transport(base_url, socket_path=path), follow_redirects=False
        ),
    )


@contextmanager
def provider_errors() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        found = from_exception(error)
        if found is error:
            raise
        raise found from error


def create(endpoint: Endpoint, call: Call) -> Reply:
    """One whole message. Raises ProviderError."""
    started = time.monotonic()
    with provider_errors():
        response = sdk_client(endpoint).messages.with_raw_response.create(
            **parameters(call), timeout=call.deadline
        )
        # The body as it came: the SDK's model of it would cost a fifth of the call's time and check nothing.
        return reply_from(
            response.json(),
            response.headers,
            rehearsal=endpoint.rehearsal,
            seconds=time.monotonic() - started,
        )


def stream(endpoint: Endpoint, call: Call) -> Generator[TextDelta | Reply, None, None]:
    """The text of one message as it arrives, then the whole reply, once. Raises ProviderError, in the middle too.

    Closing the generator drops the connection, so that the provider stops writing.
    """
    started = time.monotonic()
    first_text: float | None = None
    with (
        provider_errors(),
        sdk_client(endpoint).messages.stream(**parameters(call), timeout=call.deadline) as events,
    ):
        for event in _whole(events):
            if event.type == "text":
                first_text = first_text or time.monotonic() - started
                yield TextDelta(event.text)
        reply = reply_from(
            events.current_message_snapshot.to_dict(mode="json", warnings=False),
            events.response.headers,
            rehearsal=endpoint.rehearsal,
            seconds=time.monotonic() - started,
            first_text_seconds=first_text,
        )
    yield reply


def _whole(events: Iterator[Any]) -> Iterator[Any]:
    """The events of a stream, or ProviderError(malformed) where they break off or make no message."""
    finished = False
    while True:
        try:
            event = next(events)
        except StopIteration:
            break
        except (AttributeError, LookupError, RuntimeError, TypeError) as error:
            # What the SDK stumbles over when events come in an order that makes no message.
            raise ProviderError("malformed", detail="the events of its stream make no message") from error
        finished = finished or event.type == "message_stop"
        yield event
    if not finished:
        raise ProviderError("malformed", detail="the stream ended before the message did")


def count_tokens(endpoint: Endpoint, call: Call) -> int:
    """The tokens of the call's input as the provider counts them. Raises ProviderError."""
    with provider_errors():
        counted: Any = sdk_client(endpoint).messages.count_tokens(
            model=call.model, **prompt_parameters(call), timeout=min(COUNT_DEADLINE, call.deadline)
        )
        tokens = getattr(counted, "input_tokens", None)
        if not isinstance(tokens, int):
            raise ProviderError("malformed", detail="its answer does not hold a number of tokens")
        return tokens
