"""Reading results: corrected words, what failed, by limit, any two runs, and runs as files."""

from __future__ import annotations

import csv
import io
import json

import pytest
from django.http import HttpResponseBase
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import DjangoAssertNumQueries

from console.accounts.models import Membership
from console.prompts.models import Revision
from console.trials import failures, suites
from console.trials.models import Conversation, Run
from console.trials.scenarios import Scenario
from tests.factories import (
    make_measured_run,
    make_member,
    make_prompt,
    make_revision,
    make_scenario,
    make_suite,
    make_workspace,
)

pytestmark = pytest.mark.django_db

FEES = [{"turn": "last", "kind": "contains", "value": "fee", "limit": "limit.user_rights"}]
SCENARIOS = [
    make_scenario(f"s{n:02}", purpose="limit" if n < 6 else "adherence", covers=["limit.user_rights"] if n < 6 else [],
                  expect=FEES if n < 6 else [{"kind": "regex", "value": "x"}])
    for n in range(20)
]  # fmt: skip


def play(revision: Revision, scenario: Scenario, sample: int) -> tuple[list[str], list[str]]:
    """The second revision loses eight scenarios, four of them about a limit; s19 is flaky with both."""
    lost = revision.number == 2 and (scenario.id < "s04" or "s10" <= scenario.id < "s14")
    flaky = scenario.id == "s19" and sample == 1
    return ["=cmd|it"], ["fail" if lost or flaky else "pass"]


@pytest.fixture
def author() -> Membership:
    return make_member(make_workspace())


@pytest.fixture
def revisions(author: Membership) -> list[Revision]:
    prompt = make_prompt(author, "aria")
    return [
        make_revision(author, prompt, text=f"You are Aria. You are an AI. Be {word}.")
        for word in ("brief", "kind", "calm")
    ]


@pytest.fixture
def run(revisions: list[Revision]) -> Run:
    return make_measured_run(revisions, SCENARIOS, play, samples=3)


def body(response: HttpResponseBase) -> str:
    content = response.content  # type: ignore[attr-defined]
    return " ".join(content.decode().split())


def test_several_candidates_are_one_family(run: Run) -> None:
    second, third = run.result["comparisons"]
    assert second["p"] == pytest.approx(2 * 0.5**8) and second["p_corrected"] == pytest.approx(4 * 0.5**8)
    assert (
        second["family"] == 2 and second["word"] == "worse" and "p = 0.016, corrected." in second["sentence"]
    )
    assert third["word"] != "worse" and second["not_worse"] is False
    limit = second["limits"]["limit.user_rights"]
    assert limit["mean"] == pytest.approx(-4 / 6) and limit["p"] == pytest.approx(0.125)


def test_the_run_says_what_failed_and_what_is_flaky(client: Client, author: Membership, run: Run) -> None:
    client.force_login(author.user)
    page = body(
        client.get(reverse("trials:run", args=[author.workspace.slug, run.number]), {"show": "regressions"})
    )
    assert "What failed" in page and "Flaky scenarios" in page and "67 %" in page
    assert "in four of five cases" in page and "Holm’s method" in page
    assert "with=1&amp;show=regressions" in page
    found = failures.failures_of(run, 1)
    assert [(f.what, f.count) for f in found] == [("matches", 13), ("contains", 12)]


def test_the_matrix_is_narrowed_by_limit_and_its_cells_stay_within(
    client: Client, author: Membership, run: Run
) -> None:
    client.force_login(author.user)
    address = reverse("trials:run", args=[author.workspace.slug, run.number])
    page = body(client.get(address, {"limit": "limit.user_rights"}))
    assert 'id="row-s05"' in page and 'id="row-s06"' not in page
    cell = reverse("trials:cell", args=[author.workspace.slug, run.number, "s00"])
    first = client.get(cell, {"show": "regressions", "limit": "limit.user_rights"})
    assert (
        first.context["order_length"] == 4 and first.context["among"] == "regressions about limit.user_rights"
    )
    assert "show=regressions" in first.context["next"] and "limit=limit.user_rights" in first.context["next"]


