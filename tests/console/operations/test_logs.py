"""Log lines: JSON with ids, one id from the proxy to the answer and the worker, and no secret in any of them."""

from __future__ import annotations

import json
import logging

import pytest
from django.urls import reverse

from console import logs
from tests.factories import make_member, make_workspace

KEY = "sk-ant-api03-q8Zt2LmWc7RxVb4NyKd9Hs1PfGjQe6Ua"
INVITED = "/invitations/Zt2LmWc7RxVb4NyKd9Hs1PfGjQe6Ua/"


def line(
    message: str, *args: object, formatter: logging.Formatter | None = None, error: Exception | None = None
) -> str:
    about = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord("remit.test", logging.WARNING, __file__, 1, message, args, about)
    return (formatter or logs.JSONFormatter()).format(record)


def test_a_line_is_one_json_object_with_its_ids():
    with logs.about(run=7, conversation=12):
        found = json.loads(line("It went %s\nwrong", "very"))
    assert (found["message"], found["level"], found["logger"]) == (
        "It went very\nwrong",
        "WARNING",
        "remit.test",
    )
    assert (found["run"], found["conversation"]) == ("7", "12")
    assert "run" not in json.loads(line("after"))


@pytest.mark.parametrize("formatter", [logs.JSONFormatter(), logs.LineFormatter("%(message)s")])
def test_no_secret_is_logged(formatter, settings):
    settings.ANTHROPIC_API_KEY = "a key of no known form"
    try:
        raise ValueError(f"refused {KEY}")
    except ValueError as error:
        written = line(
            "asked with %s at %s as %s",
            settings.ANTHROPIC_API_KEY,
            INVITED,
            KEY,
            formatter=formatter,
            error=error,
        )
    assert KEY not in written
    assert settings.ANTHROPIC_API_KEY not in written
    assert "Zt2L" not in written
    assert "Anthropic API key removed" in written


@pytest.mark.django_db
def test_a_request_keeps_its_id(client, caplog):
    given = client.get("/healthz", headers={"X-Request-ID": "from-the-proxy.1"})
    assert given["X-Request-ID"] == "from-the-proxy.1"
    made = client.get("/healthz", headers={"X-Request-ID": "two\twords <script>"})["X-Request-ID"]
    assert len(made) == 32
    seen = []
    caplog.handler.addFilter(lambda record: seen.append(logs.request_id()) or True)
    client.force_login(make_member(make_workspace("acme"), "viewer").user)
    client.get(reverse("prompts:new", args=["acme"]), headers={"X-Request-ID": "abc"})  # refused, so logged
    assert "abc" in seen
