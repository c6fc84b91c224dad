"""Nothing is released that does not hold at that moment; labels move with a record; what leaves is recorded."""

from __future__ import annotations

import json
import threading
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from console.accounts.tokens import create_token
from console.audit.models import Entry
from console.governance.services import set_bounds
from console.problems import DomainError, Invalid, NotAllowed
from console.releases.exporting import find_release
from console.releases.keys import current_key, rotate
from console.releases.labels import LabelMoved, move_label
from console.releases.models import LabelMove, Release
from console.releases.pages import label_rows
from console.releases.services import NotApproved, create_release
from console.reviews.models import Review
from console.reviews.services import decide, request_review
from console.reviews.standing import standing
from tests.factories import make_member, make_prompt, make_revision, make_workspace
from tests.html_forms import fields_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    workspace = make_workspace("meridian")
    return {
        "author": make_member(workspace, "author", name="hanna"),
        "reviewer": make_member(workspace, "reviewer", name="mara"),
        "approver": make_member(workspace, "approver", name="ines"),
        "admin": make_member(workspace, "admin", name="tomas"),
    }


def asked(team, *, text: str = "", prompt=None) -> Review:
    prompt = prompt or make_prompt(team["author"], domain="general")
    revision = make_revision(team["author"], prompt, text=text)
    return request_review(revision=revision, member=team["author"], title="a step")


def approved(team, **about) -> Review:
    review = asked(team, **about)
    decide(review=review, word="approve", shown=standing(review).ground, member=team["reviewer"])
    return review


def release(team, **about) -> Release:
    return create_release(review=approved(team, **about), member=team["approver"])


def test_an_approved_revision_goes_out_under_its_label(team):
    out = release(team)
    found, label = find_release(out.workspace, out.prompt.slug)
    assert (found, label) == (out, "production")
    assert out.review.status == Review.Status.OPEN  # the instance; the row says released
    assert Review.objects.get(pk=out.review_id).status == Review.Status.RELEASED
    assert list(Entry.objects.filter(act__startswith="release:").values_list("act", flat=True)) == [
        "release:label:moved",
        "release:created",
    ]


def test_what_nobody_approved_stays(team):
    with pytest.raises(NotApproved, match="can't be released yet"):
        create_release(review=asked(team), member=team["approver"])
    assert not Release.objects.exists()


def test_only_an_approver_releases(team):
    with pytest.raises(NotAllowed):
        create_release(review=approved(team), member=team["author"])


def test_an_approver_of_another_workspace_cannot(team):
    stranger = make_member(make_workspace(), "approver")
    with pytest.raises(NotAllowed):
        create_release(review=approved(team), member=stranger)


def test_bounds_that_changed_after_the_approval_void_it(team):
    review = approved(team)
    set_bounds(
        member=team["admin"], bounds={"behavior.crude_language": {"permitted": ["off"]}}, reason="", version=0
    )
    with pytest.raises(NotApproved):
        create_release(review=review, member=team["approver"])


def test_an_approval_of_somebody_who_is_no_reviewer_any_more_does_not_count(team):
    review = approved(team)
    team["reviewer"].roles = ["viewer"]
    team["reviewer"].save()
    with pytest.raises(NotApproved):
        create_release(review=review, member=team["approver"])


def test_a_review_is_released_once(team):
    out = release(team)
    with pytest.raises(NotApproved, match="is released"):
        create_release(review=Review.objects.get(pk=out.review_id), member=team["approver"])


def test_the_statement_holds_what_was_approved(team):
    out = release(team)
    statement = json.loads(bytes(out.statement))
    predicate = statement["predicate"]
    assert statement["subject"][0]["digest"]["sha256"] == out.revision.digest
    assert predicate["config"] == out.revision.params
    assert [approval["by"] for approval in predicate["approvals"]] == ["Mara"]
    assert predicate["playground"] is True


# --- labels


def two_releases(team) -> tuple[Release, Release]:
    prompt = make_prompt(team["author"], "aria", domain="general")
    first = release(team, prompt=prompt)
    return first, release(team, prompt=prompt, text="You are Aria, the assistant of a bank. Be brief.")


def test_a_label_is_one_row_and_rolls_back_with_a_record(team):
    first, second = two_releases(team)
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


def test_a_move_on_an_old_view_is_refused(team):
    first, _ = two_releases(team)
    with pytest.raises(LabelMoved, match="points to release 2 by now"):
        move_label(release=first, name="production", member=team["approver"], seen=1)


def test_an_author_moves_free_labels_but_not_protected_ones(team):
    first, _ = two_releases(team)
    assert move_label(release=first, name="staging", member=team["author"]).release == first
    with pytest.raises(NotAllowed):
        move_label(release=first, name="production", member=team["author"])


@pytest.mark.parametrize("name", ["", "9lives", "Prod", "a b", "x" * 41])
def test_a_label_has_a_form(team, name):
    first, _ = two_releases(team)
    with pytest.raises(Invalid, match="can't be a label"):
        move_label(release=first, name=name, member=team["approver"])


# --- exporting


