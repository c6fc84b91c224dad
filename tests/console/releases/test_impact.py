"""What another policy or narrower bounds would change: counted piece by piece, put in force, counted again."""

from __future__ import annotations

import threading

import pytest
from django.db import connection
from django.urls import reverse

import policies
from console.audit.models import Entry
from console.governance.services import bounds_for, governance_of, pack_in_force, set_bounds, switch_pack
from console.problems import DomainError, Invalid, NotAllowed
from console.releases import impact
from console.releases.impact_models import Impact, ImpactItem
from console.releases.services import create_release
from tests.factories import (
    make_approval,
    make_member,
    make_prompt,
    make_review,
    make_revision,
    make_user,
    make_workspace,
)
from tests.html_forms import fields_of

CREATIVITY = "behavior.creativity"
CALM = {CREATIVITY: {"value": "strict"}}
STRICT = {CREATIVITY: {"lowest": "strict", "highest": "strict"}}


@pytest.fixture
def admin(db):
    return make_member(make_workspace(), "admin", "author")


def counted(found: Impact) -> Impact:
    """As the workers would: piece after piece."""
    for _ in range(100):
        impact.count(found.pk)
        found.refresh_from_db()
        if not found.is_open:
            return found
    raise AssertionError("the count has no end")


def outcomes(found: Impact) -> dict[str, str]:
    return {item.prompt.slug: item.outcome for item in found.items.select_related("prompt")}


def open_and_plain(admin) -> None:
    make_prompt(admin, "open", settings={CREATIVITY: {"value": "balanced"}})
    make_prompt(admin, "plain", settings={CREATIVITY: {"value": "strict"}})


def test_narrower_bounds_say_which_prompts_they_would_block(admin):
    open_and_plain(admin)
    found = counted(impact.start_bounds(member=admin, bounds=STRICT))
    assert outcomes(found) == {"open": "blocked", "plain": "same"}
    new = found.items.get(prompt__slug="open").new
    assert any(
        finding["severity"] == "block" and "creativity" in finding["message"].lower() for finding in new
    )
    assert bounds_for(admin.workspace).version == 0, "a preview changes nothing"


def test_what_was_counted_is_put_in_force_and_counted_again(admin):
    open_and_plain(admin)
    found = counted(impact.start_bounds(member=admin, bounds=STRICT, reason="calm answers"))
    again = counted(impact.put_in_force(impact=found, member=admin, reason=""))
    assert bounds_for(admin.workspace).organisation.bounds[CREATIVITY].highest == "strict"
    assert (again.number, outcomes(again)) == (found.number + 1, outcomes(found))
    assert Entry.objects.filter(act="policy:bounds:changed").count() == 1


def test_it_is_put_in_force_only_over_what_it_was_compared_with(admin):
    found = counted(impact.start_bounds(member=admin, bounds=STRICT))
    set_bounds(member=admin, bounds={"behavior.crude_language": {"permitted": ["off"]}}, reason="", version=0)
    with pytest.raises(DomainError, match="changed since this was counted"):
        impact.put_in_force(impact=found, member=admin, reason="")
    assert CREATIVITY not in bounds_for(admin.workspace).statement


def test_another_policy_is_compared_and_the_bounds_go_along(admin):
    set_bounds(member=admin, bounds=STRICT, reason="", version=0)
    open_and_plain(admin)
    found = counted(impact.start_policy(member=admin, ref="model-spec@2026.1"))
    assert not found.problem
    assert set(outcomes(found)) == {"open", "plain"}
    again = impact.put_in_force(impact=found, member=admin, reason="")
    assert pack_in_force(admin.workspace).ref == "model-spec@2026.1"
    assert counted(again).after_pack == "model-spec@2026.1"
    governance_of(admin.workspace)  # bounds that the new policy could not take would refuse every page


def test_only_an_admin_and_only_for_what_differs(admin):
    author = make_member(admin.workspace, "author")
    for start in (
        lambda: impact.start_bounds(member=author, bounds=STRICT),
        lambda: impact.start_policy(member=author, ref="model-spec@2026.1"),
    ):
        with pytest.raises(NotAllowed):
            start()
    with pytest.raises(Invalid, match="in force already"):
        impact.start_policy(member=admin, ref=pack_in_force(admin.workspace).ref)
    with pytest.raises(Invalid, match="no usable policy"):
        impact.start_policy(member=admin, ref="../../etc/passwd")
    with pytest.raises(Invalid, match=r"can.t be used"):
        impact.start_bounds(member=admin, bounds={"parameter.max_tokens": {"lowest": 1, "highest": 10**9}})


def test_a_count_goes_on_where_it_was_left(admin, monkeypatch):
    monkeypatch.setattr(impact, "PIECE", 2)
    for number in range(5):
        make_prompt(admin, f"p{number}")
    found = impact.start_bounds(member=admin, bounds=STRICT)
    impact.count(found.pk)
    assert found.items.count() == 2
    impact.sweep()
    assert counted(found).items.count() == 5
    impact.count(found.pk)  # a message that comes late
    assert found.items.count() == 5


