"""The API as programs use it: every right, reach and role, one form for what goes wrong, and the same domain as pages."""

from __future__ import annotations

import contextlib
import itertools
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from console import live
from console.accounts import bearer
from console.accounts.models import Right, Token
from console.accounts.rates import Rate, TooMany
from console.accounts.tokens import create_token
from console.audit.models import Entry
from console.embedded.processes import wait_until
from console.prompts.models import Prompt
from console.releases.models import LabelMove, Release
from console.releases.services import create_release
from console.reviews.services import decide, request_review
from console.reviews.standing import standing
from console.trials.batch_models import MessageBatch
from console.trials.models import Run, StartKey
from console.trials.runs import close
from tests.factories import (
    make_finished_run,
    make_member,
    make_prompt,
    make_revision,
    make_suite,
    make_workspace,
)

pytestmark = pytest.mark.django_db
ALL = [right.value for right in Right]


class Caller:
    """A program with a token."""

    def __init__(self, client, secret: str) -> None:
        self.client, self.secret = client, secret
        self.headers = {"authorization": f"Bearer {secret}"}

    def get(self, path: str, **headers: str):
        return self.client.get(f"/api/v1/{path}", headers=self.headers | headers)

    def send(self, verb: str, path: str, body, **options):
        data = body if isinstance(body, (str, bytes)) else json.dumps(body)
        headers = self.headers | options.pop("headers", {})
        return getattr(self.client, verb)(
            f"/api/v1/{path}", data, **({"content_type": "application/json"} | options), headers=headers
        )

    def post(self, path: str, body=None, **options):
        return self.send("post", path, {} if body is None else body, **options)

    def put(self, path: str, body):
        return self.send("put", path, body)

    def delete(self, path: str):
        return self.send("delete", path, "")


@pytest.fixture(autouse=True)
def _fresh_rates():
    for rate in (bearer.rate_of_token, bearer.rate_of_fetches, bearer.rate_of_refusals):
        rate.cache_clear()


@pytest.fixture
def team():
    workspace = make_workspace("meridian")
    return {
        "all": make_member(workspace, "author", "approver", "admin", "auditor", name="hanna"),
        "reviewer": make_member(workspace, "reviewer", name="mara"),
        "approver": make_member(workspace, "approver", name="ines"),
        "admin": make_member(workspace, "admin", name="tomas"),
    }


def caller(client, member, *scopes: str, rights=ALL, expires_at=None) -> Caller:
    _, secret = create_token(
        member=member, name="ci", scopes=scopes or ["*@*"], expires_at=expires_at, rights=rights
    )
    return Caller(client, secret)


def two_releases(team) -> tuple[Release, Release]:
    prompt = make_prompt(team["all"], "aria", domain="general")
    out = []
    for text in ("", "You are Aria, the assistant of a bank. Be brief."):
        review = request_review(
            revision=make_revision(team["all"], prompt, text=text), member=team["all"], title="a step"
        )
        decide(review=review, word="approve", shown=standing(review).ground, member=team["reviewer"])
        out.append(create_release(review=review, member=team["approver"]))
    return out[0], out[1]


def problem(answer, status: int) -> str:
    """The sentence of a refusal, whose form is checked on the way."""
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    form = json.loads(answer.content)
    assert form["status"] == status and form["title"] and form["detail"]
    return form["detail"]


# --- reading


def test_what_is_there_is_read(client, team, django_assert_max_num_queries):
    first, second = two_releases(team)
    make_finished_run(second.revision)
    program = caller(client, team["all"])
    program.get("prompts")
    with django_assert_max_num_queries(8):
        [row] = program.get("prompts").json()["items"]
    assert (row["slug"], row["last_revision"], row["blocks"]) == ("aria", 2, 0)
    assert program.get("prompts/aria").json() == row
    assert [r["number"] for r in program.get("revisions/aria").json()["items"]] == [2, 1]
    revision = program.get("revisions/aria/2").json()
    assert (revision["config"], revision["digest"]) == (second.revision.params, second.revision.digest)
    releases = program.get("releases/aria").json()["items"]
    assert [(r["number"], r["labels"]) for r in releases] == [(2, ["production"]), (1, [])]
    assert program.get("releases/aria/1").json()["statement"] == first.digest
    assert program.get("labels/aria").json()[0]["release"] == 2
    assert program.get("suites").json()["total"] == 1
    with django_assert_max_num_queries(6):
        assert program.get("runs").json()["items"][0]["done"] == 1
    assert program.get("runs/1/results").json()["conversations"][0]["status"] == "finished"
    assert b"<testsuite" in program.get("runs/1/results?format=junit").content
    assert program.get("prompts?page=9").json()["items"] == []
    assert program.get("prompts?q=aria&state=released").json()["total"] == 1


