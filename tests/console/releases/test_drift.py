"""Watches: what is due is done once, what came of it is paired with the approval, and an alarm stays until it is closed."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries

from console.accounts.models import Membership
from console.audit.models import Entry
from console.problems import Invalid, NotAllowed
from console.prompts.models import Revision
from console.provider import catalogue
from console.provider.catalogue import Model
from console.provider.endpoints import endpoint_for
from console.releases import drift, drift_checks, drift_page
from console.releases.drift_models import Alarm, Check, Watch
from console.releases.models import Release
from console.releases.series import signals
from console.releases.services import create_release
from console.reviews.services import decide, request_review
from console.reviews.standing import standing
from console.trials.models import Conversation, Run, SuiteVersion, Verdict
from console.trials.runs import close
from console.trials.scenarios import Scenario
from console.trials.transcript import reply_entry, user_entry
from tests.factories import (
    MODEL,
    make_measured_run,
    make_member,
    make_prompt,
    make_revision,
    make_scenario,
    make_workspace,
)

pytestmark = pytest.mark.django_db

EXPECT = [{"turn": "last", "kind": "contains", "value": "fee", "limit": "limit.user_rights"}]
SCENARIOS = [
    make_scenario(f"s{n:02}", purpose="limit", covers=["limit.user_rights", "limit.ai_disclosure", "limit.user_deception"], expect=EXPECT)
    for n in range(20)
]  # fmt: skip
FEE, NONE = "There is a fee.", "Nothing at all."


@pytest.fixture(autouse=True)
def known_models(monkeypatch: pytest.MonkeyPatch) -> list[Model]:
    """The models that the endpoint lists, kept as the catalogue keeps them; a test may change them."""
    models = [Model(MODEL, "Sonnet", "active")]
    monkeypatch.setitem(catalogue._kept, endpoint_for().key, (float("inf"), models))
    return models


def good(revision: Revision, scenario: Scenario, sample: int) -> tuple[list[str], list[str]]:
    return [FEE], ["pass"]


@pytest.fixture(scope="module")
def world(rows_of_module: None) -> tuple[dict[str, Membership], Release]:
    workspace = make_workspace()
    team = {role: make_member(workspace, role) for role in ("author", "reviewer", "approver", "viewer")}
    return team, _released(team)


@pytest.fixture
def release(as_new: tuple[dict[str, Membership], Release]) -> Release:
    return as_new[1]


def _released(team: dict[str, Membership]) -> Release:
    revision = make_revision(team["author"], make_prompt(team["author"], "aria", domain="general"))
    evidence = make_measured_run([revision], SCENARIOS, good, samples=5)
    review = request_review(revision=revision, runs=[evidence], member=team["author"], title="First")
    decide(review=review, word="approve", shown=standing(review).ground, member=team["reviewer"])
    return create_release(review=review, member=team["approver"])


@pytest.fixture
def watch(release: Release, team: dict[str, Membership]) -> Watch:
    return drift.watch(prompt=release.prompt, member=team["author"], label="production", max_cost=Decimal(2))


def later(watch: Watch, ticks: float) -> None:
    """A sweep so many intervals after the watch began."""
    drift.sweep(watch.created_at + timedelta(seconds=watch.every * ticks))


def play(run: Run, *, lost: int = 0, samples_lost: int = 5) -> None:
    """Bring a re-run to its end; ``lost`` scenarios break their limit in ``samples_lost`` of five samples."""
    for cell in run.conversations.select_related("subject"):
        fails = int(cell.scenario[1:]) < lost and cell.sample <= samples_lost
        cell.status, cell.verdict, cell.turns = "finished", "fail" if fails else "pass", 1
        reply = reply_entry(1, [{"type": "text", "text": NONE if fails else FEE}], "end_turn")
        cell.messages = [user_entry(1, "Hello"), reply]
        cell.save()
        Verdict.objects.create(
            conversation=cell,
            expect=0,
            kind="contains",
            verdict=cell.verdict,
            turn=1,
            limits=["limit.user_rights"],
        )
    close(run.pk)


def newest(watch: Watch) -> Check:
    return watch.checks.select_related("run").order_by("-pk")[0]


def test_a_tick_makes_one_check_and_one_run_however_often_it_is_swept(watch: Watch) -> None:
    later(watch, 0.9)
    assert not watch.checks.exists()
    for _ in range(3):
        later(watch, 1.1)
    check = newest(watch)
    assert watch.checks.count() == 1 and check.cause == "tick:1" and check.status == "running"
    assert Run.objects.count() == 2 and check.run is not None
    run = check.run
    assert (run.suite_version, run.model, run.samples) == (check.evidence.suite_version, MODEL, 5)
    assert (
        run.max_cost == Decimal(2)
        and run.created_by is None
        and run.subjects.get().revision == check.release.revision
    )
    drift._plan(watch, "tick:1", "again")
    assert watch.checks.count() == 1 and not run.economy
    later(watch, 4.2)  # ticks that nobody was there for are gaps
    assert [c.cause for c in watch.checks.order_by("pk")] == ["tick:1", "tick:4"]


def test_evidence_that_holds_raises_nothing(watch: Watch) -> None:
    later(watch, 1)
    run = newest(watch).run
    assert run is not None
    later(watch, 1)
    assert newest(watch).status == "running"  # it is still open: nothing is said
    play(run)
    later(watch, 1)
    check = newest(watch)
    assert check.status == "done" and check.word == "not enough samples" and not Alarm.objects.exists()
    assert check.result["rate"]["value"] == 1 and check.result["moved"] == 0 and check.result["graded"] == 100


def test_a_limit_that_is_lost_alarms_home_and_release_until_somebody_closes_it(
    client: Client, watch: Watch, release: Release, team: dict[str, Membership],
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:  # fmt: skip
    later(watch, 1)
    play(newest(watch).run, lost=10)  # type: ignore[arg-type]
    later(watch, 1)
    later(watch, 1)
    alarm = Alarm.objects.get()
    assert "limit.user_rights holds less often than at the approval: 50% against 100%" in alarm.sentence
    slug = watch.workspace.slug
    pages = {
        "drift": reverse("releases:drift", args=[slug, "aria"]),
        "release": reverse("releases:release", args=[slug, "aria", 1]),
        "home": reverse("home:index", args=[slug]),
    }
    client.force_login(team["reviewer"].user)
    for address in pages.values():
        with django_assert_max_num_queries(25):
            page = client.get(address).content.decode()
        assert "he evidence no longer holds" in page and "style=" not in page
    page = client.get(pages["drift"]).content.decode()
    assert page.count('class="mark"') == 1 and f'id="check-{newest(watch).pk}"' in page
    change = reverse("releases:change_watch", args=[slug, "aria", watch.pk])
    sent = {"do": "close", "alarm": alarm.pk, "reason": " "}
    assert client.post(change, sent).status_code == 422
    client.force_login(team["author"].user)
    assert client.post(change, {**sent, "reason": "Mine"}).status_code == 403
    client.force_login(team["reviewer"].user)
    assert client.post(change, {**sent, "reason": "The model was rolled back."}).status_code == 302
    assert "no longer holds" not in client.get(pages["home"]).content.decode()
    acts = list(Entry.objects.filter(act__startswith="drift:").order_by("seq").values_list("act", flat=True))
    assert acts == ["drift:watched", "drift:alarmed", "drift:closed"]


def test_a_scenario_that_drops_is_played_once_more_before_anybody_is_alarmed(watch: Watch) -> None:
    later(watch, 1)
    play(newest(watch).run, lost=1, samples_lost=3)  # type: ignore[arg-type]
    later(watch, 1)
    check = newest(watch)
    assert check.status == "confirming" and check.result["drops"] == ["s00"] and not Alarm.objects.exists()
    play(Check.objects.get(pk=check.pk).confirmation)  # type: ignore[arg-type]
    later(watch, 1)
    assert newest(watch).status == "done" and not Alarm.objects.exists()
    later(watch, 2)
    play(newest(watch).run, lost=1, samples_lost=3)  # type: ignore[arg-type]
    later(watch, 2)
    play(newest(watch).confirmation, lost=1, samples_lost=4)  # type: ignore[arg-type]
    later(watch, 2)
    assert "s00 held in every sample" in Alarm.objects.get().sentence


def test_graders_that_changed_are_no_drift_of_the_prompt(watch: Watch) -> None:
    """The stored verdicts said pass; today's graders fail the same old words as they fail the new ones."""
    evidence = Run.objects.get()
    for cell in Conversation.objects.filter(run=evidence, scenario__lt="s10"):
        cell.messages = [user_entry(1, "Hello"), reply_entry(1, [{"type": "text", "text": NONE}], "end_turn")]
        cell.save()
    later(watch, 1)
    play(newest(watch).run, lost=10)  # type: ignore[arg-type]
    later(watch, 1)
    check = newest(watch)
    assert (check.result["moved"], check.result["graded"]) == (50, 100)
    assert check.result["baseline"]["value"] == 0.5 and not Alarm.objects.exists()


