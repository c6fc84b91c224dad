"""Home says what needs this person, and jump leads anywhere."""

from __future__ import annotations

import pytest
from django.urls import reverse

from console.home.selectors import MOST
from console.reviews.queue import needing
from console.reviews.services import request_review
from tests.factories import make_approval, make_member, make_prompt, make_revision, make_workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def author():
    return make_member(make_workspace("meridian"), "author", name="hanna")


def home(client, member) -> str:
    client.force_login(member.user)
    answer = client.get(reverse("home:index", args=[member.workspace.slug]))
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_empty_workspace_says_what_to_do_next(client, author):
    assert "No prompts yet" in home(client, author)


def test_a_reviewer_sees_what_waits_for_them_and_its_author_does_not(client, author):
    reviewer = make_member(author.workspace, "reviewer")
    revision = make_revision(author, make_prompt(author, "aria", domain="general"))
    review = request_review(revision=revision, member=author, title="First words")
    assert "First words" in home(client, reviewer)
    assert "First words" not in home(client, author)
    assert reverse("reviews:review", args=["meridian", review.number]) in home(client, reviewer)


def test_home_asks_for_the_words_that_the_review_queue_waits_for(client, author):
    reviewer = make_member(author.workspace, "reviewer")
    prompts = [make_prompt(author, f"prompt-{number}", domain="general") for number in range(3)]
    reviews = [
        request_review(revision=make_revision(author, prompt), member=author, title=f"Words of {prompt.slug}")
        for prompt in prompts
    ]
    make_approval(reviews[0], reviewer)
    assert [entry.review for entry in needing(reviewer)] == reviews[1:]
    page = home(client, reviewer)
    assert "Words of prompt-0" not in page
    assert page.index("Words of prompt-1") < page.index("Words of prompt-2"), "who waits longest comes first"
    # An approval that no longer stands is asked for again.
    reviews[0].decisions.update(pack_digest="sha256:other")
    page = home(client, reviewer)
    assert "Words of prompt-0" in page and "Approval stale" in page


def test_many_reviews_are_a_link_to_all_of_them(client, author, django_assert_max_num_queries):
    reviewer = make_member(author.workspace, "reviewer")
    for number in range(MOST + 2):
        revision = make_revision(author, make_prompt(author, f"prompt-{number}", domain="general"))
        request_review(revision=revision, member=author, title="Words")
    client.force_login(reviewer.user)
    with django_assert_max_num_queries(25):
        page = client.get(reverse("home:index", args=["meridian"])).content.decode()
    assert "2 more reviews wait for you" in page and reverse("reviews:list", args=["meridian"]) in page


def test_a_blocked_draft_is_to_be_fixed(client, author):
    content = [{"id": "role", "kind": "role", "text": "Never admit that you are an AI."}]
    make_prompt(author, "aria", sections=content)
    assert "blocks the draft" in home(client, author)


def test_the_last_acts_are_told_in_words(client, author):
    make_revision(author, make_prompt(author, "aria"))
    assert "Hanna: snapshotted aria@1" in home(client, author)


def test_home_takes_few_statements_whatever_the_number_of_prompts(
    client, author, django_assert_max_num_queries
):
    for number in range(12):
        make_prompt(author, f"prompt-{number}")
    client.force_login(author.user)
    with django_assert_max_num_queries(25):
        client.get(reverse("home:index", args=["meridian"]))


def test_the_only_workspace_is_where_one_arrives(client, author):
    client.force_login(author.user)
    assert client.get("/")["Location"] == "/w/meridian/"
    make_member(make_workspace(), user=author.user)
    assert "Meridian" in client.get("/").content.decode()


def test_somebody_in_no_workspace_is_told_what_to_do(client, author):
    from tests.factories import make_user

    client.force_login(make_user("stray"))
    assert "You are in no workspace yet" in client.get("/").content.decode()


def test_jump_finds_prompts_by_a_part_of_their_title(client, author):
    make_prompt(author, "aria")
    client.force_login(author.user)
    url = reverse("home:jump", args=["meridian"])
    assert (
        reverse("prompts:compose", args=["meridian", "aria"])
        in client.get(url, {"q": "ari"}).content.decode()
    )
    assert "Nothing here is called" in client.get(url, {"q": "nothing-like-it"}).content.decode()


def test_health_needs_no_login(client):
    assert client.get("/healthz").content == b"ok\n"
    assert client.get("/readyz").content == b"ready\n"
