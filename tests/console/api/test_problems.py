"""What goes wrong has one form, who asks too often is told, and the reference is a page of our own."""

from __future__ import annotations

import pytest
from django.urls import reverse

from console.accounts.rates import Rate, TooMany
from tests.console.api.program import Caller, caller, problem

pytestmark = pytest.mark.django_db


def test_whatever_goes_wrong_is_a_problem_document(client, team, settings):
    program = caller(client, team["all"])
    problem(program.get("nothing/at/all/here"), 404)
    problem(program.get("prompts/UPPER%00"), 404)
    answer = program.post("prompts", {})
    problem(answer, 405)
    assert answer["Allow"] == "GET"
    problem(program.post("prompts/aria/production", {}), 405)
    problem(program.post("validate", "text", content_type="text/plain"), 415)
    problem(program.post("validate", "", content_type="application/x-www-form-urlencoded"), 422)
    assert "larger than" in problem(
        program.post("validate", b" " * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)), 413
    )
    for body in (b"{", b"\xff", b"[" * 200_000, b'{"text": "\\ud800"}', b'{"a": 1, "a": 2}', b'{"n": 1e999}'):
        problem(program.post("validate", body), 400)
    problem(program.post("validate", "[1]"), 422)
    problem(program.post("imports", {"source": "a\0b"}), 422)
    problem(program.get("prompts?q=%00"), 422)
    problem(program.get("prompts?page=0"), 422)
    problem(program.get("audit?before=99999999999999999999999"), 422)
    problem(program.get("runs/99999999999999999999999"), 404)
    problem(client.get("/api/v1/prompts", headers={"host": "elsewhere.example"} | program.headers), 400)
    problem(program.post("runs", {"suite": "x", "revisions": [{"label": "a\0", "draft": {}}]}), 422)


def test_a_fault_of_ours_is_a_problem_document_too(client, team, monkeypatch):
    program = caller(client, team["all"])
    monkeypatch.setattr("console.prompts.api.listed", lambda *_: 1 / 0)
    client.raise_request_exception = False
    detail = problem(program.get("prompts"), 500)
    assert "Something went wrong" in detail and "zero" not in detail


def test_who_asks_too_often_is_told_when_to_come_back(client, team, settings):
    settings.REMIT_API_RATE = settings.REMIT_FETCH_RATE = settings.REMIT_REFUSED_RATE = 2
    program = caller(client, team["all"])
    first = program.get("suites")
    assert first["RateLimit-Policy"] == '"minute";q=2;w=60'
    assert first["RateLimit"].startswith('"minute";r=1;')
    program.get("suites")
    refused = program.get("suites")
    problem(refused, 429)
    assert 1 <= int(refused["Retry-After"]) <= 30
    assert caller(client, team["all"]).get("suites").status_code == 200  # each token has its own
    nobody = Caller(client, "remit_nothing")
    assert [nobody.get("suites").status_code for _ in range(3)] == [401, 401, 429]
    assert caller(client, team["all"]).get("suites").status_code == 200  # from the same address


def test_a_rate_fills_up_again(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("console.accounts.rates.time.monotonic", lambda: now[0])
    rate = Rate(60)
    assert [rate.take("a").left for _ in range(60)] == list(range(59, -1, -1))
    with pytest.raises(TooMany) as error:
        rate.take("a")
    assert error.value.headers["Retry-After"] == "1"
    now[0] = 1.5
    assert rate.take("a").left == 0
    now[0] = 1000.0
    assert rate.take("a").left == 59
    assert rate.take("b").left == 59
    assert Rate(0).take("a").limit == 0


def test_the_reference_is_a_page_of_our_own(client):
    schema = client.get("/api/v1/openapi.json").json()
    assert "/api/v1/prompts/{slug}/{label}" in schema["paths"]
    kinds = {
        kind
        for path in schema["paths"].values()
        for operation in path.values()
        for code, answer in operation["responses"].items()
        if code >= "400"
        for kind in answer.get("content", {})
    }
    assert kinds == {"application/problem+json"}
    page = client.get(reverse("api:docs")).content.decode()
    for path in schema["paths"].values():
        for operation in path.values():
            assert f'id="{operation["operationId"]}"' in page and operation["summary"] in page
    assert "://" not in page.replace("http://testserver", "").replace("http://www.w3.org", "")
