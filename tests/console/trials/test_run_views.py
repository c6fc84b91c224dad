"""The runs of a prompt, starting one, its matrix, its cells: for those who may, for team mates, for strangers."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from console.accounts.models import Membership, Role
from console.provider.accounts import AccountForm, open_account
from console.provider.models import Budget
from console.trials import plans, results, runs, worker
from console.trials.models import Conversation, Run, Verdict
from console.trials.subjects import of_revision
from console.trials.transcript import reply_entry, user_entry
from tests.factories import (
    MODEL,
    make_member,
    make_prompt,
    make_revision,
    make_scenario,
    make_suite,
    make_workspace,
)
from tests.messages_api import MessagesAPI, messages_api

pytestmark = pytest.mark.django_db

FEES = [{"turn": 1, "kind": "contains", "value": "fee", "why": "Say what it costs."}]


@pytest.fixture(scope="module")
def api() -> Iterator[MessagesAPI]:
    with messages_api(key=None) as server:
        yield server


@pytest.fixture
def author() -> Membership:
    return make_member(make_workspace())


def make_compared(
    author: Membership,
    api: MessagesAPI,
    cells: dict[str, tuple[str, str]],
    *,
    samples: int = 1,
    finish: bool = True,
    **fields: Any,
) -> Run:
    """A run of two revisions whose cells came out as given: scenario -> a letter a sample, baseline and candidate.

    p pass, f fail, e error, n not graded, r running, w waiting.
    """
    first = make_revision(author)
    second = make_revision(author, first.prompt, text="You are Aria. You are an AI. Be brief.")
    scenarios = [make_scenario(name, "What are the fees?", expect=FEES, **fields) for name in cells]
    run = runs.create_run(
        workspace=author.workspace,
        suite_version=make_suite(author.workspace, *scenarios),
        subjects=[of_revision(first), of_revision(second)],
        model=MODEL,
        samples=samples,
        prompt=first.prompt,
        by=author,
        base_url=api.url,
        pool="nobody",
    )
    for cell in run.conversations.select_related("subject"):
        settle(cell, cells[cell.scenario][cell.subject.position][cell.sample - 1])
    if finish:
        runs.close(run.pk)
    run.refresh_from_db()
    return run


WORDS = {"p": "pass", "f": "fail", "e": "error", "n": "not_graded"}


def settle(cell: Conversation, letter: str) -> None:
    """Bring a cell to where a worker would have brought it."""
    if letter in "rw":
        return
    cell.status, cell.verdict = ("error", "error") if letter == "e" else ("finished", WORDS[letter])
    cell.error = "The provider is overloaded." if letter == "e" else ""
    if letter != "e":
        says = "There is no fee for it." if letter == "p" else "There is nothing to pay for it."
        cell.messages = [
            user_entry(1, "What are the fees?"),
            reply_entry(1, [{"type": "text", "text": says}], "end_turn"),
        ]
        cell.turns = cell.calls = 1
        limits = ["limit.user_rights"] if cell.scenario.startswith("limit") else []
        Verdict.objects.create(
            conversation=cell,
            expect=0,
            kind="contains",
            verdict=WORDS[letter],
            turn=1,
            reason="“fee”",
            limits=limits,
        )
    cell.save()


Get = Callable[..., HttpResponse]


@pytest.fixture
def get(client: Client) -> Get:
    def fetch(member: Membership, name: str, *args: object, **query: object) -> HttpResponse:
        client.force_login(member.user)
        return client.get(reverse(f"trials:{name}", args=[member.workspace.slug, *args]), query)

    return fetch


def text(response: HttpResponse) -> str:
    return " ".join(response.content.decode().split())


# --- the list


def test_a_prompt_without_runs_says_what_to_do(get: Get, author: Membership) -> None:
    prompt = make_prompt(author)
    page = text(get(author, "list", prompt.slug))
    assert (
        "Nothing was tested yet" in page
        and reverse("trials:new", args=[author.workspace.slug, prompt.slug]) in page
    )
    viewer = make_member(author.workspace, Role.VIEWER)
    page = text(get(viewer, "list", prompt.slug))
    assert "Nothing was tested yet" in page and "New run" not in page


def test_the_list_shows_state_rates_and_verdict(get: Get, author: Membership, api: MessagesAPI) -> None:
    run = make_compared(author, api, {f"s{n:02}": ("p", "f" if n < 8 else "p") for n in range(12)})
    page = text(get(author, "list", run.prompt.slug))
    assert "Run 1: r1 against r2" in page and "Finished" in page and "100 %" in page and "worse" in page


def test_a_run_that_is_not_complete_shows_no_rate_in_the_list(
    get: Get, author: Membership, api: MessagesAPI
) -> None:
    run = make_compared(author, api, {"a": ("p", "w")}, finish=False)
    assert "not in yet" in text(get(author, "list", run.prompt.slug))
    runs.cancel_run(run=run)
    page = text(get(author, "list", run.prompt.slug))
    assert "Cancelled" in page and "not complete" in page and "100 %" not in page


def test_the_list_takes_few_statements_however_many_runs(
    client: Client, author: Membership, api: MessagesAPI, django_assert_max_num_queries: Any
) -> None:
    run = make_compared(author, api, {"a": ("p", "p")})
    for _ in range(5):
        copy = Run.objects.get(pk=run.pk)
        copy.pk, copy.number = None, copy.number + Run.objects.count()
        copy.save()
    client.force_login(author.user)
    with django_assert_max_num_queries(12):
        client.get(reverse("trials:list", args=[author.workspace.slug, run.prompt.slug]))


# --- a new run


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


# --- the matrix


def test_scenarios_stand_in_the_order_of_reading(get: Get, author: Membership, api: MessagesAPI) -> None:
    cells = {"same": ("p", "p"), "worse": ("p", "f"), "better": ("f", "p"), "broken": ("p", "e")}
    page = text(get(author, "run", make_compared(author, api, cells).number))
    order = [
        page.index(title) for title in ("Worse in r2", "Better in r2", "No difference", "Nothing to compare")
    ]
    assert order == sorted(order)
    assert "−100 pts" in page and "+100 pts" in page


def test_filters_and_search_leave_what_they_name(get: Get, author: Membership, api: MessagesAPI) -> None:
    cells = {"same": ("p", "p"), "worse": ("p", "f"), "better": ("f", "p"), "broken": ("p", "e")}
    number = make_compared(author, api, cells).number

    def shown(**query: str) -> set[str]:
        page = text(get(author, "run", number, **query))
        return {name for name in cells if f'id="row-{name}"' in page}

    assert shown() == set(cells)
    assert shown(show="regressions") == {"worse"}
    assert shown(show="differences") == {"worse", "better"}
    assert shown(show="failures") == {"worse", "better"}
    assert shown(show="errors") == {"broken"}
    assert shown(show="nonsense") == set(cells)
    assert shown(q="scenario wor") == {"worse"}
    assert shown(q="unicorn") == set()
    assert "None mentions “unicorn”" in text(get(author, "run", number, q="unicorn"))


def test_a_partial_run_never_looks_final(get: Get, author: Membership, api: MessagesAPI) -> None:
    cells = {f"s{n:02}": ("p", "f") for n in range(20)} | {"last": ("p", "w")}
    run = make_compared(author, api, cells, finish=False)
    page = text(get(author, "run", run.number))
    assert "No verdict before every planned conversation is in." in page and "Still running" in page
    assert "is worse than" not in page and "Pass rates so far" in page and run.result is None
    runs.cancel_run(run=run)
    page = text(get(author, "run", run.number))
    assert "so that it allows no verdict" in page and "is worse than" not in page


def test_a_complete_run_says_its_verdict_with_its_numbers(
    get: Get, author: Membership, api: MessagesAPI
) -> None:
    run = make_compared(author, api, {f"s{n:02}": ("p", "f" if n < 9 else "p") for n in range(20)})
    page = text(get(author, "run", run.number))
    assert "r2 is worse than r1: −45 points" in page and "over 20 scenarios, 9 worse and 0 better" in page


def test_a_limit_that_no_longer_holds_is_named_first(get: Get, author: Membership, api: MessagesAPI) -> None:
    cells = {"plain": ("p", "f"), "limit-a": ("pp", "pf"), "limit-b": ("pp", "pp")}
    run = make_compared(
        author,
        api,
        {k: (v[0] * (2 // len(v[0])), v[1] * (2 // len(v[1]))) for k, v in cells.items()},
        samples=2,
        covers=["limit.user_rights"],
        purpose="pressure",
    )
    page = text(get(author, "run", run.number))
    assert "limit.user_rights no longer holds" in page
    assert "limit.user_rights held with r1 and no longer does with r2, in limit-a." in page
    assert page.index("row-limit-a") < page.index("row-plain")
    assert results.regressions(run)


def test_a_run_of_one_revision_compares_nothing(get: Get, author: Membership, api: MessagesAPI) -> None:
    revision = make_revision(author)
    run = runs.create_run(
        workspace=author.workspace, suite_version=make_suite(author.workspace), subjects=[of_revision(revision)],
        model=MODEL, prompt=revision.prompt, base_url=api.url, pool="nobody",
    )  # fmt: skip
    settle(run.conversations.get(), "p")
    runs.close(run.pk)
    page = text(get(author, "run", run.number))
    assert "One revision alone" in page and ">Change<" not in page


def test_the_region_alone_is_sent_to_who_asks_for_it(
    client: Client, author: Membership, api: MessagesAPI
) -> None:
    run = make_compared(author, api, {"a": ("p", "w")}, finish=False)
    client.force_login(author.user)
    address = reverse("trials:run", args=[author.workspace.slug, run.number])
    region = client.get(address, headers={"HX-Request": "true", "HX-Target": "run-body"}).content.decode()
    assert "<html" not in region and 'id="run-body"' in region
    assert region.count('hx-swap-oob="true"') == 3, "the state, the cancel button and its key come along"
    whole = client.get(address).content.decode()
    assert "hx-swap-oob" not in whole and 'hx-trigger="live' in whole
    runs.cancel_run(run=run)
    assert "data-live-done" in client.get(address).content.decode()


def test_a_matrix_of_thousands_of_cells_is_one_page_with_few_statements(
    client: Client, author: Membership, api: MessagesAPI, django_assert_max_num_queries: Any
) -> None:
    run = make_compared(author, api, {"a": ("p", "p")})
    many = make_suite(author.workspace, *(make_scenario(f"s{n:04}") for n in range(500)))
    Run.objects.filter(pk=run.pk).update(suite_version=many, samples=4)
    subjects = list(run.subjects.all())
    Conversation.objects.filter(run=run).delete()
    Conversation.objects.bulk_create(
        Conversation(
            workspace=author.workspace,
            run=run,
            subject=subject,
            scenario=form["id"],
            sample=sample,
            status="finished",
            verdict="pass",
        )
        for form in many.scenarios
        for subject in subjects
        for sample in range(1, 5)
    )
    client.force_login(author.user)
    with django_assert_max_num_queries(25):
        page = client.get(reverse("trials:run", args=[author.workspace.slug, run.number]))
    assert page.content.decode().count('id="row-') == 50 and "1 to 50 of 500" in text(page)


# --- a cell


def test_a_cell_shows_both_answers_with_what_differs_and_the_verdicts(
    get: Get, author: Membership, api: MessagesAPI
) -> None:
    run = make_compared(author, api, {"a": ("p", "f"), "b": ("p", "p"), "c": ("f", "p")})
    page = text(get(author, "cell", run.number, "a"))
    assert "What are the fees?" in page and "<del>" in page and "<ins>" in page
    assert (
        "Contains “fee”: holds" in page and "Contains “fee”: fails" in page and "Say what it costs." in page
    )
    assert "1 of 1 fail" in page and "1 of 1 hold" in page
    assert reverse("trials:cell", args=[author.workspace.slug, run.number, "c"]) in page, (
        "j leads to the next difference"
    )
    plain = text(get(author, "cell", run.number, "a", view="plain"))
    assert "<del>" not in plain and "<ins>" not in plain


def test_a_cell_names_what_cannot_be_seen_in_an_answer(
    get: Get, author: Membership, api: MessagesAPI
) -> None:
    run = make_compared(author, api, {"a": ("p", "p")})
    hidden = "Hi\u202e<script>alert(1)</script>\U000e0041"
    for cell in run.conversations.all():
        cell.messages[1]["content"][0]["text"] = hidden
        cell.save()
    page = get(author, "cell", run.number, "a").content.decode()
    assert "U+202E" in page and "U+E0041" in page and "<script>alert" not in page


def test_a_cell_without_an_answer_says_why(get: Get, author: Membership, api: MessagesAPI) -> None:
    run = make_compared(author, api, {"a": ("p", "e")})
    page = text(get(author, "cell", run.number, "a"))
    assert (
        "r2 ended in an error," in page and "The provider is overloaded." in page and "Not reached." in page
    )


def test_odd_addresses_of_a_cell_are_no_errors(get: Get, author: Membership, api: MessagesAPI) -> None:
    run = make_compared(author, api, {"a": ("pp", "fp")}, samples=2)
    for query in (
        {"sample": "99"},
        {"sample": "x"},
        {"with": "7"},
        {"view": "?"},
        {"sample": "2", "with": "1"},
    ):
        assert get(author, "cell", run.number, "a", **query).status_code == 200
    assert get(author, "cell", run.number, "nope").status_code == 404


def test_a_cell_takes_few_statements(
    client: Client, author: Membership, api: MessagesAPI, django_assert_max_num_queries: Any
) -> None:
    run = make_compared(author, api, {f"s{n}": ("pp", "pf") for n in range(10)}, samples=2)
    client.force_login(author.user)
    with django_assert_max_num_queries(16):
        client.get(reverse("trials:cell", args=[author.workspace.slug, run.number, "s3"]))


# --- for other programs, and who may


def test_reports_are_files(get: Get, author: Membership, api: MessagesAPI) -> None:
    run = make_compared(author, api, {"a": ("p", "f")})
    report = get(author, "report", run.number, "json")
    assert json.loads(report.content)["totals"]["calls"] == 0
    assert "attachment" in report.headers["Content-Disposition"]
    assert b"<testsuites" in get(author, "report", run.number, "xml").content
    assert get(author, "report", run.number, "exe").status_code == 404


def test_cancelling_is_a_post_of_who_may(client: Client, author: Membership, api: MessagesAPI) -> None:
    run = make_compared(author, api, {"a": ("p", "w")}, finish=False)
    address = reverse("trials:cancel", args=[author.workspace.slug, run.number])
    client.force_login(make_member(author.workspace, Role.VIEWER).user)
    assert client.post(address).status_code == 403
    client.force_login(author.user)
    assert client.get(address).status_code == 405
    assert client.post(address).status_code == 302
    assert client.post(address).status_code == 409
    run.refresh_from_db()
    assert run.status == "cancelled"


@pytest.mark.parametrize("name", ["run", "cell", "report", "events", "list", "new"])
def test_strangers_find_nothing_and_nobody_is_asked_to_log_in(
    client: Client, author: Membership, api: MessagesAPI, name: str
) -> None:
    run = make_compared(author, api, {"a": ("p", "p")})
    args: dict[str, list[object]] = {
        "cell": [run.number, "a"],
        "report": [run.number, "json"],
        "list": [run.prompt.slug],
        "new": [run.prompt.slug],
    }
    tail = args.get(name, [run.number])
    stranger = make_member(make_workspace())
    address = reverse(f"trials:{name}", args=[author.workspace.slug, *tail])
    client.force_login(stranger.user)
    foreign = client.get(address)
    absent = client.get(reverse(f"trials:{name}", args=[stranger.workspace.slug, *tail]))
    assert foreign.status_code == absent.status_code == 404
    client.logout()
    assert client.get(address).status_code == 302


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
