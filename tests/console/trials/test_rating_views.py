"""People rate: in a cell and blind; what they say measures the judge."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from console.accounts.models import Membership, Role
from console.audit.models import Entry
from console.trials import blind, ratings
from console.trials.judging.rubric import version_of
from console.trials.models import Rating, Run, Verdict
from console.trials.ratings import RatingForm, calibrations
from tests.factories import (
    MODEL,
    make_finished_run,
    make_member,
    make_revision,
    make_scenario,
    make_workspace,
)

pytestmark = pytest.mark.django_db
RUBRIC = "Pass if the reply names the fee."
EXPECT = [{"kind": "judge", "value": RUBRIC, "turn": 1}]


@pytest.fixture
def author() -> Membership:
    return make_member(make_workspace("acme", playground=False), "author")


def judged_run(author: Membership, words: str = "pf") -> Run:
    """A run whose judge said these words (p or f) of as many scenarios."""
    scenarios = [make_scenario(f"s{n}", title=f"Scenario {n}", expect=EXPECT) for n in range(len(words))]
    run = make_finished_run(
        make_revision(author), *scenarios, judge_model=MODEL, endpoint="Test", rehearsal=False
    )
    for n, word in enumerate(words):
        Verdict.objects.filter(conversation__run=run, conversation__scenario=f"s{n}").update(
            kind="judge", verdict="pass" if word == "p" else "fail", judge=version_of(MODEL), turn=1,
            reason="It shows.", details={"quotes": ["Hello"]},
        )  # fmt: skip
    return run


@pytest.fixture
def signed_in(author: Membership) -> Client:
    return client_of(author)


def client_of(member: Membership) -> Client:
    client = Client()
    client.force_login(member.user)
    return client


def rate_url(run: Run, name: str = "rate") -> str:
    return reverse(f"trials:{name}", args=["acme", run.number])


def test_a_rating_stands_beside_the_machines_verdict(signed_in, author) -> None:
    run = judged_run(author)
    cell = run.conversations.get(scenario="s0")
    data = {
        "conversation": cell.pk,
        "expect": 0,
        "word": "fail",
        "score": "2",
        "note": "It says <b>nothing</b>.",
    }
    response = signed_in.post(rate_url(run), data, follow=True)
    page = response.content.decode()
    assert response.redirect_chain[0][0].endswith("/cells/s0/?sample=1")
    assert (
        "Meets the rubric: holds" in page
        and "2 of 5" in page
        and "It says &lt;b&gt;nothing&lt;/b&gt;." in page
    )
    assert RUBRIC in page and "uncalibrated: nobody rated its verdicts blind yet" in page
    entry = Entry.objects.get(act="run:conversation:rated")
    assert (entry.detail["word"], entry.detail["of"], entry.detail["before"]) == ("fail", "0", None)
    signed_in.post(rate_url(run), data | {"word": "pass"})
    assert [(row.word, row.blind) for row in Rating.objects.all()] == [("pass", False)]
    assert Verdict.objects.get(conversation=cell).verdict == "pass"


@pytest.mark.parametrize(
    "change",
    [
        {"word": ""},
        {"word": "maybe"},
        {"score": "6"},
        {"note": "x" * 1001},
        {"expect": "7"},
        {"conversation": "x"},
    ],
)
def test_what_is_no_rating_is_refused_in_a_sentence(signed_in, author, change) -> None:
    run = judged_run(author)
    cell = run.conversations.first()
    response = signed_in.post(rate_url(run), {"conversation": cell.pk, "expect": 0, "word": "pass"} | change)
    assert response.status_code in (400, 409, 422) and not Rating.objects.exists()


def test_a_conversation_of_another_run_is_not_found(signed_in, author) -> None:
    run, other = judged_run(author, "p"), judged_run(make_member(make_workspace(), "author"), "p")
    data = {"conversation": other.conversations.get().pk, "word": "pass"}
    assert signed_in.post(rate_url(run), data).status_code == 404


def test_the_blind_page_hides_what_would_sway(signed_in, author) -> None:
    run = judged_run(author, "pf")
    page = signed_in.get(rate_url(run, "rate-blind")).content.decode()
    label = run.subjects.get().label
    assert RUBRIC in page and "0 of 2 rated by you" in page
    assert f">{label}<" not in page and "It shows." not in page and "Meets the rubric" not in page
    for _ in range(2):
        shown = blind.next_for(run, author).verdict
        assert shown is not None
        data = {"conversation": shown.conversation_id, "expect": shown.expect, "word": "pass"}
        assert signed_in.post(rate_url(run, "rate-blind"), data).status_code == 302
    assert (
        "You rated every judged conversation" in signed_in.get(rate_url(run, "rate-blind")).content.decode()
    )
    # Who has seen the verdict since is not blind any more.
    again = signed_in.post(rate_url(run), data | {"word": "fail"})
    assert again.status_code == 409 and set(Rating.objects.values_list("word", "blind")) == {("pass", True)}
    bad = signed_in.post(rate_url(run, "rate-blind"), {"conversation": data["conversation"]})
    assert bad.status_code == 422 and "Choose “holds” or “fails”." in bad.content.decode()


def test_half_of_what_is_offered_are_failures_and_skipped_ones_come_later(author) -> None:
    run = judged_run(author, "ppppppppppppffff")
    offered = []
    for _ in range(8):
        verdict = blind.next_for(run, author).verdict
        assert verdict is not None
        offered.append(verdict.verdict)
        give(verdict, author, "pass")
    assert 2 <= offered.count("fail") <= 4
    first = blind.next_for(run, author).verdict
    assert first is not None
    second = blind.next_for(run, author, skipped=[first.pk]).verdict
    assert second is not None and second.pk != first.pk


def give(verdict: Verdict, member: Membership, word: str, *, blind: bool = True) -> None:
    ratings.rate(
        conversation=verdict.conversation,
        given=RatingForm(word, expect=verdict.expect, blind=blind),
        by=member,
    )


def test_a_judge_is_measured_by_the_majority_of_blind_ratings(author) -> None:
    run = judged_run(author, "ppff")
    second, third = (make_member(run.workspace, "reviewer") for _ in range(2))
    verdicts = list(Verdict.objects.filter(conversation__run=run).order_by("pk"))
    for verdict, said in zip(
        verdicts, (("pass", "pass"), ("fail", "fail"), ("fail", "pass"), ("fail", "fail")), strict=True
    ):
        for member, word in zip((author, second), said, strict=True):
            give(verdict, member, word)
    give(verdicts[0], third, "fail", blind=False)  # not blind: it does not count
    found = calibrations(run.workspace, [version_of(MODEL)])[version_of(MODEL)]
    table = found.agreement
    assert (table.both_pass, table.both_fail, table.only_people_fail, table.only_judge_fails) == (1, 1, 1, 0)
    assert (found.people, found.is_calibrated) == (2, False)
    assert (found.among_people.n, found.among_people.both_pass, found.among_people.both_fail) == (8, 2, 4)
    give(verdicts[2], third, "fail")
    assert calibrations(run.workspace, [version_of(MODEL)])[version_of(MODEL)].agreement.both_fail == 2


def test_the_run_says_how_far_its_judge_is_to_be_trusted(
    signed_in, author, django_assert_max_num_queries
) -> None:
    run = judged_run(author, "pff")
    page = signed_in.get(reverse("trials:run", args=["acme", run.number])).content.decode()
    assert (
        "3 of 3 verdicts decided: 1 hold, 2 fail" in page
        and "nobody rated verdicts of this judge blind" in page
    )
    assert "are of one family" in page and "Rate blind" in page
    for verdict in Verdict.objects.filter(conversation__run=run):
        give(verdict, author, verdict.verdict)
    with django_assert_max_num_queries(25):
        page = signed_in.get(reverse("trials:run", args=["acme", run.number])).content.decode()
    assert "people and judge agree in 3 of 3" in page and "Uncalibrated" in page and "1.00" in page
    with django_assert_max_num_queries(25):
        cell = signed_in.get(reverse("trials:cell", args=["acme", run.number, "s1"])).content.decode()
    assert "κ 1.00" in cell and "n = 3" in cell


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ADMIN, Role.AUDITOR])
def test_who_may_not_rate_sees_no_form(author, role) -> None:
    run = judged_run(author, "p")
    other = client_of(make_member(run.workspace, role.value))
    page: Any = other.get(reverse("trials:cell", args=["acme", run.number, "s0"])).content.decode()
    assert RUBRIC in page and "rate-form" not in page
    assert other.get(rate_url(run, "rate-blind")).status_code == 403
