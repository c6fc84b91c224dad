"""Calls to a provider with the SDK: one attempt each, one deadline, no redirects, every failure a ProviderError.

Retrying is the caller's: it knows the budget, and a waiting retry must not hold a thread.
"""

from __future__ import annotations

import gc
import sys
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import httpx2

from console.provider.calls import STOPPED, Call, Reply, TextDelta, Usage
from console.provider.endpoints import Endpoint
from console.provider.errors import ProviderError, from_exception
from console.provider.gate import Gate
from console.provider.platforms import open_platform
from console.provider.replies import reply_from
from console.provider.requests import input_tokens, parameters, prompt_parameters, tokens_in
from console.provider.stopping import Stop
from console.provider.transport import open_transport, stoppable, through

if TYPE_CHECKING:
    import anthropic

COUNT_DEADLINE = 15.0

_clients: dict[Endpoint, anthropic.Anthropic] = {}
_opening = threading.Lock()


def load_sdk() -> None:
    """Load the SDK now. It takes seconds, which commands and a starting web server should not spend at their start.

    Without the garbage collector, which would look through its thousands of classes again and again: a tenth less. Nor
    will it look at them later, while every thread waits for it.
    """
    if "anthropic" in sys.modules:
        return
    collecting = gc.isenabled()
    gc.disable()
    try:
        import anthropic  # noqa: F401

        gc.freeze()
    finally:
        if collecting:
            gc.enable()


def sdk_client(endpoint: Endpoint) -> anthropic.Anthropic:
    """The SDK's client for an endpoint, opened once a process and shared by its threads."""
    if endpoint.problem:
        raise ProviderError("unusable_account", detail=endpoint.problem)
    with _opening:
        client = _clients.get(endpoint)
        if client is None:
            # An account that changed leaves no client with its former key behind.
            for former in [
                known for known in _clients if known.account and known.account == endpoint.account
            ]:
                del _clients[former]
            client = _clients[endpoint] = _open(endpoint)
        return client


def _open(endpoint: Endpoint) -> anthropic.Anthropic:
    is_socket = endpoint.base_url.startswith("unix:")
    base_url = "http://localhost" if is_socket else endpoint.base_url
    path = endpoint.base_url.removeprefix("unix:") if is_socket else None
    load_sdk()
    transport = open_transport(base_url, socket_path=path, guarded=endpoint.guarded)
    return open_platform(endpoint, httpx2.Client(transport=transport, follow_redirects=False), base_url)


@contextmanager
def provider_errors() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        found = from_exception(error)
        if found is error:
            raise
        raise found from error


def _to_rehearsal(endpoint: Endpoint, call: Call) -> dict[str, Any]:
    """What only the stand-in is told: a model varies by itself, and the API has no field for it."""
    if not endpoint.rehearsal or call.sample == 1:
        return {}
    return {"extra_headers": {"x-remit-sample": str(call.sample)}}


def create(endpoint: Endpoint, call: Call, gate: Gate | None = None) -> Reply:
    """One whole message. Raises ProviderError, and NotBegun when it is sent back at the ``gate`` that it has to pass."""
    started = time.monotonic()
    with provider_errors(), through(gate) as passage:
        response = sdk_client(endpoint).messages.with_raw_response.create(
            **parameters(call), **_to_rehearsal(endpoint, call), timeout=call.deadline
        )
        # The body as it came: the SDK's model of it would cost a fifth of the call's time and check nothing.
        return reply_from(
            response.json(),
            response.headers,
            rehearsal=endpoint.rehearsal,
            seconds=time.monotonic() - started - passage.waited,
        )


def stream(
    endpoint: Endpoint, call: Call, stop: Stop | None = None
) -> Generator[TextDelta | Reply, None, None]:
    """The text of one message as it arrives, then the whole reply, once. Raises ProviderError, in the middle too.

    Closing the generator drops the connection, so that the provider stops writing. ``stop``, asked for by another
    thread, does so at once; the reply is then what had come, with the stop reason "stopped".
    """
    coming = _Coming(call)
    try:
        with provider_errors(), ExitStack() as stack:
            with stoppable(stop):
                opened = sdk_client(endpoint).messages.stream(
                    **parameters(call), **_to_rehearsal(endpoint, call), timeout=call.deadline
                )
                events = stack.enter_context(opened)
            for event in _whole(events):
                if event.type == "text":
                    yield coming.text(event.text)
                elif event.type == "message_start":
                    coming.message = event.message
            reply = reply_from(
                events.current_message_snapshot.to_dict(mode="json", warnings=False),
                events.response.headers,
                rehearsal=endpoint.rehearsal,
                seconds=coming.seconds,
                first_text_seconds=coming.first_text,
            )
    except ProviderError:
        if stop is None or not stop.asked:
            raise
        reply = coming.cut(rehearsal=endpoint.rehearsal)
    yield reply


class _Coming:
    """What has come of a streamed message so far."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._started = time.monotonic()
        self._texts: list[str] = []
        self.first_text: float | None = None
        self.message: Any = None  # as its start announced it

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._started

    def text(self, text: str) -> TextDelta:
        self.first_text = self.first_text or self.seconds
        self._texts.append(text)
        return TextDelta(text)

    def cut(self, *, rehearsal: bool) -> Reply:
        """A reply of what had come. What it used is estimated: the provider says so only at the end of a message."""
        text, message = "".join(self._texts), self.message
        read = message.usage.input_tokens if message else input_tokens(self._call)
        return Reply(
            id=message.id if message else "",
            model=message.model if message else self._call.model,
            content=({"type": "text", "text": text},) if text.strip() else (),
            stop_reason=STOPPED,
            usage=Usage(
                input_tokens=read,
                output_tokens=tokens_in(text),
                cache_read_tokens=(message and message.usage.cache_read_input_tokens) or 0,
                cache_write_tokens=(message and message.usage.cache_creation_input_tokens) or 0,
            ),
            rehearsal=rehearsal,
            seconds=self.seconds,
            first_text_seconds=self.first_text,
        )


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