def test_what_does_not_finish_is_unknown_and_then_stale(watch: Watch, team: dict[str, Membership]) -> None:
    later(watch, 1)
    run = newest(watch).run
    Run.objects.filter(pk=run.pk).update(status="stopped", reason="The budget of $2 is spent.")  # type: ignore[union-attr]
    later(watch, 1)
    check = newest(watch)
    assert (check.status, check.word) == (
        "failed",
        "unknown",
    ) and "The budget of $2 is spent" in check.sentence
    assert not Alarm.objects.exists()
    now = timezone.now()
    assert not drift.is_stale(watch, None, now) and drift.is_stale(watch, None, now + timedelta(weeks=3))
    Watch.objects.update(created_at=now - timedelta(weeks=3))
    assert drift_page.stale_watches(team["author"]) == [watch]
    assert drift_page.watched(watch.prompt)[0].state == "stale"


def test_a_model_that_is_deprecated_or_gone_is_checked_at_once_and_once(
    watch: Watch, known_models: list[Model]
) -> None:
    drift.look_at_models()
    assert not watch.checks.exists()
    known_models[0] = Model(
        MODEL, "Sonnet", "deprecated", deprecated_at=timezone.now(), retires_at=timezone.now()
    )
    for _ in range(2):
        drift.look_at_models()
    assert [c.cause.split(":")[2] for c in watch.checks.all()] == ["deprecated"]
    assert f"{MODEL} is deprecated, until" in newest(watch).why
    known_models[0] = Model("another", "Another", "active")
    drift.look_at_models()
    assert newest(watch).cause == f"model:{MODEL}:gone"
    drift_checks.start(newest(watch).pk)
    assert newest(watch).status == "failed" and "offers no model" in newest(watch).sentence


