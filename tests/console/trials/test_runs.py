"""Starting, cancelling, stopping and closing runs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from console.accounts.models import Role
from console.audit.models import Entry
from console.problems import DomainError, Invalid, NotAllowed
from console.provider import accounts
from console.provider.accounts import AccountForm
from console.provider.errors import ProviderError
from console.trials import leases, plans, runs
from console.trials.models import Conversation, Run, Step
from console.trials.runs import cancel_run, close, create_run, stop
from tests.console.trials.workers import POOL, finished, work, workers
from tests.factories import (
    MODEL,
    make_member,
    make_revision,
    make_run,
    make_scenario,
    make_subject_form,
    make_suite,
    make_workspace,
)
from tests.messages_api import MessagesAPI, messages_api

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def api() -> Iterator[MessagesAPI]:
    with messages_api(key=None) as server:
        yield server


def test_a_run_has_one_conversation_a_cell_and_counts_in_its_workspace(api: MessagesAPI) -> None:
    workspace = make_workspace()
    run = make_run(
        workspace,
        make_scenario("a"),
        make_scenario("b"),
        base_url=api.url,
        subjects=[make_subject_form("r1"), make_subject_form("r2")],
        samples=3,
    )
    assert (run.number, run.planned, run.conversations.count()) == (1, 12, 12)
    assert make_run(workspace, base_url=api.url).number == 2
    assert make_run(base_url=api.url).number == 1
    assert [subject.label for subject in run.subjects.all()] == ["r1", "r2"]


def test_starting_and_cancelling_are_on_the_record(api: MessagesAPI) -> None:
    workspace = make_workspace()
    author = make_member(workspace)
    run = make_run(workspace, base_url=api.url, by=author)
    cancel_run(run=run, by=author)
    acts = Entry.objects.filter(chain__name=workspace.chain).order_by("seq").values_list("act", "actor_name")
    assert list(acts)[-3:] == [
        ("run:started", author.user.shown_name),
        ("run:cancelled", author.user.shown_name),
        ("run:finished", "Remit"),
    ]
    assert not author.notifications.exists()


def test_whoever_began_a_run_is_told_of_its_end_unless_they_watched_it(api: MessagesAPI) -> None:
    workspace = make_workspace()
    author, other = make_member(workspace, name="hanna"), make_member(workspace, name="mara")
    quick, long, stopped, ended = (make_run(workspace, base_url=api.url, by=author) for _ in range(4))
    Run.objects.filter(pk=long.pk).update(created_at=timezone.now() - timedelta(minutes=5))
    Conversation.objects.filter(run__in=[quick, long]).update(status="finished", verdict="pass")
    close(quick.pk)
    close(long.pk)
    close(long.pk)
    stop(stopped.pk, "The run's budget of 10 tokens is used up.")
    cancel_run(run=ended, by=other)
    told = author.notifications.order_by("pk").values_list("kind", "title", "text")
    assert list(told) == [
        ("ran", "Run 2 is finished", "1 of 1 conversations passed, 0 failed."),
        (
            "ran",
            "Run 3 was stopped",
            "0 of 1 conversations passed, 0 failed. The run's budget of 10 tokens is used up.",
        ),
        ("ran", "Mara cancelled run 4", ""),
    ]


def test_a_viewer_starts_and_cancels_nothing(api: MessagesAPI) -> None:
    workspace = make_workspace()
    viewer = make_member(workspace, Role.VIEWER)
    with pytest.raises(NotAllowed):
        make_run(workspace, base_url=api.url, by=viewer)
    run = make_run(workspace, base_url=api.url)
    with pytest.raises(NotAllowed):
        cancel_run(run=run, by=viewer)
    with pytest.raises(NotAllowed):
        cancel_run(run=run, by=make_member(make_workspace()))


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"samples": 0}, "Samples must be from 1 to 50"),
        ({"concurrency": 1000}, "Concurrency must be from 1 to 256"),
        (
            {"model": "claude-sonnet-5"},
            'offers no model "claude-sonnet-5". Did you mean "claude-sonnet-5-5"?',
        ),
        ({"subjects": []}, "1 to 8 revisions"),
        (
            {"samples": 50, "scenarios": 500},
            "This would be 25,000 conversations; the most for one run is 20,000.",
        ),
    ],
)
def test_what_cannot_be_run_is_refused_with_a_sentence(
    api: MessagesAPI, fields: dict[str, object], says: str
) -> None:
    workspace = make_workspace()
    suite = make_suite(workspace, *(make_scenario(f"s{n}") for n in range(fields.pop("scenarios", 1))))  # type: ignore[arg-type]
    given = {
        "workspace": workspace,
        "suite_version": suite,
        "subjects": [make_subject_form()],
        "model": MODEL,
        "base_url": api.url,
    }
    with pytest.raises(Invalid, match=None) as caught:
        create_run(**(given | fields))  # type: ignore[arg-type]
    assert says in str(caught.value)
    assert not Run.objects.exists()


def test_a_variable_without_a_value_is_named_before_anything_is_spent(api: MessagesAPI) -> None:
    form = make_subject_form("aria@3", system="Hello {{name}}")
    form.variables["name"] = {
        "type": "string",
        "required": True,
        "default": None,
        "max_length": 80,
        "trusted": True,
        "description": "",
    }
    with pytest.raises(Invalid) as caught:
        make_run(base_url=api.url, subjects=[form])
    assert "aria@3 cannot be filled for scenario hello" in str(caught.value) and "name" in str(caught.value)


def test_an_endpoint_that_is_down_is_said_before_the_run() -> None:
    with pytest.raises(ProviderError, match="cannot be reached"):
        make_run(base_url="http://127.0.0.1:9")
    assert not Run.objects.exists()


def test_cancelling_lets_no_further_call_begin_and_books_those_in_flight() -> None:
    with messages_api(key=None, latency=0.4) as api:
        run = make_run(
            None, *(make_scenario(f"s{n}", "One", "Two") for n in range(12)), base_url=api.url, concurrency=4
        )
        with workers(4):
            while len(api.calls) < 4:
                pass
            cancel_run(run=run)
            begun = len(api.calls)
            finished(run)
    assert run.status == "cancelled" and len(api.calls) == begun == run.calls
    assert set(run.conversations.values_list("status", flat=True)) <= {"cancelled", "finished"}
    assert (run.in_flight, run.reserved_tokens, run.result, run.digest) == (0, 0, None, "")


def test_a_run_that_nobody_works_on_is_cancelled_at_once(api: MessagesAPI) -> None:
    run = cancel_run(run=make_run(base_url=api.url))
    assert run.status == "cancelled" and run.finished_at is not None
    with pytest.raises(DomainError, match="is not running"):
        cancel_run(run=run)


def test_a_conversation_in_flight_keeps_a_cancelled_run_open_until_it_ends(api: MessagesAPI) -> None:
    run = make_run(None, make_scenario("a"), make_scenario("b"), base_url=api.url)
    lease = leases.take(POOL)
    assert lease is not None
    assert cancel_run(run=run).status == "cancelling"
    assert leases.take(POOL) is None
    leases.give_back(lease)
    close(run.pk)
    run.refresh_from_db()
    assert run.status == "cancelled"
    assert set(run.conversations.values_list("status", flat=True)) == {"cancelled"}


def test_closing_twice_at_once_ends_a_run_once(api: MessagesAPI) -> None:
    run = make_run(base_url=api.url)
    work()
    finished(run)
    ended = run.finished_at
    close(run.pk)
    runs.stop(run.pk, "late")
    run.refresh_from_db()
    assert (run.status, run.finished_at, run.reason) == ("finished", ended, "")


def test_a_run_of_revisions_compares_and_binds_them(api: MessagesAPI) -> None:
    author = make_member(make_workspace())
    first = make_revision(author)
    second = make_revision(author, first.prompt, text="You are Aria. You are an AI. Be brief.")
    from console.trials.subjects import of_revision

    run = make_run(
        author.workspace,
        make_scenario(),
        base_url=api.url,
        subjects=[of_revision(first), of_revision(second)],
        prompt=first.prompt,
        by=author,
    )
    work()
    finished(run)
    assert [subject.digest for subject in run.subjects.all()] == [first.digest, second.digest]
    assert run.result["comparisons"][0]["word"] == "not enough samples"
    assert "Be brief" in {call.request.system for call in api.calls if "brief" in call.request.system}.pop()


def test_a_key_that_is_changed_during_a_run_is_used_without_losing_a_cell(settings: Any) -> None:
    """The old key is refused meanwhile: that is tried again with the new one. A closed account ends its runs."""
    admin = make_member(make_workspace(), Role.ADMIN)
    with messages_api(key="key-one") as api:
        settings.REMIT_PROVIDER_ORIGINS = [api.url]
        form = AccountForm("Gateway", "messages", api.url)
        account = accounts.open_account(member=admin, form=form, key="key-one")
        run = make_run(admin.workspace, make_scenario("a"), make_scenario("b"), base_url="", account=account)
        api.key = "key-two"
        accounts.change_key(account=account, member=admin, key="key-two")
        with workers(2):
            finished(run)
        assert (run.status, run.conversations.filter(status="finished").count()) == ("finished", 2)
        assert (
            not Step.objects.filter(conversation__run=run, ok=False)
            .exclude(error_kind="refused_key")
            .exists()
        )
        second = make_run(admin.workspace, base_url="", account=account)
        accounts.close_account(account=account, member=admin)
        plans._plans.clear()  # as another process would read it, or this one some seconds later
        work()
        finished(second)
        assert second.status == "stopped" and "The account Gateway is closed." in second.reason
