"""Many workers at once: one call for one judgement, and a month's budget that is never exceeded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection

from console.prompts import judge_work
from console.prompts.checking import check
from console.prompts.drafts import draft_of
from console.prompts.judge import ask
from console.prompts.judge_models import Judgement
from console.provider.models import Month
from tests.console.prompts.judges import verdict
from tests.factories import make_member, make_prompt, make_workspace
from tests.messages_api import Answer, MessagesAPI, messages_api

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def api(settings: Any) -> Iterator[MessagesAPI]:
    usage = {"input_tokens": 5_000, "output_tokens": 100}
    with messages_api(
        key=None, latency=0.3, answer=lambda request: Answer(verdict(request), usage=usage)
    ) as api:
        settings.ANTHROPIC_BASE_URL = api.url
        yield api


def at_once(*acts: Callable[[], None]) -> None:
    gate = Barrier(len(acts))

    def run(act: Callable[[], None]) -> None:
        gate.wait()
        try:
            act()
        finally:
            connection.close()

    threads = [Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)


def asked(member: Any, text: str = "You are Aria.") -> Judgement:
    prompt = make_prompt(member, sections=[{"id": "role", "kind": "role", "text": text}])
    return ask(prompt=prompt, checked=check(member.workspace, draft_of(prompt).content), member=member)


def test_a_message_that_comes_ten_times_makes_one_call(api: MessagesAPI) -> None:
    row = asked(make_member(make_workspace(), "author"))
    at_once(*[lambda: judge_work.advance(row.pk)] * 10)
    row.refresh_from_db()
    assert (row.status, row.calls, len(api.calls)) == ("done", 1, 1)


def test_two_who_ask_at_once_get_one_judgement(api: MessagesAPI) -> None:
    member = make_member(make_workspace(), "author")
    prompt = make_prompt(member)
    checked = check(member.workspace, draft_of(prompt).content)
    at_once(*[lambda: ask(prompt=prompt, checked=checked, member=member)] * 6)
    assert Judgement.objects.count() == 1


def test_a_raced_budget_is_never_exceeded(api: MessagesAPI) -> None:
    member = make_member(make_workspace(), "author")
    rows = [asked(member, f"You are Aria, number {n}.") for n in range(8)]
    month = datetime.now(UTC).date().replace(day=1)
    # Room for the reservations of two calls at a time (some 14,000 tokens each), and for six in all.
    account = Month.objects.create(workspace=member.workspace, month=month, max_tokens=40_000)
    for _ in range(8):
        Judgement.objects.filter(status="waiting").update(run_after=None)
        at_once(*[lambda pk=row.pk: judge_work.advance(pk) for row in rows])
        account.refresh_from_db()
        assert account.input_tokens + account.output_tokens + account.reserved_tokens <= 40_000
    assert (account.in_flight, account.reserved_tokens, account.reserved_cost) == (0, 0, 0)
    assert api.max_in_flight <= 3
    done = Judgement.objects.filter(status="done").count()
    refused = Judgement.objects.filter(status="failed", error_kind="budget").count()
    assert done and refused and done + refused == 8
    assert len(api.calls) == done == account.calls
    assert account.input_tokens + account.output_tokens == done * 5_100