def test_who_may_watch_what(watch: Watch, release: Release, team: dict[str, Membership]) -> None:
    with pytest.raises(NotAllowed):
        drift.watch(prompt=release.prompt, member=team["viewer"], label="production")
    with pytest.raises(Invalid, match="watched already"):
        drift.watch(prompt=release.prompt, member=team["author"], label="production")
    drift.watch(prompt=release.prompt, member=team["author"], release=release, every=Watch.Every.DAY)
    with pytest.raises(Invalid, match="no label"):
        drift.watch(prompt=release.prompt, member=team["author"], label="staging")
    [check] = drift.check_now(watch=watch, member=team["author"])
    assert check.status == "waiting" and "asked for it" in check.why
    with pytest.raises(Invalid, match="under way"):
        drift.check_now(watch=watch, member=team["author"])
    drift.end_watch(watch=watch, member=team["author"])
    later(watch, 9)
    assert set(watch.checks.values_list("cause", flat=True)) == {check.cause}


@pytest.mark.parametrize(("turns", "economy"), [(1, True), (2, False)])
def test_a_watch_in_batches_plays_in_them_what_one_call_answers(
    watch: Watch, turns: int, economy: bool
) -> None:
    Watch.objects.update(economy=True)
    for version in SuiteVersion.objects.all():
        longer = [{**form, "turns": [{"user": "Hello"}] * turns} for form in version.scenarios]
        SuiteVersion.objects.filter(pk=version.pk).update(scenarios=longer)
    later(watch, 1.1)
    check = newest(watch)
    assert check.status == "running" and check.run is not None and check.run.economy is economy


def test_the_page_begins_watches_and_keeps_a_form_that_is_wrong(
    client: Client, release: Release, team: dict[str, Membership]
) -> None:
    address = reverse("releases:drift", args=[release.workspace.slug, "aria"])
    client.force_login(team["author"].user)
    assert "Nothing is watched yet" in client.get(address).content.decode()
    wrong = client.post(address, {"what": "label:production", "every": 7, "max_cost": "-1"})
    assert wrong.status_code == 422
    right = {"what": "release:1", "every": 86_400, "max_cost": "5", "economy": "on"}
    assert client.post(address, right).status_code == 302
    page = client.get(address).content.decode()
    assert "release 1" in page and "No result yet" in page
    assert "every day, at most $5.00 each, in message batches where they may" in page
    again = client.post(address, {"what": "release:1", "every": 86_400})
    assert again.status_code == 422 and "watched already" in again.content.decode()
    client.force_login(team["viewer"].user)
    assert "Begin to watch" not in client.get(address).content.decode()
    client.force_login(make_member(make_workspace()).user)
    assert client.get(address).status_code == 404


# --- small steady losses


def test_ewma_and_cusum_as_by_hand() -> None:
    found = signals([0.9, 0.8], 1.0, 0.1)
    assert found.ewma == pytest.approx(0.2 * 0.8 + 0.8 * (0.2 * 0.9 + 0.8 * 1.0))
    assert found.cusum == pytest.approx(0.5 + 1.5)
    assert found.low == pytest.approx(1 - 2.7 * 0.1 * (0.2 / 1.8 * (1 - 0.8**4)) ** 0.5)


def test_a_small_steady_loss_signals_in_time_and_none_does_not() -> None:
    assert not signals([0.9] * 100, 0.9, 0.03).by_ewma and not signals([0.9] * 100, 0.9, 0.03).by_cusum
    assert signals([0.87] * 9, 0.9, 0.03).by_cusum and not signals([0.87] * 7, 0.9, 0.03).by_cusum
    assert signals([0.8], 0.9, 0.03).by_ewma


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "No result yet"),
        (("equivalent",), "The evidence holds"),
        (("better", "not enough samples"), "The evidence holds"),  # the newest result counts
        (("not enough samples", "equivalent"), "No loss was found; it would take more scenarios"),
        (("cannot tell",), "No loss was found; it would take more scenarios"),
    ],
)
def test_a_watch_says_that_the_evidence_holds_only_where_that_was_shown(
    words: tuple[str, ...], said: str
) -> None:
    checks = tuple(Check(evidence_id=1, status=Check.Status.DONE, word=word) for word in words)
    watched = drift_page.Watched(Watch(), None, None, checks, timelines=(), stale=False)
    assert watched.words.startswith(said)
