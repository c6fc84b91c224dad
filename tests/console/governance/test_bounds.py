"""The organisation's bounds: narrowed by an admin, never widened, versioned and recorded."""

from __future__ import annotations

import pytest
from django.urls import reverse

import policies
from console.audit.models import Entry
from console.governance.samples import set_samples
from console.governance.services import StaleBounds, bounds_for, set_bounds, switch_pack
from console.problems import Invalid, NotAllowed
from console.reviews.models import Review
from console.reviews.services import set_evidence
from console.reviews.standing import standing
from tests.factories import (
    make_approval,
    make_finished_run,
    make_member,
    make_prompt,
    make_review,
    make_revision,
    make_workspace,
)

pytestmark = pytest.mark.django_db
CREATIVITY = "behavior.creativity"


@pytest.fixture
def admin():
    return make_member(make_workspace(), "admin")


def narrow(member, bounds, *, version=0, reason="because"):
    return set_bounds(member=member, bounds=bounds, reason=reason, version=version)


def test_a_narrowing_holds_and_is_recorded(admin):
    narrow(admin, {CREATIVITY: {"lowest": "strict", "highest": "balanced"}})
    bounds = bounds_for(admin.workspace)
    assert bounds.version == 1
    assert bounds.organisation.bounds[CREATIVITY].highest == "balanced"
    assert Entry.objects.get(act="policy:bounds:changed").detail["changed"] == [CREATIVITY]


def test_a_bound_keeps_the_date_since_which_it_holds(admin):
    first = narrow(admin, {CREATIVITY: {"highest": "balanced"}})
    second = narrow(
        admin,
        {CREATIVITY: {"highest": "balanced"}, "behavior.crude_language": {"permitted": ["off"]}},
        version=1,
    )
    assert second.statement[CREATIVITY] == first.statement[CREATIVITY]


def test_the_same_bounds_make_no_new_version(admin):
    narrow(admin, {CREATIVITY: {"highest": "balanced"}})
    assert narrow(admin, {CREATIVITY: {"highest": "balanced"}}, version=1) is None


@pytest.mark.parametrize(
    "bounds",
    [
        {"parameter.max_tokens": {"lowest": 1, "highest": 10_000_000}},
        {"behavior.user_trust": {"permitted": ["standard", "administrator"]}},
        {"behavior.nothing": {"permitted": ["on"]}},
        {"limit.cbrn": {"permitted": ["off"]}},
        {CREATIVITY: {"kind": "text", "max_length": 10}},
    ],
)
def test_a_forged_form_cannot_widen(admin, bounds):
    with pytest.raises(Invalid, match="can't be used"):
        narrow(admin, bounds)
    assert bounds_for(admin.workspace).version == 0


def test_only_an_admin_narrows(admin):
    author = make_member(admin.workspace, "author")
    with pytest.raises(NotAllowed):
        narrow(author, {CREATIVITY: {"highest": "balanced"}})


def test_two_admins_do_not_overwrite_each_other(admin):
    narrow(admin, {CREATIVITY: {"highest": "balanced"}})
    with pytest.raises(StaleBounds):
        narrow(admin, {CREATIVITY: {"highest": "strict"}}, version=0)


def form(pack, **changes):
    """The page's form as a browser would send it with everything open, but for ``changes``."""
    from console.governance import bounds_form

    data: dict[str, object] = {"version": "0", "reason": "careful"}
    for row in bounds_form.rows(pack, {}):
        if row.stops:
            data[row.id] = [stop.value for stop in row.stops]
        else:
            data |= {f"{row.id}.lowest": row.policy_lowest, f"{row.id}.highest": row.policy_highest}
    return data | changes


def test_the_form_as_it_comes_changes_nothing(client, admin):
    client.force_login(admin.user)
    url = reverse("governance:bounds", args=[admin.workspace.slug])
    assert client.post(url, form(policies.load_pack())).status_code == 302
    assert bounds_for(admin.workspace).version == 0


def test_closing_a_stop_in_the_form_narrows(client, admin):
    client.force_login(admin.user)
    url = reverse("governance:bounds", args=[admin.workspace.slug])
    client.post(url, form(policies.load_pack(), **{CREATIVITY: ["strict", "balanced"]}))
    assert bounds_for(admin.workspace).organisation.bounds[CREATIVITY].highest == "balanced"
    assert (
        f"narrowed since {bounds_for(admin.workspace).statement[CREATIVITY]['since']}"
        in client.get(url).content.decode()
    )


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({CREATIVITY: []}, "no value is left open"),
        ({CREATIVITY: ["strict", "exploratory"]}, "a level can’t have a gap|a level can&#x27;t have a gap"),
        ({"parameter.max_tokens.highest": "many"}, "is not a number"),
        ({"parameter.max_tokens.highest": "inf"}, "is not a number"),
        ({"parameter.max_tokens.lowest": "nan"}, "is not a number"),
        ({"version": "7" * 5000}, "Somebody changed the bounds|does not say which bounds"),
        ({"version": ""}, "does not say which bounds"),
        ({"version": "7"}, "Somebody changed the bounds"),
    ],
)
def test_an_unusable_form_is_one_sentence_and_keeps_what_was_typed(client, admin, changes, sentence):
    import re

    client.force_login(admin.user)
    url = reverse("governance:bounds", args=[admin.workspace.slug])
    answer = client.post(url, form(policies.load_pack(), **changes))
    page = answer.content.decode()
    assert answer.status_code in {409, 422}
    assert re.search(sentence, page)
    assert 'value="careful"' in page


