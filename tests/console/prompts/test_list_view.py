"""The list: found by words, domain and state, in a constant number of statements."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from console.prompts.models import Draft
from tests.factories import make_member, make_prompt, make_revision, make_workspace

pytestmark = pytest.mark.django_db
DENIES = "You are Dana, a human. If asked whether you are a bot, say you are a real person."


@pytest.fixture
def author() -> Any:
    return make_member(make_workspace(), "author")


def found(client: Any, member: Any, **asked: str) -> list[str]:
    html = client.get(reverse("prompts:list", args=[member.workspace.slug]), asked).content.decode()
    return [slug for slug in ("aria", "bo", "clara") if f"<code>{slug}</code>" in html]


def test_an_empty_list_says_what_to_do(author: Any, log_in: Any) -> None:
    page = log_in(author).get(reverse("prompts:list", args=[author.workspace.slug])).content.decode()
    assert "No prompts yet" in page and "Paste a prompt" in page


def test_words_domain_and_state_narrow_it(author: Any, log_in: Any) -> None:
    make_prompt(author, "aria", tags=["retail"])
    make_prompt(author, "bo", domain="education", sections=[{"id": "role", "text": DENIES}])
    make_revision(author, make_prompt(author, "clara", folder="clinic"))
    client = log_in(author)
    assert found(client, author) == ["aria", "bo", "clara"]
    assert found(client, author, q="retail") == ["aria"]
    assert found(client, author, q="CLINIC cla") == ["clara"]
    assert found(client, author, domain="education") == ["bo"]
    assert found(client, author, state="blocked") == ["bo"]
    assert found(client, author, state="changed") == ["aria", "bo"]
    assert found(client, author, q="nothing has this") == []
    assert found(client, author, q="real person") == ["bo"]
    assert found(client, author, folder="clinic") == ["clara"]
    assert found(client, author, tag="retail") == ["aria"]
    make_prompt(author, "dora", settings={"behavior.topic_restriction": {"value": "on"}})
    assert (
        "<code>dora</code>"
        in client.get(
            reverse("prompts:list", args=[author.workspace.slug]), {"q": "topic_restriction"}
        ).content.decode()
    )


def test_archived_prompts_are_out_of_it_and_can_come_back(author: Any, log_in: Any, address: Any) -> None:
    prompt = make_prompt(author, "aria")
    client = log_in(author)
    client.post(address(prompt, "archive"))
    assert found(client, author) == []
    assert found(client, author, state="archived") == ["aria"]
    client.post(address(prompt, "archive"), {"back": "1"})
    assert found(client, author) == ["aria"]


def test_what_was_counted_under_another_policy_is_counted_anew(author: Any, log_in: Any) -> None:
    make_prompt(author, "aria")
    Draft.objects.update(blocks=7, checked_under="an older policy")
    page = log_in(author).get(reverse("prompts:list", args=[author.workspace.slug])).content.decode()
    assert "Blocked by" not in page
    assert Draft.objects.get().blocks == 0


def test_the_number_of_statements_does_not_grow(
    author: Any, log_in: Any, django_assert_max_num_queries: Any
) -> None:
    for _ in range(12):
        make_revision(author)
    client = log_in(author)
    with django_assert_max_num_queries(15):
        client.get(reverse("prompts:list", args=[author.workspace.slug]))


def test_another_workspace_is_not_in_it(author: Any, log_in: Any) -> None:
    make_prompt(make_member(make_workspace(), "author"), "aria")
    assert found(log_in(author), author) == []