def test_any_two_runs_of_a_suite_are_compared_by_scenario(
    client: Client, author: Membership, run: Run, revisions: list[Revision],
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:  # fmt: skip
    other = make_scenario("s00", "Changed since", expect=FEES, purpose="limit", covers=["limit.user_rights"])
    newer = suites.add_version(suite=run.suite_version.suite, scenarios=[other, *SCENARIOS[1:]])
    again = make_measured_run(
        [revisions[1]], [other, *SCENARIOS[1:]], play, samples=3, suite=newer, model="claude-other"
    )
    client.force_login(author.user)
    address = reverse("trials:compare", args=[author.workspace.slug, run.number, again.number])
    with django_assert_max_num_queries(25):
        page = body(client.get(address, {"a": 0}))
    assert "r2 in run 2 against r1 in run 1" in page and "19 scenarios in common" in page
    assert "is worse than" in page and "Left out" in page and "claude-other in the other" in page
    same = body(client.get(address))  # the same revision on both sides, unless asked otherwise
    assert "r2 in run 2 against r2 in run 1" in same and "is worse than" not in same
    Run.objects.filter(pk=again.pk).update(status="cancelled")
    assert "No verdict" in body(client.get(address))
    foreign = make_measured_run(
        [revisions[0]], SCENARIOS[:2], play, suite=make_suite(author.workspace, *SCENARIOS[:2])
    )
    refused = client.get(reverse("trials:compare", args=[author.workspace.slug, run.number, foreign.number]))
    assert refused.status_code == 422 and "different suites" in body(refused)
    client.force_login(make_member(make_workspace()).user)
    assert client.get(address).status_code == 404


def test_a_run_leaves_as_a_file_in_every_form(client: Client, author: Membership, run: Run) -> None:
    client.force_login(author.user)

    def fetched(form: str) -> str:
        answer = client.get(reverse("trials:report", args=[author.workspace.slug, run.number, form]))
        assert answer.status_code == 200 and f"run-{run.number}.{form}" in answer["Content-Disposition"]
        return answer.content.decode()

    lines = [json.loads(line) for line in fetched("jsonl").splitlines()]
    assert (
        len(lines) == 180
        and lines[0]["complete"]
        and lines[0]["said"] == [{"user": "Hello", "reply": "=cmd|it"}]
    )
    rows = list(csv.DictReader(io.StringIO(fetched("csv").removeprefix("\ufeff"))))
    assert fetched("csv")[0] == "\ufeff", "a spreadsheet reads UTF-8 by it"
    assert len(rows) == 180 and {row["state"] for row in rows} == {"Finished"}
    html = fetched("html")
    assert (
        "is worse than" in html
        and "Flaky scenarios" in html.replace("flaky", "Flaky")
        and "<script" not in html
    )
    assert json.loads(fetched("json"))["run"] == run.number and "<testsuites" in fetched("xml")
    missing = reverse("trials:report", args=[author.workspace.slug, run.number, "exe"])
    assert client.get(missing).status_code == 404


def test_a_run_that_is_not_complete_never_looks_final(client: Client, author: Membership, run: Run) -> None:
    Conversation.objects.filter(run=run, scenario="s00").update(status="cancelled", verdict="")
    Run.objects.filter(pk=run.pk).update(status="cancelled", result=None, quality=None, digest="")
    client.force_login(author.user)
    page = body(client.get(reverse("trials:run", args=[author.workspace.slug, run.number])))
    assert (
        "so that it allows no verdict" in page
        and "What failed so far" in page
        and "is worse than" not in page
    )
    report = client.get(reverse("trials:report", args=[author.workspace.slug, run.number, "html"]))
    assert "Not complete." in body(report)
