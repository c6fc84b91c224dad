"""Runs whose cells came out as a test says, and what a page says of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse

from console.accounts.models import Membership
from console.trials import runs
from console.trials.models import Conversation, Run, Verdict
from console.trials.subjects import of_revision
from console.trials.transcript import reply_entry, user_entry
from tests.factories import (
    MODEL,
    make_revision,
    make_scenario,
    make_suite,
)
from tests.messages_api import MessagesAPI

FEES = [{"turn": 1, "kind": "contains", "value": "fee", "why": "Say what it costs."}]


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


def text(response: HttpResponse) -> str:
    return " ".join(response.content.decode().split())