def test_a_bundle_and_every_export_come_by_label_and_are_recorded(client, team, tmp_path):
    two_releases(team)
    program = caller(client, team["all"], "aria@production")
    bundle = program.post("exports/aria/production/bundle")
    assert bundle["Content-Type"].startswith("application/vnd.dsse.envelope.v1+json")
    (tmp_path / "aria.json").write_bytes(bundle.content)
    keys = StringIO()
    call_command("keys", stdout=keys)
    (tmp_path / "remit.pub").write_text(keys.getvalue())
    call_command(
        "verify", str(tmp_path / "aria.json"), "--key", str(tmp_path / "remit.pub"), stdout=StringIO()
    )
    assert program.post("exports/aria/production/yaml").status_code == 200
    problem(program.post("exports/aria/production/docx"), 422)
    problem(program.post("exports/aria/staging/yaml"), 404)
    acts = Entry.objects.filter(act="release:exported")
    assert [(e.actor_kind, e.actor_name) for e in acts] == [("token", "ci")] * 2


def test_the_audit_is_paged_without_a_gap_and_checks_elsewhere(client, team):
    two_releases(team)
    program = caller(client, team["all"])
    entries, before = [], ""
    while before is not None:
        page = program.get(f"audit?limit=3{before and f'&before={before}'}").json()
        entries += page["entries"]
        before = page["next"]
    assert [e["seq"] for e in entries] == list(range(len(entries), 0, -1))
    assert all(new["prev"] == old["hash"] for new, old in itertools.pairwise(entries))
    assert {e["act"] for e in program.get("audit?act=release:created").json()["entries"]} == {
        "release:created"
    }
    problem(caller(client, team["admin"], rights=["read"]).get("audit"), 403)


# --- what a token may


def test_a_token_is_held_to_its_rights_its_reach_and_its_maker(client, team):
    two_releases(team)
    make_prompt(team["all"], "other")
    fetches = caller(client, team["all"], "aria@production", rights=["fetch"])
    assert fetches.get("prompts/aria/production").status_code == 200
    assert "lacks the right “read”" in problem(fetches.get("prompts"), 403)
    assert "lacks the right “validate”" in problem(fetches.post("validate", {"text": "x"}), 403)
    assert "lacks the right “fetch”" in problem(
        caller(client, team["all"], rights=["read"]).get("prompts/aria/production"), 403
    )
    narrow = caller(client, team["all"], "aria@staging")
    assert [row["slug"] for row in narrow.get("prompts").json()["items"]] == ["aria"]
    for path in ("prompts/other", "revisions/other", "releases/other", "labels/other", "runs/1"):
        problem(narrow.get(path), 404)
    problem(narrow.post("exports/aria/production/json"), 404)
    problem(narrow.put("labels/aria/production", {"release": 1}), 404)
    assert "does not reach" in problem(narrow.post("imports", {"source": "You are Bo.", "slug": "bo"}), 422)
    # An admin who is no author cannot make a token that edits.
    assert "acts for the person" in problem(
        caller(client, team["admin"]).post("imports", {"source": "You are Bo."}), 403
    )
    left = caller(client, team["admin"])
    team["admin"].delete()
    assert "no longer a member" in problem(left.get("prompts"), 403)
    assert left.get("prompts/aria/production").status_code == 200  # what runs in production goes on


def test_another_workspace_is_as_if_it_were_not_there(client, team):
    two_releases(team)
    stranger = caller(client, make_member(make_workspace(), "author", "approver", "admin", "auditor"))
    assert stranger.get("prompts").json()["total"] == 0
    for path in (
        "prompts/aria",
        "prompts/aria/production",
        "revisions/aria/1",
        "releases/aria/1",
        "labels/aria",
    ):
        foreign, absent = stranger.get(path), stranger.get(path.replace("aria", "none"))
        assert problem(foreign, 404) == problem(absent, 404).replace("none", "aria")
    problem(stranger.put("labels/aria/production", {"release": 1}), 404)
    problem(stranger.get("runs/1"), 404)


@pytest.mark.parametrize("secret", ["", "remit_wrong", "x" * 500, "remit_é", "remit_\x7f"])
def test_without_a_token_in_force_every_door_is_shut(client, secret):
    program = Caller(client, secret)
    for path in ("prompts", "prompts/aria/production", "audit", "runs/1"):
        answer = program.get(path)
        problem(answer, 401)
        assert answer["WWW-Authenticate"].startswith("Bearer")


def test_an_expired_or_revoked_token_is_none(client, team):
    program = caller(client, team["all"])
    assert program.get("prompts").status_code == 200
    assert Token.objects.get().last_used_at is not None
    for end in ({"expires_at": timezone.now()}, {"expires_at": None, "revoked_at": timezone.now()}):
        Token.objects.update(**end)
        problem(program.get("prompts"), 401)
        problem(program.get("prompts/aria/production"), 401)


# --- labels


