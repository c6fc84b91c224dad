"""Who did what when: filtered by everything, and taken along as a file that no spreadsheet runs."""

from __future__ import annotations

import csv
import json
from io import StringIO

import pytest
from django.db import transaction
from django.urls import reverse

from console.audit.acts import Act
from console.audit.models import Entry
from console.audit.services import Actor, Subject, record
from tests.factories import make_member, make_workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def auditor():
    member = make_member(make_workspace("meridian"), "auditor", name="ada")
    for number, name in enumerate(["=cmd()", "+1", "-1", "@x", "plain, with “words”"]):
        with transaction.atomic():
            record(
                chain=member.workspace.chain,
                actor=Actor("person", "1", name),
                act=Act.EXPORTED,
                subject=Subject("release", str(number), f"aria {number}"),
                detail={"n": number},
            )
    return member


def export(client, format: str, **asked: str) -> str:
    answer = client.post(reverse("governance:audit_export", args=["meridian", format]), asked)
    assert answer.status_code == 200
    return b"".join(answer.streaming_content).decode()


def test_it_is_filtered_by_who_what_and_when(client, auditor):
    client.force_login(auditor.user)
    url = reverse("governance:audit", args=["meridian"])
    for asked, count in (
        ({"who": "cmd"}, 1),
        ({"what": "aria 3"}, 1),
        ({"what": "release"}, 5),
        ({"until": "2001-01-01"}, 0),
    ):
        assert client.get(url, asked).context["page"].paginator.count == count
    assert client.get(url, {"since": "yesterday"}).status_code == 422


def test_a_table_gets_no_formula_and_a_program_gets_everything(client, auditor):
    client.force_login(auditor.user)
    rows = list(csv.DictReader(StringIO(export(client, "csv", act="release:exported"))))
    assert [row["actor"][0] for row in rows] == ["p", "'", "'", "'", "'"]
    found = [json.loads(line) for line in export(client, "jsonl").splitlines()]
    entries = Entry.objects.filter(chain__name=auditor.workspace.chain)
    assert [row["hash"] for row in found] == list(entries.values_list("hash", flat=True))[1:]
    assert entries.first().act == "audit:exported" and entries.first().detail["format"] == "jsonl"


def test_it_is_for_auditors_and_leaves_by_post_only(client, auditor):
    url = reverse("governance:audit_export", args=["meridian", "csv"])
    client.force_login(make_member(auditor.workspace, "author").user)
    assert client.post(url).status_code == 403
    client.force_login(auditor.user)
    assert client.get(url).status_code == 405
    assert client.post(url.replace("csv", "xlsx")).status_code == 404
