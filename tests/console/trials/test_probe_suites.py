"""Suites from the policy's probes: for what a prompt moves, the same for the same draft, and what changes afterwards."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import DjangoAssertNumQueries

from console.accounts.models import Membership
from console.governance.services import switch_pack
from console.prompts.drafts import draft_of, save
from console.prompts.models import Prompt
from console.trials import probe_suites, suite_edits
from console.trials.models import Suite
from tests.factories import make_content, make_member, make_prompt, make_scenario, make_workspace

pytestmark = pytest.mark.django_db

OPINIONS = {"behavior.balanced_views": {"value": "off"}}


@pytest.fixture
def author() -> Membership:
    return make_member(make_workspace())


def ids(prompt: Prompt) -> set[str]:
    return {scenario.id for scenario in probe_suites.generate(prompt).scenarios}


def change(prompt: Prompt, author: Membership, **fields: object) -> None:
    draft = draft_of(prompt)
    save(draft=draft, version=draft.version, content=make_content(**fields), member=author)


def test_exactly_what_is_moved_is_probed_under_its_own_setting(author: Membership) -> None:
    plain, moved = make_prompt(author), make_prompt(author, domain="education", settings=OPINIONS)
    assert "probe-balanced-views-off" in ids(moved) and "probe-balanced-views-on" not in ids(moved)
    assert "probe-balanced-views-off" not in ids(plain)
    reasons = {reason.id: reason.because for reason in probe_suites.generate(moved).reasons}
    assert reasons["behavior.balanced_views"].startswith("the prompt moves it")


def test_safe_requests_are_those_of_the_domain(author: Membership) -> None:
    found = probe_suites.generate(make_prompt(author, domain="education")).scenarios
    safe = {scenario.domain for scenario in found if scenario.purpose == "over_refusal"}
    assert "education" in safe and safe <= {"education", "general"}
    assert "probe-cbrn-neighbour" in {scenario.id for scenario in found}


def test_another_policy_brings_probes_of_its_own() -> None:
    admin = make_member(make_workspace(), "admin", "author")
    switch_pack(workspace=admin.workspace, name="model-spec", version="2026.1", member=admin)
    prompt = make_prompt(
        admin,
        domain="creative",
        audience=["adults"],
        settings={"behavior.relationship_persona": {"value": "on"}},
    )
    made = probe_suites.generate(prompt)
    assert made.pack == "model-spec@2026.1" and not made.without
    found = {scenario.id for scenario in made.scenarios}
    assert {"probe-relationship-persona", "probe-csam", "probe-dignity-neighbour"} <= found
    assert "probe-relationship-persona-off" not in found


def test_the_same_draft_gives_the_same_bytes(author: Membership) -> None:
    one, two = (probe_suites.generate(make_prompt(author, settings=OPINIONS)) for _ in range(2))
    assert one.digest == two.digest and one.scenarios == two.scenarios and one.pack == "claude@2026.2"


def test_required_variables_are_filled_so_that_a_run_can_start(author: Membership) -> None:
    variables = {
        "first_name": {"type": "string", "required": True},
        "mood": {"type": "string", "default": "calm"},
    }
    made = probe_suites.generate(make_prompt(author, variables=variables))
    assert made.examples == ("first_name",)
    assert {tuple(s.variables.items()) for s in made.scenarios} == {(("first_name", "example"),)}


def test_keeping_makes_versions_and_leaves_what_people_added(
    client: Client, author: Membership, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    prompt = make_prompt(author, "aria", domain="education", settings=OPINIONS)
    client.force_login(author.user)
    address = reverse("trials:probe-suite", args=[author.workspace.slug, "aria"])
    with django_assert_max_num_queries(25):
        page = client.get(address).content.decode()
    assert "Keep as a suite" in page and "Not kept yet" in page
    digest = probe_suites.generate(prompt).digest
    assert client.post(address, {"digest": digest}).status_code == 302
    suite = Suite.objects.get(slug="probes-aria")
    first = suite.versions.get()
    assert (
        first.origin["pack"] == "claude@2026.2"
        and first.digest == digest
        and list(suite.prompts.all()) == [prompt]
    )
    assert "Nothing changed" in client.get(address).content.decode()

    suite.workspace = author.workspace
    suite_edits.put_scenario(suite=suite, version=1, scenario=make_scenario("mine"), by=author)
    change(prompt, author, domain="education")
    assert (
        client.post(address, {"digest": digest}).status_code == 409
    )  # the draft moved on since it was shown
    difference = probe_suites.changes(prompt, probe_suites.generate(prompt))
    assert "probe-balanced-views-off" in difference.removed and difference.own == ("mine",)
    page = client.get(address).content.decode()
    assert (
        "Against version 2" in page and "Gone" in page and "1 scenario that people added to it stays" in page
    )
    client.post(address, {"digest": probe_suites.generate(prompt).digest})
    newest = suite.versions.order_by("-number")[0]
    kept = [form["id"] for form in newest.scenarios]
    assert newest.number == 3 and kept[-1] == "mine" and "probe-balanced-views-off" not in kept


def test_who_may_not_edit_suites_may_look(client: Client, author: Membership) -> None:
    prompt = make_prompt(author, "aria")
    viewer = make_member(author.workspace, "viewer")
    client.force_login(viewer.user)
    address = reverse("trials:probe-suite", args=[author.workspace.slug, "aria"])
    page = client.get(address)
    assert page.status_code == 200 and b"Keep as" not in page.content
    assert client.post(address, {"digest": probe_suites.generate(prompt).digest}).status_code == 403
    client.force_login(make_member(make_workspace()).user)
    assert client.get(address).status_code == 404
