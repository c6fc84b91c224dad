"""Labels over two releases: they move with a record, are served to applications, shown, and exported."""

from __future__ import annotations

import json

import pytest
from django.test import Client
from django.urls import reverse

from console.accounts.tokens import create_token
from console.audit.models import Entry
from console.problems import Invalid, NotAllowed
from console.releases.exporting import find_release
from console.releases.labels import LabelMoved, move_label
from console.releases.models import LabelMove
from console.releases.pages import label_rows
from tests.console.releases.test_services import export, make_team, release
from tests.factories import make_prompt
from tests.html_forms import fields_of

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def world(rows_of_module):
    """The team and two releases; production points to the second."""
    team = make_team()
    prompt = make_prompt(team["author"], "aria", domain="general")
    text = "You are Aria, the assistant of a bank. Be brief."
    return team, (release(team, prompt=prompt), release(team, prompt=prompt, text=text))


def test_a_label_is_one_row_and_rolls_back_with_a_record(team, two):
    first, second = two
    [row] = label_rows(second.prompt)
    assert (row.label.release, row.back) == (second, first)
    move_label(release=first, name="production", member=team["approver"], reason="too terse", seen=2)
    assert find_release(first.workspace, "aria")[0] == first
    assert [(m.before and m.before.number, m.after.number) for m in LabelMove.objects.order_by("pk")] == [
        (None, 1),
        (1, 2),
        (2, 1),
    ]
    told = team["author"].notifications.get(title__contains="rolled aria@production back to release 1")
    assert (told.kind, told.text) == ("released", "too terse")


def test_a_move_on_an_old_view_is_refused(team, two):
    first, _ = two
    with pytest.raises(LabelMoved, match="points to release 2 by now"):
        move_label(release=first, name="production", member=team["approver"], seen=1)


def test_an_author_moves_free_labels_but_not_protected_ones(team, two):
    first, _ = two
    assert move_label(release=first, name="staging", member=team["author"]).release == first
    with pytest.raises(NotAllowed):
        move_label(release=first, name="production", member=team["author"])


@pytest.mark.parametrize("name", ["", "9lives", "Prod", "a b", "x" * 41])
def test_a_label_has_a_form(team, two, name):
    first, _ = two
    with pytest.raises(Invalid, match="can't be a label"):
        move_label(release=first, name=name, member=team["approver"])


def test_the_command_exports_what_the_label_names(team, two):
    _, second = two
    form = json.loads(export("aria"))
    assert (form["release"], form["config"]) == (2, second.revision.params)
    assert Entry.objects.filter(act="release:exported").count() == 1
    assert json.loads(export("--list", "--format", "json")) == [
        {"slug": "aria", "labels": ["production"], "release": 2, "digest": second.revision.digest}
    ]


def fetch(client, secret: str, **headers):
    return client.get(
        "/api/v1/prompts/aria/production", headers={"authorization": f"Bearer {secret}", **headers}
    )


def token(team, *scopes: str) -> str:
    return create_token(
        member=team["admin"], name="app", scopes=scopes or ["aria@production"], expires_at=None
    )[1]


def test_an_application_fetches_and_is_told_when_nothing_changed(client, team, two):
    first, second = two
    secret = token(team)
    answer = fetch(client, secret)
    assert answer.json()["config"] == second.revision.params
    again = fetch(client, secret, **{"if-none-match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    move_label(release=first, name="production", member=team["approver"])
    assert fetch(client, secret, **{"if-none-match": answer["ETag"]}).json()["release"] == 1


@pytest.mark.parametrize("scope", ["other@production", "aria@staging", "*@staging"])
def test_a_token_reaches_its_scope_and_nothing_else(client, team, two, scope):
    answer = fetch(client, token(team, scope))
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("secret", ["", "remit_wrong", "x" * 500])
def test_without_a_token_in_force_nothing_is_said(client, team, two, secret):
    assert fetch(client, secret).status_code == 401


def test_serving_takes_few_statements(client, team, two, django_assert_max_num_queries):
    secret = token(team)
    fetch(client, secret)
    with django_assert_max_num_queries(3):
        fetch(client, secret)


def test_the_page_of_a_release(client, team, two, django_assert_max_num_queries):
    first, _ = two
    client.force_login(team["approver"].user)
    url = reverse("releases:list", args=["meridian", "aria"])
    with django_assert_max_num_queries(22):
        page = client.get(url).content.decode()
    assert "Roll back to 1" in page
    assert client.get(reverse("releases:release", args=["meridian", "aria", first.number])).status_code == 200
    assert client.get(reverse("releases:release", args=["meridian", "aria", 9])).status_code == 404


def test_a_roll_back_takes_one_click_and_no_typing(client, team, two):
    first, second = two
    client.force_login(team["approver"].user)
    url = reverse("releases:list", args=["meridian", "aria"])
    page = client.get(url).content.decode()
    back = reverse("releases:move", args=["meridian", "aria", first.number])
    assert "Roll back to 1" in page and f'action="{back}"' in page
    fields = fields_of(page, "roll-back-production")
    assert fields["reason"] == ["Rolled back from release 2 to 1"]
    author = Client()
    author.force_login(team["author"].user)
    assert author.post(back, fields).status_code == 403  # production binds here too
    assert client.post(back, fields).status_code == 302
    move = LabelMove.objects.all()[0]
    assert (move.before, move.after, move.reason) == (second, first, "Rolled back from release 2 to 1")
    assert client.post(back, fields).status_code == 409  # of a page that is old by now
    assert "Return to 2" in client.get(url).content.decode()
    move_label(release=second, name="production", member=team["approver"])
    move_label(release=first, name="production", member=team["approver"], reason=" ")
    assert LabelMove.objects.all()[0].reason == "Rolled back from release 2 to 1"


def test_export_from_the_page_is_a_file(client, team, two):
    client.force_login(team["author"].user)
    answer = client.post(reverse("releases:export", args=["meridian", "aria", 2, "yaml"]))
    assert answer["Content-Disposition"] == 'attachment; filename="aria-2.yaml"'
    unlabelled = client.post(reverse("releases:export", args=["meridian", "aria", 1, "yaml"]))
    assert unlabelled.status_code == 422
    assert client.post(reverse("releases:export", args=["meridian", "aria", 2, "docx"])).status_code == 422
