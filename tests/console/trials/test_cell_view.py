"""A cell: both answers, what differs, and the verdicts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from console.accounts.models import Membership
from tests.console.trials.compared import Get, make_compared, text
from tests.messages_api import MessagesAPI, messages_api

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def api() -> Iterator[MessagesAPI]:
    with messages_api(key=None) as server:
        yield server


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


def test_all_revisions_of_a_run_stand_side_by_side(get: Get, author: Membership, api: MessagesAPI) -> None:
    run = make_compared(author, api, {"a": ("p", "f")})
    third, answer = run.subjects.get(position=1), run.conversations.get(subject__position=1)
    third.pk, third.position, third.label = None, 2, "r3"
    third.save()
    answer.pk, answer.subject = None, third
    answer.save()
    page = text(get(author, "cell", run.number, "a", **{"with": "all"}))
    assert 'data-columns="3"' in page and page.count('data-rev="r1"') == page.count('data-rev="r3"') > 0
    assert "<del>" not in page
    assert "all 3" in page and 'data-columns="3"' not in text(get(author, "cell", run.number, "a"))


def test_a_cell_takes_few_statements(
    client: Client, author: Membership, api: MessagesAPI, django_assert_max_num_queries: Any
) -> None:
    run = make_compared(author, api, {f"s{n}": ("pp", "pf") for n in range(10)}, samples=2)
    client.force_login(author.user)
    with django_assert_max_num_queries(16):
        client.get(reverse("trials:cell", args=[author.workspace.slug, run.number, "s3"]))