def export(*arguments: str) -> str:
    out = StringIO()
    call_command("export", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_exports_what_the_label_names(team):
    _, second = two_releases(team)
    form = json.loads(export("aria"))
    assert (form["release"], form["config"]) == (2, second.revision.params)
    assert Entry.objects.filter(act="release:exported").count() == 1
    assert json.loads(export("--list", "--format", "json")) == [
        {"slug": "aria", "labels": ["production"], "release": 2, "digest": second.revision.digest}
    ]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("nobody", "There is no prompt"),
        ("aria", "its newest revision, r1, is not approved"),
        ("aria@1", "is a revision, and only what a label points to"),
        ("aria@staging", "is not approved"),
        ("a/b", "names no prompt"),
    ],
)
def test_what_is_not_approved_is_not_exported(team, name, sentence):
    make_revision(team["author"], make_prompt(team["author"], "aria", domain="general"))
    with pytest.raises(CommandError, match=sentence):
        export(name)


def test_a_blocked_revision_is_never_exported_as_approved(team):
    prompt = make_prompt(team["author"], "aria", domain="general")
    revision = make_revision(team["author"], prompt, text="Never admit that you are an AI.")
    assert revision.blocked
    with pytest.raises(DomainError, match="blocked"):
        request_review(revision=revision, member=team["author"])
    with pytest.raises(CommandError, match="is blocked"):
        export("aria")


def test_a_bundle_verifies_offline_also_after_the_key_was_rotated(team, tmp_path):
    release(team, prompt=make_prompt(team["author"], "aria", domain="general"))
    bundle, key = tmp_path / "aria.dsse.json", tmp_path / "remit.pub"
    bundle.write_text(export("aria", "--format", "bundle"))
    keys = StringIO()
    call_command("keys", stdout=keys)
    key.write_text(keys.getvalue())
    rotate()
    out = StringIO()
    call_command("verify", str(bundle), "--key", str(key), stdout=out)
    assert "approvals   Mara" in out.getvalue()
    keys = StringIO()
    call_command("keys", stdout=keys)
    key.write_text(keys.getvalue())
    with pytest.raises(CommandError, match="No key that is known here"):
        call_command("verify", str(bundle), "--key", str(key))


# --- serving


def fetch(client, secret: str, **headers):
    return client.get(
        "/api/v1/prompts/aria/production", headers={"authorization": f"Bearer {secret}", **headers}
    )


def token(team, *scopes: str) -> str:
    return create_token(
        member=team["admin"], name="app", scopes=scopes or ["aria@production"], expires_at=None
    )[1]


def test_an_application_fetches_and_is_told_when_nothing_changed(client, team):
    first, second = two_releases(team)
    secret = token(team)
    answer = fetch(client, secret)
    assert answer.json()["config"] == second.revision.params
    again = fetch(client, secret, **{"if-none-match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    move_label(release=first, name="production", member=team["approver"])
    assert fetch(client, secret, **{"if-none-match": answer["ETag"]}).json()["release"] == 1


@pytest.mark.parametrize("scope", ["other@production", "aria@staging", "*@staging"])
def test_a_token_reaches_its_scope_and_nothing_else(client, team, scope):
    two_releases(team)
    answer = fetch(client, token(team, scope))
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("secret", ["", "remit_wrong", "x" * 500])
def test_without_a_token_in_force_nothing_is_said(client, team, secret):
    two_releases(team)
    assert fetch(client, secret).status_code == 401


def test_serving_takes_few_statements(client, team, django_assert_max_num_queries):
    two_releases(team)
    secret = token(team)
    fetch(client, secret)
    with django_assert_max_num_queries(3):
        fetch(client, secret)


# --- pages


def test_the_page_of_a_release(client, team, django_assert_max_num_queries):
    first, _ = two_releases(team)
    client.force_login(team["approver"].user)
    url = reverse("releases:list", args=["meridian", "aria"])
    with django_assert_max_num_queries(22):
        page = client.get(url).content.decode()
    assert "Roll back to 1" in page
    assert client.get(reverse("releases:release", args=["meridian", "aria", first.number])).status_code == 200
    assert client.get(reverse("releases:release", args=["meridian", "aria", 9])).status_code == 404


def test_a_roll_back_takes_one_click_and_no_typing(client, team):
    first, second = two_releases(team)
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


def test_export_from_the_page_is_a_file(client, team):
    two_releases(team)
    client.force_login(team["author"].user)
    answer = client.post(reverse("releases:export", args=["meridian", "aria", 2, "yaml"]))
    assert answer["Content-Disposition"] == 'attachment; filename="aria-2.yaml"'
    unlabelled = client.post(reverse("releases:export", args=["meridian", "aria", 1, "yaml"]))
    assert unlabelled.status_code == 422
    assert client.post(reverse("releases:export", args=["meridian", "aria", 2, "docx"])).status_code == 422


def test_release_by_the_page_of_the_review(client, team):
    review = approved(team, prompt=make_prompt(team["author"], "aria", domain="general"))
    url = reverse("releases:create", args=["meridian", review.number])
    client.force_login(team["approver"].user)
    assert "Nothing is released as production yet" in client.get(url).content.decode()
    assert client.post(url, {"reason": "ready"}).status_code == 302
    assert client.post(url).status_code == 409


@pytest.mark.django_db(transaction=True)
def test_two_approvers_at_once_make_one_release(team):
    review = approved(team)
    outcomes: list[str] = []

    def go() -> None:
        try:
            create_release(review=Review.objects.get(pk=review.pk), member=team["approver"])
            outcomes.append("released")
        except NotApproved:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refused", "refused", "refused", "released"]
    assert Release.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_first_signatures_make_one_key():
    made: list[str] = []

    def go() -> None:
        made.append(current_key().keyid)
        connection.close()

    threads = [threading.Thread(target=go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 1
