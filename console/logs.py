"""Log lines: for people or as JSON, with the request and the run that they belong to, and without any secret."""

from __future__ import annotations

import json
import logging
import random
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

HEADER = "X-Request-ID"
_IN_META = "HTTP_X_REQUEST_ID"  # request.headers would read all of them, for every request
_FORM = re.compile(r"[A-Za-z0-9._-]{1,64}")
# The secret of an invitation, and of a new password, stands in its address.
_ADDRESSES = re.compile(r"(/(?:invitations|password/reset/key)/)[^/\s\"']+")
_NONE: Mapping[str, str] = MappingProxyType({})
_about: ContextVar[Mapping[str, str]] = ContextVar("about", default=_NONE)


@contextmanager
def about(**ids: object) -> Iterator[None]:
    """Every line inside carries these ids: ``about(run=7, conversation=12)``."""
    token = _about.set({**_about.get(), **{name: str(value) for name, value in ids.items()}})
    try:
        yield
    finally:
        _about.reset(token)


def begin(**ids: str) -> None:
    """As ``about``, until the next ``begin`` of this thread: for workers, whose signals are no context."""
    _about.set({name: value for name, value in ids.items() if value})


def request_id() -> str:
    """The id of the request being answered, or of the one that a task was woken by; empty outside of both."""
    return _about.get().get("request", "")


class RequestIdMiddleware:
    """Takes the id that a proxy gave the request, or makes one, and gives it back in the answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        given: str = request.META.get(_IN_META, "")
        id = (
            given if _FORM.fullmatch(given) else f"{random.getrandbits(128):032x}"
        )  # no secret: only not two alike
        with about(request=id):
            response = self.get_response(request)
        response[HEADER] = id
        return response


def without_secrets(text: str) -> str:
    """Black out keys and tokens: those that look like one, and those that this installation has."""
    from policies.secrets import redact  # not when logging is set up: the policy engine is not small

    for known in (settings.ANTHROPIC_API_KEY, settings.SECRET_KEY):
        if len(known) >= 8:
            text = text.replace(known, "[secret removed]")
    return _ADDRESSES.sub(r"\1[removed]", redact(text))


class LineFormatter(logging.Formatter):
    """One line for people."""

    def format(self, record: logging.LogRecord) -> str:
        ids = "".join(f" {name}={value}" for name, value in _about.get().items())
        return without_secrets(super().format(record) + ids)


class JSONFormatter(logging.Formatter):
    """One JSON object a line, its names those that collectors expect."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **_about.get(),
        }
        if status := getattr(record, "status_code", None):
            line["status"] = status
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps({name: _clean(value) for name, value in line.items()}, ensure_ascii=False)


def _clean(value: object) -> object:
    return without_secrets(value) if isinstance(value, str) else value
