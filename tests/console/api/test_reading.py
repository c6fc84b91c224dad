"""What programs read, by page, by label and as exports."""

from __future__ import annotations

import itertools
from io import StringIO

import pytest
from django.core.management import call_command

from console.audit.models import Entry
from tests.console.api.program import caller, problem, two_releases
from tests.factories import (
    make_finished_run,
)

pytestmark = pytest.mark.django_db


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