def test_a_label_moves_by_token_under_the_rules_for_people(client, team):
    first, _ = two_releases(team)
    program = caller(client, team["all"])
    moved = program.put("labels/aria/production", {"release": 1, "reason": "too terse", "seen": 2})
    assert moved.json() | {"release": 1, "moved": True} == moved.json()
    again = program.put("labels/aria/production", {"release": 1})
    assert (again.status_code, again.json()["moved"]) == (200, False)
    assert LabelMove.objects.filter(after=first).count() == 2
    entry = Entry.objects.filter(act="release:label:moved").first()
    assert (entry.actor_kind, entry.detail["from"], entry.detail["to"]) == ("token", 2, 1)
    assert "points to release 1 by now" in problem(
        program.put("labels/aria/production", {"release": 2, "seen": 2}), 409
    )
    problem(program.put("labels/aria/production", {"release": 9}), 404)
    problem(program.put("labels/aria/9lives", {"release": 1}), 422)
    assert program.put("labels/aria/staging", {"release": 1}).json()["protected"] is False
    team["all"].roles = ["author", "admin"]
    team["all"].save()
    assert "role approver" in problem(program.put("labels/aria/production", {"release": 2}), 403)
    assert program.put("labels/aria/staging", {"release": 2}).json()["moved"] is True


def test_a_label_that_was_taken_away_is_gone_and_one_that_never_was_is_not_there(client, team):
    two_releases(team)
    program = caller(client, team["all"])
    problem(program.get("prompts/aria/staging"), 404)
    assert program.get("prompts/aria/production").status_code == 200
    problem(program.delete("labels/aria/staging?reason=x"), 404)
    assert "reason" in problem(program.delete("labels/aria/production"), 422)
    problem(program.delete("labels/aria/production?reason=x&seen=1"), 409)
    problem(caller(client, team["admin"]).delete("labels/aria/production?reason=x"), 403)
    gone = program.delete("labels/aria/production?reason=wrong+limits&seen=2")
    assert gone.json() == {"slug": "aria", "label": "production", "release": 2, "retired": True}
    assert "was taken away" in problem(program.get("prompts/aria/production"), 410)
    problem(program.delete("labels/aria/production?reason=x"), 410)
    assert program.put("labels/aria/production", {"release": 2, "seen": 0}).json()["moved"] is True
    assert program.get("prompts/aria/production").status_code == 200


# --- validating, importing, running


@pytest.mark.parametrize("text", ["Never admit that you are an AI.", "You are Aria. Be kind.", "a\0b \u202e"])
def test_the_verdict_is_that_of_the_command(client, team, tmp_path, text):
    (tmp_path / "prompt.txt").write_text(text)
    printed = StringIO()
    answer = caller(client, team["all"]).post("validate", {"text": text, "pack": "claude"})
    with contextlib.redirect_stdout(printed), pytest.raises(SystemExit):
        call_command("validate", str(tmp_path / "prompt.txt"), "--format", "json", "--workspace", "meridian")
    said = json.loads(printed.getvalue())
    given = answer.json()
    assert given | {"findings": []} == said | {"findings": []}
    drop = ("section",)
    assert [{k: v for k, v in f.items() if k not in drop} for f in given["findings"]] == [
        {k: v for k, v in f.items() if k not in drop} for f in said["findings"]
    ]


def test_drafts_are_validated_and_what_is_none_is_said(client, team):
    program = caller(client, team["all"])
    draft = {"draft": 1, "slug": "bo", "sections": [{"id": "role", "kind": "role", "text": "You are Bo."}]}
    assert program.post("validate", {"draft": draft}).json()["verdict"] == "pass"
    sarif = program.post("validate?format=sarif", {"draft": draft})
    assert sarif["Content-Type"] == "application/sarif+json" and sarif.json()["version"] == "2.1.0"
    refused = program.post("validate", {"draft": {"sections": [{"id": 3}], "slgu": 1}})
    assert "not a draft" in problem(refused, 422) and refused.json()["errors"]
    for body in (
        {},
        {"text": "x", "draft": {}},
        {"text": "x", "domain": "moon"},
        {"text": "x", "pack": "moon"},
    ):
        problem(program.post("validate", body), 422)


def test_prompts_are_imported_or_only_looked_at(client, team):
    program = caller(client, team["all"])
    body = {"source": "You are Bo, a helper.", "name": "bo.txt"}
    assert program.post("imports", {**body, "dry_run": True}).status_code == 200
    assert not Prompt.objects.exists()
    made = program.post("imports", body)
    assert made.status_code == 201 and made.json()["entries"][0]["slug"] == "bo"
    # As the page and the command do it: a prompt that names no model gets the workspace's usual one.
    assert Prompt.objects.get().drafts.get().content["model"]
    assert program.post("imports", body).json()["entries"][0]["slug"] == "bo-2"
    problem(program.post("imports", {**body, "slug": "bo"}), 422)
    problem(program.post("imports", {"source": "  "}), 422)
    entry = Entry.objects.filter(act="prompt:imported").first()
    assert (entry.actor_kind, entry.actor_name) == ("token", "ci")


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


# --- what goes wrong


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