def test_a_team_mate_reads_the_bounds_but_cannot_send_them(client, admin):
    author = make_member(admin.workspace, "author")
    client.force_login(author.user)
    url = reverse("governance:bounds", args=[admin.workspace.slug])
    assert "An admin of this workspace may narrow them" in client.get(url).content.decode()
    assert client.post(url, form(policies.load_pack(), **{CREATIVITY: ["strict"]})).status_code == 403


def test_the_pack_in_force_is_bound_to_its_digest(admin):
    pack = policies.load_pack()
    row = switch_pack(workspace=admin.workspace, name=pack.name, version=pack.version, member=admin)
    assert row.digest == pack.digest
    with pytest.raises(Invalid, match="no usable policy"):
        switch_pack(workspace=admin.workspace, name="claude", version="1999.1", member=admin)


def test_more_samples_are_asked_for_from_a_risk_on_and_make_approvals_stale(client, admin):
    author, reviewer = (make_member(admin.workspace, role) for role in ("author", "reviewer"))
    revision = make_revision(author, make_prompt(author, domain="finance"))
    review = make_review(author, revision=revision, runs=[make_finished_run(revision)])
    make_approval(review, reviewer)
    page, address = reverse("governance:bounds", args=[admin.workspace.slug]), "governance:samples"
    client.force_login(admin.user)
    form = {"samples": "3", "from_risk": "1", "reason": "Once says little.", "version": "0"}
    refused = client.post(reverse(address, args=[admin.workspace.slug]), {**form, "samples": "51"})
    assert (refused.status_code, b"Choose 1 to 50." in refused.content) == (422, True)
    assert b'value="Once says little."' in refused.content
    assert client.post(reverse(address, args=[admin.workspace.slug]), form).status_code == 302
    assert client.post(reverse(address, args=[admin.workspace.slug]), form).status_code == 409  # an old page
    assert b'value="3"' in client.get(page).content
    assert Entry.objects.get(act="policy:bounds:changed").detail["changed"] == ["review.samples"]
    now = standing(Review.objects.get())
    [line] = [line for line in now.lines if line.kind == "evidence"]
    assert (line.met, "with 3 samples of each scenario" in line.sentence) == ("no", True)
    assert "has 1 sample of each scenario" in line.because
    assert [part.sentence for voice in now.stale for part in voice.drift] == [
        "The organisation's bounds changed."
    ]
    # Narrowing a behaviour, or another policy, keeps what is asked for; what is asked of a higher risk is asked of none here.
    narrow(admin, {CREATIVITY: {"highest": "balanced"}}, version=1)
    assert bounds_for(admin.workspace).samples_at(1) == 3
    set_samples(member=admin, samples=3, from_risk=20, reason="", version=2)
    assert bounds_for(admin.workspace).samples_at(19) == 1
    with pytest.raises(NotAllowed):
        set_samples(member=author, samples=1, from_risk=0, reason="", version=3)


def test_the_same_may_be_asked_for_on_further_models_and_each_is_a_line_of_its_own(client, admin):
    author = make_member(admin.workspace, "author")
    revision = make_revision(author, make_prompt(author, domain="finance"))
    own, other = make_finished_run(revision), make_finished_run(revision, model="claude-fallback-1")
    review = make_review(author, revision=revision, runs=[own])
    with pytest.raises(Invalid, match="claude-fallback-1 answered, and what counts is"):
        set_evidence(review=review, runs=[own, other], member=author)
    address = reverse("governance:samples", args=[admin.workspace.slug])
    form = {
        "samples": "1",
        "from_risk": "1",
        "reason": "",
        "version": "0",
        "models": "claude-fallback-1, no/ <b>",
    }
    client.force_login(admin.user)
    refused = client.post(address, form)
    assert (refused.status_code, "is no model&#x27;s name" in refused.content.decode()) == (422, True)
    assert client.post(address, {**form, "models": "claude-fallback-1"}).status_code == 302
    assert Entry.objects.get(act="policy:bounds:changed").detail["changed"] == [
        "review.models",
        "review.samples",
    ]
    page = client.get(reverse("governance:bounds", args=[admin.workspace.slug])).content
    assert b'value="claude-fallback-1"' in page

    def lines():
        found = [line for line in standing(Review.objects.get()).lines if line.kind == "evidence"]
        return [(line.met, "claude-fallback-1" in line.sentence) for line in found]

    assert lines() == [("yes", False), ("no", True)]
    set_evidence(review=review, runs=[own, other], member=author)
    assert lines() == [("yes", False), ("yes", True)]
    set_evidence(review=review, runs=[other], member=author)
    assert lines() == [("no", False), ("yes", True)]
    # Narrowing a behaviour keeps it.
    narrow(admin, {CREATIVITY: {"highest": "balanced"}}, version=1)
    assert bounds_for(admin.workspace).models_at(1) == ("claude-fallback-1",)
    assert bounds_for(admin.workspace).models_at(0) == ()
