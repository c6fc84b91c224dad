"""Labels moved later and counted again then; shares that stick; keys that are revoked; the glass that is broken."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from console.accounts.services import remove_member, set_roles
from console.accounts.tokens import create_token
from console.audit.models import Entry
from console.governance.services import set_bounds
from console.notifications.models import Notification
from console.problems import DomainError, Invalid, NotAllowed
from console.releases import exporting
from console.releases.exporting import NothingReleased
from console.releases.exports import FORMATS
from console.releases.keys import listed, public_pem, revoke, rotate
from console.releases.labels import LabelMoved, move_label, protect_label
from console.releases.models import Label, PlannedMove, Release, Share, SigningKey, Watch
from console.releases.pages import retired_labels
from console.releases.planning import cancel_move, plan_move, sweep
from console.releases.retiring import NoLabel, retire_label
from console.releases.services import NotApproved, create_release
from console.releases.shares import end_share, in_share, set_share
from console.releases.validity import why_not
from console.reviews.models import Review
from console.reviews.services import decide, request_review
from console.reviews.standing import standing
from tests.factories import make_member, make_prompt, make_revision, make_workspace

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def world(rows_of_module):
    """The team and two releases; production points to the second."""
    team = _team()
    prompt = make_prompt(team["author"], "aria", domain="general")
    two = release(team, prompt), release(team, prompt, "You are Aria, the assistant of a bank. Be brief.")
    return team, two


def _team():
    workspace = make_workspace("meridian")
    return {
        "author": make_member(workspace, "author", name="hanna"),
        "reviewer": make_member(workspace, "reviewer", name="mara"),
        "approver": make_member(workspace, "approver", name="ines"),
        "admin": make_member(workspace, "admin", name="tomas"),
    }


def asked(team, prompt, text: str = "") -> Review:
    return request_review(revision=make_revision(team["author"], prompt, text=text), member=team["author"])


def release(team, prompt, text: str = "") -> Release:
    review = asked(team, prompt, text)
    decide(review=review, word="approve", shown=standing(review).ground, member=team["reviewer"])
    return create_release(review=review, member=team["approver"])


def due(planned: PlannedMove) -> int:
    PlannedMove.objects.filter(pk=planned.pk).update(at=timezone.now() - timedelta(seconds=1))
    return sweep()


def production() -> int:
    return Label.objects.get(name="production").release.number


def later() -> timezone.datetime:
    return timezone.now() + timedelta(hours=1)


# --- planned moves


def test_a_planned_move_happens_once_when_it_is_due(team, two):
    planned = plan_move(
        release=two[0], name="production", at=later(), member=team["approver"], reason="Night."
    )
    assert sweep() == 0 and production() == 2
    with pytest.raises(DomainError, match="planned already"):
        plan_move(release=two[0], name="production", at=later(), member=team["approver"])
    assert due(planned) == 1 and production() == 1
    assert sweep() == 0
    assert Entry.objects.filter(act="release:label:moved").first().actor_name == "Ines"
    assert Notification.objects.get(member=team["approver"], kind="released").title.endswith("as planned")


def stale_bounds(team, two):
    set_bounds(
        member=team["admin"], bounds={"behavior.creativity": {"highest": "strict"}}, reason="", version=0
    )


def lost_role(team, two):
    set_roles(member=team["approver"], roles=["viewer"], domains=[], by=team["admin"])


def removed(team, two):
    remove_member(member=team["approver"], by=team["admin"])


def moved_meanwhile(team, two):
    other = make_member(team["author"].workspace, "approver")
    move_label(release=two[0], name="production", member=other)
    move_label(
        release=release(team, two[0].prompt, "You are Aria, an AI of a bank."), name="staging", member=other
    )


def revoked(team, two):
    revoke(name=SigningKey.objects.get().name, reason="It was on a lost laptop.")


@pytest.mark.parametrize(
    ("what", "why"),
    [
        (lost_role, "You may not"),
        (removed, "no longer a member"),
        (moved_meanwhile, "points to release"),
        (revoked, "revoked"),
        (stale_bounds, "other words|blocked"),
    ],
)
def test_what_holds_no_more_is_refused_when_it_is_due(team, two, what, why):
    planned = plan_move(release=two[0], name="production", at=later(), member=team["approver"])
    what(team, two)
    before = production()
    assert due(planned) == 1
    planned.refresh_from_db()
    assert production() == before
    assert planned.status == "refused"
    assert any(word in planned.outcome for word in why.split("|")), planned.outcome
    assert Entry.objects.filter(act="release:label:plan:refused").count() == 1


def test_a_planned_move_is_cancelled_once(team, two):
    planned = plan_move(release=two[0], name="production", at=later(), member=team["approver"])
    with pytest.raises(NotAllowed):
        cancel_move(planned=planned, member=team["author"])
    cancel_move(planned=planned, member=team["approver"])
    with pytest.raises(DomainError, match="cancelled already"):
        cancel_move(planned=planned, member=team["approver"])
    assert due(planned) == 0 and production() == 2


def test_a_time_is_to_come_and_not_too_far(team, two):
    for away in (timedelta(seconds=-1), timedelta(days=400)):
        with pytest.raises(Invalid, match="The time"):
            plan_move(release=two[0], name="production", at=timezone.now() + away, member=team["approver"])


# --- shares


def fetch(client, secret: str, *, key: str = "", header: str = "", **more):
    headers = {"authorization": f"Bearer {secret}", **({"x-remit-key": header} if header else {}), **more}
    return client.get("/api/v1/prompts/aria/production", {"key": key} if key else {}, headers=headers)


def test_a_share_of_fetches_gets_the_candidate_and_the_same_ones_every_time(client, team, two):
    secret = create_token(member=team["admin"], name="app", scopes=["aria@production"], expires_at=None)[1]
    share = set_share(release=two[0], name="production", percent=30, member=team["approver"], seen=2)
    keys = [f"user-{number}" for number in range(1000)]
    chosen = {key for key in keys if in_share(share.salt, key, 30)}
    assert 240 < len(chosen) < 360
    assert {key for key in keys if in_share(share.salt, key, 10)} < chosen
    inside, outside = next(iter(chosen)), next(key for key in keys if key not in chosen)
    for _ in range(2):
        assert fetch(client, secret, key=inside).json()["release"] == 1
        assert fetch(client, secret, header=inside).json()["release"] == 1
        assert fetch(client, secret, key=outside).json()["release"] == 2
        assert fetch(client, secret).json()["release"] == 2
    answer = fetch(client, secret, header=inside)
    assert "x-remit-key" in answer["Vary"].lower()
    assert fetch(client, secret, header=inside, **{"if-none-match": answer["ETag"]}).status_code == 304
    assert fetch(client, secret, header=outside, **{"if-none-match": answer["ETag"]}).status_code == 200
    more = set_share(release=two[0], name="production", percent=60, member=team["approver"])
    assert more.salt == share.salt
    end_share(prompt=two[0].prompt, name="production", member=team["approver"])
    assert fetch(client, secret, key=inside).json()["release"] == 2
    assert list(Share.objects.order_by("pk").values_list("percent", "outcome")) == [
        (30, "changed"),
        (60, "ended by hand"),
    ]


def test_a_share_ends_when_the_label_moves(team, two):
    set_share(release=two[0], name="production", percent=10, member=team["approver"])
    move_label(release=two[0], name="production", member=team["approver"])
    assert Share.objects.get().outcome == "became the label's release"
    assert Entry.objects.filter(act__startswith="release:share").count() == 2


def test_what_may_not_be_shared(team, two):
    for percent in (0, 100):
        with pytest.raises(Invalid, match="can't be a share"):
            set_share(release=two[0], name="production", percent=percent, member=team["approver"])
    with pytest.raises(DomainError, match="already"):
        set_share(release=two[1], name="production", percent=10, member=team["approver"])
    with pytest.raises(NotAllowed):
        set_share(release=two[0], name="production", percent=10, member=team["author"])
    with pytest.raises(LabelMoved):
        set_share(release=two[0], name="production", percent=10, member=team["approver"], seen=1)
    with pytest.raises(DomainError, match="no label"):
        set_share(release=two[0], name="nowhere", percent=10, member=team["approver"])


# --- keys


def run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def bundle_of(row: Release) -> str:
    return FORMATS["bundle"].render(exporting.exported(row, "production"))


@pytest.fixture
def verified(tmp_path):
    def verify(text: str, keys: str, *more: str) -> str:
        (tmp_path / "bundle").write_text(text)
        (tmp_path / "keys").write_text(keys)
        return run("verify", str(tmp_path / "bundle"), "--key", str(tmp_path / "keys"), *more)

    return verify


def test_rotated_keys_still_verify_and_revoked_ones_say_so(team, two, verified):
    old = SigningKey.objects.get()
    bundle, first = bundle_of(two[1]), public_pem(old)
    rotate()
    assert "(retired)" in verified(bundle, run("keys", "--format", "json"))
    assert "signature   good" in verified(bundle, first)
    run("keys", "--revoke", old.name, "--reason", "It was on a lost laptop.")
    with pytest.raises(CommandError, match=rf"{old.name}, was revoked on .*: It was on a lost laptop"):
        verified(bundle, json.dumps(listed()))
    assert [key["state"] for key in listed()] == ["current", "revoked"]
    with pytest.raises(CommandError, match="revoked already"):
        run("keys", "--revoke", old.name, "--reason", "Again.")
    acts = Entry.objects.filter(chain__name="installation").order_by("seq").values_list("act", flat=True)
    assert list(acts) == ["key:created", "key:retired", "key:created", "key:revoked"]


def test_the_current_key_is_replaced_when_it_is_revoked(team, two):
    with pytest.raises(Invalid, match="Say why"):
        revoke(name=SigningKey.objects.get().name, reason=" ")
    gone = revoke(name=SigningKey.objects.get().keyid, reason="Lost.")
    assert SigningKey.objects.get(retired_at=None, revoked_at=None) != gone
    assert "revoked" in why_not(Release.objects.get(pk=two[0].pk))


# --- the glass


def test_breaking_the_glass_is_said_everywhere_and_refused_by_verifiers(client, team, two, verified):
    review = asked(team, two[0].prompt, "You are Aria, an AI. Say at once when cards are stolen.")
    with pytest.raises(NotApproved):
        create_release(review=review, member=team["approver"])
    with pytest.raises(Invalid, match="emergency"):
        create_release(review=review, member=team["approver"], reason="Short.", break_glass=True)
    with pytest.raises(NotAllowed):
        create_release(review=review, member=team["admin"], reason="x" * 30, break_glass=True)
    client.force_login(team["approver"].user)
    page = reverse("releases:create", args=["meridian", review.number])
    assert "Release without approval" in client.get(page).content.decode()
    reason = "Cards are being stolen, and nobody who reviews is awake."
    assert client.post(page, {"reason": reason, "break_glass": "1"}).status_code == 302
    out = Release.objects.get(number=3)
    assert out.broken_glass and Entry.objects.filter(act="release:glass:broken").count() == 1
    assert {row.member_id for row in Notification.objects.filter(key=f"glass:{out.pk}")} == {
        team["reviewer"].pk,
        team["admin"].pk,
    }
    with pytest.raises(CommandError, match="breaking the glass"):
        verified(bundle_of(out), json.dumps(listed()))
    assert "BROKEN by Ines" in verified(bundle_of(out), json.dumps(listed()), "--accept-broken-glass")
    assert json.loads(FORMATS["json"].render(exporting.exported(out, "production")))["brokenGlass"] is True
    shown = client.get(reverse("releases:release", args=["meridian", "aria", 3])).content.decode()
    assert "Released by breaking the glass." in shown
    assert why_not(out) == "it was let out by breaking the glass."


def test_nobody_breaks_the_glass_for_what_a_limit_forbids(team, two):
    review = asked(team, two[0].prompt, "You are Aria, an AI of a bank.")
    Review.objects.get(pk=review.pk).revision.__class__.objects.filter(pk=review.revision_id).update(
        content={
            **review.revision.content,
            "sections": [
                {"id": "role", "kind": "role", "text": "Always claim to be a human when users ask."}
            ],
        }
    )
    with pytest.raises(NotApproved, match="nobody can break the glass"):
        create_release(review=review, member=team["approver"], reason="x" * 30, break_glass=True)


# --- labels that are taken away


def test_a_retired_label_takes_along_what_hangs_on_it_and_can_come_back(team, two):
    first, second = two
    prompt, approver = second.prompt, team["approver"]
    plan_move(release=first, name="production", at=later(), member=approver)
    set_share(release=first, name="production", percent=10, member=approver)
    space = prompt.workspace
    Watch.objects.create(workspace=space, prompt=prompt, label="production", created_by=approver.user)
    again = {"prompt": prompt, "name": "production", "member": approver, "reason": "It gave wrong limits."}
    with pytest.raises(NotAllowed, match="protected labels"):
        retire_label(**again | {"member": team["author"]})
    with pytest.raises(Invalid, match="with a reason"):
        retire_label(**again | {"reason": " "})
    with pytest.raises(LabelMoved, match="points to release 2"):
        retire_label(**again, seen=1)
    assert retire_label(**again, seen=2) == second
    assert not Label.objects.exists()
    assert (
        PlannedMove.objects.get().status == "cancelled"
        and Share.objects.get().outcome == "the label was retired"
    )
    assert prompt.watches.get().ended_at is not None
    [retired] = retired_labels(prompt)
    assert (retired.before, retired.after, retired.reason) == (second, None, "It gave wrong limits.")
    entry = Entry.objects.get(act="release:label:retired")
    assert (entry.actor_name, entry.detail["from"], entry.detail["to"]) == ("Ines", 2, None)
    told = Notification.objects.get(member=team["author"], title__contains="retired aria@production")
    assert told.text == "It gave wrong limits."
    with pytest.raises(NothingReleased, match="was retired"):
        exporting.find_release(second.workspace, "aria")
    with pytest.raises(NoLabel):
        retire_label(**again)
    back = move_label(release=first, name="production", member=approver, seen=0)
    assert back.protected and not retired_labels(prompt)
    assert [(m.before and m.before.number, m.after and m.after.number) for m in prompt.label_moves.all()] == [
        (None, 1),
        (2, None),
        (1, 2),
        (None, 1),
    ]


def test_an_approver_protects_a_label_and_a_retired_one_stays_protected(client, team, two):
    prompt, approver, author = two[0].prompt, team["approver"], team["author"]
    move_label(release=two[0], name="eu", member=author)
    client.force_login(author.user)
    protect = reverse("releases:protect", args=["meridian", "aria", "eu"])
    assert client.post(protect, {"protected": "on"}).status_code == 403
    client.force_login(approver.user)
    assert client.post(protect, {"protected": "on"}).status_code == 302
    assert client.post(protect, {"protected": "on"}).status_code == 409
    for name in ("production", "nothing"):
        with pytest.raises(DomainError):
            protect_label(prompt=prompt, name=name, protected=False, member=approver)
    again = {"release": two[1], "name": "eu", "member": author}
    with pytest.raises(NotAllowed):
        move_label(**again)
    retire_label(prompt=prompt, name="eu", member=approver, reason="No more.")
    with pytest.raises(NotAllowed):
        move_label(**again)
    assert move_label(**again | {"member": approver}).protected
    assert client.post(protect).status_code == 302
    assert move_label(**again | {"release": two[0]}).release == two[0]
    acts = Entry.objects.filter(act="release:label:protected").order_by("seq")
    assert [entry.detail["protected"] for entry in acts] == [True, False]
    chosen = client.get(reverse("releases:choose_label", args=["meridian", "aria", 1]), {"label": "eu"})
    assert chosen["Location"] == reverse("releases:point", args=["meridian", "aria", 1, "eu"])


# --- pages


def test_the_page_names_what_is_replaced_and_each_way_works(client, team, two, django_assert_max_num_queries):
    client.force_login(team["approver"].user)
    address = {"workspace": "meridian", "slug": "aria", "number": 1, "name": "production"}
    with django_assert_max_num_queries(18):
        page = client.get(reverse("releases:point", kwargs=address)).content.decode()
    assert "It replaces release 2 (r2), which Ines put there" in page
    plan = reverse("releases:plan", kwargs=address)
    assert client.post(plan, {"at": "tomorrow"}).status_code == 422
    at = timezone.localtime() + timedelta(days=1)
    assert client.post(plan, {"at": f"{at:%Y-%m-%dT%H:%M}", "reason": "Night."}).status_code == 302
    share = reverse("releases:share", kwargs=address)
    assert client.post(share, {"percent": "ten"}).status_code == 422
    assert client.post(share, {"percent": "10", "seen": "2"}).status_code == 302
    with django_assert_max_num_queries(25):
        shown = client.get(reverse("releases:list", args=["meridian", "aria"])).content.decode()
    assert "10 % of production gets release 1" in shown and "production moves to release 1" in shown
    cancel = reverse("releases:cancel_plan", args=["meridian", "aria", PlannedMove.objects.get().pk])
    assert client.post(cancel).status_code == 302
    assert (
        client.post(reverse("releases:end_share", args=["meridian", "aria", "production"])).status_code == 302
    )
    assert client.get(reverse("releases:keys", args=["meridian"])).json()[0]["state"] == "current"


def test_the_page_says_what_stops_being_served_and_where_a_retired_label_went(
    client, team, two, django_assert_max_num_queries
):
    client.force_login(team["approver"].user)
    create_token(member=team["admin"], name="checkout", scopes=["aria@*"], expires_at=None)
    create_token(member=team["admin"], name="elsewhere", scopes=["other@*"], expires_at=None)
    page = reverse("releases:list", args=["meridian", "aria"])
    shown = client.get(page).content.decode()
    assert (
        "gets release 2 (r2) now" in shown and "1 token can fetch it: checkout; none was ever used." in shown
    )
    retire = reverse("releases:retire", args=["meridian", "aria", "production"])
    assert client.post(retire, {"seen": "2"}).status_code == 422
    assert client.post(retire, {"seen": "2", "reason": "Wrong limits."}).status_code == 302
    with django_assert_max_num_queries(25):
        shown = client.get(page).content.decode()
    assert "Retired</span> was release 2" in shown and "Wrong limits." in shown
    point = reverse("releases:point", args=["meridian", "aria", 1, "production"])
    assert "Ines retired production on" in client.get(point).content.decode()
    client.force_login(team["author"].user)
    assert "retire-production" not in client.get(page).content.decode()
