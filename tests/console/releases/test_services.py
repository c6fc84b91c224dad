"""Nothing is released that does not hold at that moment; what leaves is recorded."""

from __future__ import annotations

import json
import threading
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse

from console.audit.models import Entry
from console.governance.services import set_bounds
from console.problems import DomainError, NotAllowed
from console.releases.exporting import find_release
from console.releases.keys import current_key, rotate
from console.releases.models import Release
from console.releases.services import NotApproved, create_release
from console.reviews.models import Review
from console.reviews.services import decide, request_review
from console.reviews.standing import standing
from tests.factories import make_member, make_prompt, make_revision, make_workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return make_team()


def make_team():
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


# --- exporting


def export(*arguments: str) -> str:
    out = StringIO()
    call_command("export", *arguments, stdout=out)
    return out.getvalue()


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


# --- pages


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
