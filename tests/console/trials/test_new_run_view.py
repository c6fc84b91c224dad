"""Starting a run: the form, its estimate, the account that is called."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from console.accounts.models import Membership, Role
from console.provider.accounts import AccountForm, open_account
from console.provider.models import Budget
from console.trials import plans, worker
from console.trials.models import Run
from tests.console.trials.compared import Get, text
from tests.factories import (
    MODEL,
    make_member,
    make_prompt,
    make_revision,
    make_scenario,
    make_suite,
)
from tests.messages_api import MessagesAPI, messages_api

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def api() -> Iterator[MessagesAPI]:
    with messages_api(key=None) as server:
        yield server


def test_a_new_run_needs_a_revision_and_a_suite(get: Get, author: Membership) -> None:
    prompt = make_prompt(author)
    assert "There is no revision to test" in text(get(author, "new", prompt.slug))
    make_revision(author, prompt)
    assert "There is no suite yet" in text(get(author, "new", prompt.slug))


@pytest.fixture
def configured(settings: Any, api: MessagesAPI) -> None:
    settings.ANTHROPIC_BASE_URL, settings.ANTHROPIC_API_KEY = api.url, "test-key"


def form_of(author: Membership, **changes: object) -> tuple[str, dict[str, object]]:
    first = make_revision(author)
    second = make_revision(author, first.prompt, text="You are Aria. You are an AI. Be brief.")
    version = make_suite(author.workspace, make_scenario("a", "One", "Two"), make_scenario("b"))
    values = {
        "suite": version.pk,
        "baseline": first.pk,
        "candidates": [second.pk],
        "model": MODEL,
        "samples": 2,
        "concurrency": 4,
        "money": "",
    }
    return first.prompt.slug, values | changes


@pytest.mark.usefixtures("configured")
def test_the_estimate_follows_what_is_chosen(get: Get, author: Membership) -> None:
    slug, values = form_of(author)
    page = text(get(author, "new", slug, **values))
    assert "<dt>Conversations</dt><dd>8</dd>" in page and "<dt>Calls, about</dt><dd>12</dd>" in page


@pytest.mark.usefixtures("configured")
def test_starting_a_run_leads_to_it(client: Client, author: Membership) -> None:
    slug, values = form_of(author, money="1.50")
    client.force_login(author.user)
    answer = client.post(reverse("trials:new", args=[author.workspace.slug, slug]), values)
    run = Run.objects.get()
    assert answer.headers["Location"] == reverse("trials:run", args=[author.workspace.slug, run.number])
    assert [subject.label for subject in run.subjects.all()] == ["r1", "r2"]
    assert (run.samples, run.concurrency, float(run.max_cost or 0), run.created_by) == (
        2,
        4,
        1.5,
        author.user,
    )


@pytest.mark.usefixtures("configured")
@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"samples": 0}, "greater than or equal to 1"),
        ({"candidates": []}, "This field is required."),
        ({"model": "nobody"}, "Select a valid choice."),
        ({"baseline": 999999}, "Select a valid choice."),
    ],
)
def test_a_wrong_form_is_422_and_starts_nothing(
    client: Client, author: Membership, changes: dict[str, object], says: str
) -> None:
    slug, values = form_of(author, **changes)
    client.force_login(author.user)
    answer = client.post(reverse("trials:new", args=[author.workspace.slug, slug]), values)
    assert answer.status_code == 422 and says in text(answer)
    assert not Run.objects.exists()


@pytest.mark.usefixtures("configured")
def test_economy_is_offered_where_every_conversation_is_one_call(
    client: Client, get: Get, author: Membership
) -> None:
    slug, values = form_of(author)
    page = text(get(author, "new", slug, **values))
    assert "has 2 turns: a batch answers one call of each conversation." in page
    client.force_login(author.user)
    where = reverse("trials:new", args=[author.workspace.slug, slug])
    refused = client.post(where, values | {"economy": "on"})
    assert refused.status_code == 422 and not Run.objects.exists()

    values["suite"] = make_suite(author.workspace, make_scenario("a"), make_scenario("b")).pk
    dear = get(author, "new", slug, **values).context["estimate"].cost
    offered = get(author, "new", slug, **values, economy="on")
    assert offered.context["estimate"].cost == dear / 2 and "at the price of batches" in text(offered)
    client.post(where, values | {"economy": "on"})
    assert Run.objects.get().economy


@pytest.mark.usefixtures("configured")
def test_the_baseline_alone_is_no_candidate(client: Client, author: Membership) -> None:
    slug, values = form_of(author)
    client.force_login(author.user)
    values["candidates"] = [values["baseline"]]
    answer = client.post(reverse("trials:new", args=[author.workspace.slug, slug]), values)
    assert answer.status_code == 422 and "Choose another revision than the baseline" in text(answer)


def test_an_endpoint_that_is_down_is_said_in_the_form(get: Get, author: Membership, settings: Any) -> None:
    settings.ANTHROPIC_BASE_URL = "http://127.0.0.1:9"
    slug, _ = form_of(author)
    page = text(get(author, "new", slug))
    assert "The provider cannot be reached" in page and "disabled" in page


def test_who_may_not_run_gets_no_form(get: Get, author: Membership) -> None:
    slug, _ = form_of(author)
    assert get(make_member(author.workspace, Role.VIEWER), "new", slug).status_code == 403


# --- accounts


def test_a_run_is_started_on_the_account_that_was_chosen(
    client: Client, author: Membership, api: MessagesAPI, settings: Any
) -> None:
    """Its models are offered, a deprecated one warns, and an account that leads elsewhere later ends the run."""
    settings.REMIT_PROVIDER_ORIGINS = [api.url]
    admin = make_member(author.workspace, Role.ADMIN)
    form = AccountForm("Gateway", "messages", api.url)
    account = open_account(member=admin, form=form, key=api.key or "key")
    slug, values = form_of(author, account=account.pk)
    client.force_login(author.user)
    address = reverse("trials:new", args=[author.workspace.slug, slug])
    assert "Gateway" in text(client.get(address))
    field = client.get(address, values, headers={"HX-Request": "true", "HX-Target": "model-field"})
    assert MODEL in text(field) and "<html" not in text(field)
    assert client.post(address, values).status_code == 302
    run = Run.objects.get()
    assert (run.account, run.endpoint, run.base_url) == (account, f"Gateway ({api.url[7:]})", "")
    budget = Budget.objects.create(workspace=author.workspace, month_tokens=10, by=admin.user)
    said = client.get(address, values, headers={"HX-Request": "true", "HX-Target": "estimate"})
    assert "This month’s budget has 10 tokens left" in text(said)
    budget.delete()
    settings.REMIT_PROVIDER_ORIGINS = []
    plans._plans.clear()  # as another process would read it, or this one some seconds later
    worker.work("", lambda run: None, threading.Event())
    run.refresh_from_db()
    assert run.status == "stopped" and "is not https" in run.reason and not api.calls
