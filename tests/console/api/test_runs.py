"""Runs started, waited for, cancelled, and asked for twice."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test import Client

from console import live
from console.audit.models import Entry
from console.embedded.processes import wait_until
from console.trials.batch_models import MessageBatch
from console.trials.models import Run, StartKey
from console.trials.runs import close
from tests.console.api.program import Caller, caller, problem
from tests.factories import (
    make_prompt,
    make_revision,
    make_suite,
)

pytestmark = pytest.mark.django_db


def test_a_run_is_started_waited_for_and_cancelled(client, team, live_rehearsal):
    prompt = make_prompt(team["all"], "aria", domain="general")
    make_revision(team["all"], prompt)
    make_suite(team["all"].workspace, slug="hello")
    program = caller(client, team["all"])
    draft = {"draft": 1, "sections": [{"id": "role", "kind": "role", "text": "You are Bo."}]}
    started = program.post(
        "runs",
        {
            "suite": "hello",
            "revisions": ["aria@1", {"label": "mine", "draft": draft}],
            "max_cost": 1,
            "economy": True,
        },
    )
    assert started.status_code == 202, started.content
    run = started.json()
    assert (run["planned"], run["status"], run["open"], run["economy"]) == (2, "running", True, True)
    assert started["Location"] == "/api/v1/runs/1" and run["page"].endswith("/w/meridian/runs/1/")
    Run.objects.get().batches.create(number=1, requests=2, provider_id="msgbatch_1", status="in_progress")
    waited = program.get("runs/1?wait=0.01").json()
    (batch,) = waited["batches"]
    assert waited["open"] is True and batch["open"] is True
    assert (batch["name"], batch["state"], batch["requests"]) == ("msgbatch_1", "in progress", 2)
    MessageBatch.objects.all().delete()
    cancelled = program.post("runs/1/cancel").json()
    assert (cancelled["status"], cancelled["open"]) == ("cancelled", False)
    assert program.get("runs/1?wait=60").json()["status"] == "cancelled"
    problem(program.post("runs/1/cancel"), 409)
    for wrong in (
        {"suite": "none", "revisions": ["aria@1"]},
        {"suite": "hello", "revisions": ["aria@9"]},
        {"suite": "hello", "revisions": ["aria@1", "aria@1"]},
        {"suite": "hello", "revisions": []},
        {"suite": "hello", "revisions": ["aria@1"], "samples": 99},
        {"suite": "hello", "revisions": ["aria@1"], "sampels": 2},
        {"suite": "hello", "revisions": ["aria@1"], "preferences": True},
        {"suite": "hello", "revisions": [{"label": "x", "draft": {"sections": 3}}]},
    ):
        problem(program.post("runs", wrong), 422)
    problem(program.post("runs", {"suite": "hello", "revisions": ["aria@1"], "repeat_users": 99}), 404)
    assert [e.actor_kind for e in Entry.objects.filter(act__startswith="run:")] == [
        "system",
        "token",
        "token",
    ]


@pytest.mark.django_db(transaction=True)
def test_a_request_that_is_sent_again_starts_no_second_run(client, team, live_rehearsal):
    make_revision(team["all"], make_prompt(team["all"], "aria", domain="general"))
    make_suite(team["all"].workspace, slug="hello")
    program = caller(client, team["all"])
    asked = {"suite": "hello", "revisions": ["aria@1"], "samples": 2}

    def post(key: str, body: object = asked, by: Caller = program):
        return by.post("runs", body, headers={"Idempotency-Key": key})

    def post_elsewhere(number: int) -> int:
        try:
            return post("job-8", by=Caller(Client(), program.secret)).json()["number"]
        finally:
            connection.close()

    # A request that is refused keeps no key.
    problem(post("job-7", {**asked, "suite": "none"}), 422)
    first, again = post("job-7"), post("job-7", dict(reversed(asked.items())))
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json()["number"] == again.json()["number"] and first["Location"] == again["Location"]
    assert "Idempotent-Replayed" not in first and again["Idempotent-Replayed"] == "true"
    other = problem(post("job-7", {**asked, "samples": 3}), 422)
    assert "started run 1 with another request" in other
    for wrong in ("", "two words", "x" * 256, "é"):
        problem(post(wrong), 422)
    assert Run.objects.count() == 1
    assert post("job-7", by=caller(client, team["all"])).json()["number"] == 2, "keys are a token's own"

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(post_elsewhere, range(6))) == {3}
    StartKey.objects.update(created_at=Now() - timedelta(hours=25))
    assert post("job-7").json()["number"] == 4 and StartKey.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_who_waits_hears_of_the_end_at_once(client, team, live_rehearsal, monkeypatch):
    monkeypatch.setattr("console.trials.waiting.LOOK_EVERY", 60.0)  # told, not found at the next look
    make_revision(team["all"], make_prompt(team["all"], "aria", domain="general"))
    make_suite(team["all"].workspace, slug="hello")
    program = caller(client, team["all"])
    program.post("runs", {"suite": "hello", "revisions": ["aria@1"]})
    run = Run.objects.get()

    def end() -> None:
        try:
            assert wait_until(lambda: f"run:{run.pk}" in live._hub._topics, within=20)
            run.conversations.update(status="finished", verdict="pass")
            close(run.pk)
        finally:
            connection.close()

    ending = threading.Thread(target=end)
    ending.start()
    assert program.get("runs/1?wait=30").json()["status"] == "finished"
    ending.join()