@pytest.mark.django_db(transaction=True)
def test_two_workers_count_nothing_twice():
    admin = make_member(make_workspace(), "admin", "author")
    for number in range(12):
        make_prompt(admin, f"p{number}")
    found = impact.start_bounds(member=admin, bounds=STRICT)

    def work() -> None:
        for _ in range(6):
            impact.count(found.pk)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counted(found).items.count() == 12


def test_a_policy_that_changed_under_the_count_is_a_sentence(admin):
    found = impact.start_policy(member=admin, ref="model-spec@2026.1")
    Impact.objects.filter(pk=found.pk).update(after_digest="sha256:" + "0" * 64)
    assert "its content changed" in counted(found).problem


def test_bounds_that_a_policy_has_no_place_for_are_said_and_left_out(admin):
    pack = policies.load_pack("model-spec")
    kept, lost = policies.carry_over({"behavior.nothing": {"permitted": ["on"]}}, pack)
    assert kept == {} and "behavior.nothing" in lost[0]


def test_switching_carries_the_bounds_so_that_pages_still_open(admin, client):
    set_bounds(member=admin, bounds=STRICT, reason="", version=0)
    switch_pack(workspace=admin.workspace, name="model-spec", version="2026.1", member=admin)
    client.force_login(admin.user)
    assert client.get(reverse("governance:bounds", args=[admin.workspace.slug])).status_code == 200


def test_the_versions_are_listed_and_the_bounds_form_leads_to_a_preview(admin, client):
    open_and_plain(admin)
    client.force_login(admin.user)
    slug = admin.workspace.slug
    assert "model-spec@2026.1" in client.get(reverse("releases:versions", args=[slug])).content.decode()
    form = fields_of(client.get(reverse("governance:bounds", args=[slug])).content.decode(), "bounds-form")
    started = client.post(reverse("releases:preview_bounds", args=[slug]), form | {CREATIVITY: ["strict"]})
    number = Impact.objects.get().number
    assert Impact.objects.get().after_bounds[CREATIVITY]["bound"] == STRICT[CREATIVITY]
    assert started["Location"] == reverse("releases:impact", args=[slug, number])


def test_the_page_names_what_would_be_blocked_and_offers_to_put_it_in_force(admin, client):
    open_and_plain(admin)
    found = impact.start_bounds(member=admin, bounds=STRICT, reason="calm")
    client.force_login(admin.user)
    url = reverse("releases:impact", args=[admin.workspace.slug, found.number])
    assert "so far" in client.get(url).content.decode()
    counted(found)
    page = client.get(url).content.decode()
    assert "Newly blocked" in page and ">Open</a>" in page and "Put these bounds in force" in page
    posted = client.post(
        reverse("releases:put_in_force", args=[admin.workspace.slug, found.number]),
        {"reason": "calm"},
        follow=True,
    )
    assert "The bounds are in force." in posted.content.decode()
    assert ImpactItem.objects.filter(impact__number=found.number + 1).count() == 0


def test_the_page_names_what_becomes_stale(admin, client):
    """Live releases whose revision would compile otherwise, and reviews that somebody approved already."""
    approver = make_member(admin.workspace, "approver", "reviewer")
    released, waiting = (
        make_review(admin, revision=make_revision(admin, make_prompt(admin, slug, settings=CALM)))
        for slug in ("live", "waiting")
    )
    make_approval(released, approver)
    release = create_release(review=released, member=approver)
    make_approval(waiting, approver)
    found = counted(impact.start_policy(member=admin, ref="claude@2026.1"))
    client.force_login(admin.user)
    url = reverse("releases:impact", args=[admin.workspace.slug, found.number])
    page = client.get(url).content.decode()
    stale = page[page.index('id="stale"') : page.index('id="policy"')]
    assert (
        f">Review {waiting.number}, Waiting</a>" in stale and "1 approval of r1 would become stale" in stale
    )
    assert f">Live, release {release.number}</a>" in stale and "goes on as approved" in stale
    assert f"Review {released.number}," not in stale


def test_a_stranger_finds_nothing(admin, client):
    found = impact.start_bounds(member=admin, bounds=STRICT)
    client.force_login(make_user())
    for name in ("releases:impact", "releases:put_in_force"):
        url = reverse(name, args=[admin.workspace.slug, found.number])
        assert (client.post if "put" in name else client.get)(url).status_code == 404


def test_the_page_takes_a_constant_number_of_statements(admin, client, django_assert_max_num_queries):
    for number in range(30):
        make_prompt(admin, f"p{number}", settings={CREATIVITY: {"value": "balanced"}})
    found = counted(impact.start_bounds(member=admin, bounds=STRICT))
    client.force_login(admin.user)
    with django_assert_max_num_queries(25):
        client.get(reverse("releases:impact", args=[admin.workspace.slug, found.number]))
