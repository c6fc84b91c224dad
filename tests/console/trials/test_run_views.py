"""The runs of a prompt and a run's matrix: for those who may, for team mates, for strangers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from console.accounts.models import Membership, Role
from console.trials import results, runs
from console.trials.models import Conversation, Run
from console.trials.subjects import of_revision
from tests.console.trials.compared import Get, make_compared, settle, text
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


@pytest.fixture(scope="module")
def api() -> Iterator[MessagesAPI]:
    with messages_api(key=None) as server:
        yield server


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
    # Where the baseline gave no verdict, nothing held that could be lost.
    cells = {"plain": ("p", "f"), "limit-a": ("pp", "pf"), "limit-b": ("pp", "pp"), "unknown": ("ee", "ff")}
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
    other = {**run.result["comparisons"][0], "position": 2}
    run.result["subjects"].append({**run.result["subjects"][1], "label": "r3"})
    run.result["comparisons"].append(other)
    run.save()
    assert "with r3" not in text(get(author, "run", run.number)), "of the revision that is shown alone"
    assert "in unknown." not in page and not [s for s in results.regressions(run) if "unknown" in s]
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
