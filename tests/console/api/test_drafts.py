"""Drafts validated and prompts imported, with the verdicts of the commands."""

from __future__ import annotations

import contextlib
import json
from io import StringIO

import pytest
from django.core.management import call_command

from console.audit.models import Entry
from console.prompts.models import Prompt
from tests.console.api.program import caller, problem

pytestmark = pytest.mark.django_db


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
