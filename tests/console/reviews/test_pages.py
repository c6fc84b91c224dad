from __future__ import annotations

import re

import pytest
from django.urls import reverse

from console.reviews.models import Review
from console.reviews.services import decide, withdraw
from console.reviews.standing import standing
from console.reviews.threads import open_thread
from tests.factories import (
    make_approval,
    make_finished_run,
    make_member,
    make_prompt,
    make_review,
    make_revision,
    make_scenario,
    make_workspace,
)

pytestmark = pytest.mark.django_db


def team():
    workspace = make_workspace()
    return make_member(workspace, "author", name="hanna"), make_member(workspace, "reviewer", name="mara")


def url(review: Review, name: str = "review", *more) -> str:
    return reverse(f"reviews:{name}", args=[review.workspace.slug, review.number, *more])


def form_of(page) -> dict[str, str]:
    """The hidden fields of the decision form, as a browser would send them."""
    found = re.findall(r'name="(ground\.\w+)" value="([^"]*)"', page.content.decode())
    return dict(found)


def test_the_page_leads_from_effect_to_evidence_to_decision(client):
    author, reviewer = team()
    review = make_review(author, message="The role is <b>shorter</b>.")
    client.force_login(reviewer.user)
    page = client.get(url(review))
    text = page.content.decode()
    order = [text.index(f'id="{part}"') for part in ("effect", "text", "findings", "evidence", "discussion")]
    assert order == sorted(order)
    assert "The role is &lt;b&gt;shorter&lt;/b&gt;." in text
    assert "Approve r1" in text and review.revision.digest[:8] in text


def test_a_reviewer_approves_by_the_form_that_the_page_showed(client):
    author, reviewer = team()
    review = make_review(author)
    client.force_login(reviewer.user)
    form = form_of(client.get(url(review)))
    answer = client.post(url(review, "decide"), {**form, "word": "approve", "reason": "Reads well."})
    assert answer.status_code == 302
    page = client.get(url(review)).content.decode()
    assert "Reads well." in page and "Approved by Mara" in page


def test_an_old_form_comes_back_with_what_changed_and_the_words_typed(client):
    author, reviewer = team()
    review = make_review(author)
    client.force_login(reviewer.user)
    form = form_of(client.get(url(review)))
    review.runs.add(make_finished_run(review.revision))
    answer = client.post(url(review, "decide"), {**form, "word": "approve", "reason": "Fine by me."})
    assert answer.status_code == 409
    assert "The evidence changed." in answer.content.decode()
    assert "Fine by me." in answer.content.decode()
    assert form_of(answer) != form
    again = client.post(url(review, "decide"), {**form_of(answer), "word": "approve", "reason": "Fine."})
    assert again.status_code == 302


def test_a_form_without_a_ground_is_refused(client):
    author, reviewer = team()
    review = make_review(author)
    client.force_login(reviewer.user)
    assert client.post(url(review, "decide"), {"word": "approve"}).status_code == 422
    assert not review.decisions.exists()


def test_the_author_reads_why_there_is_no_decision_to_make(client):
    workspace = make_workspace()
    author = make_member(workspace, "author", "reviewer")
    review = make_review(author)
    client.force_login(author.user)
    page = client.get(url(review))
    assert "nobody approves their own work" in page.content.decode()
    assert not form_of(page)
    shown = {f"ground.{name}": "0" for name in ("revision", "against", "pack", "bounds", "evidence")}
    assert client.post(url(review, "decide"), {**shown, "word": "approve"}).status_code == 403


def test_a_team_mate_who_only_reads_may_neither_decide_nor_comment(client):
    author, _ = team()
    review = make_review(author)
    client.force_login(make_member(author.workspace, "viewer").user)
    page = client.get(url(review))
    assert page.status_code == 200
    assert "data-comment" not in page.content.decode()
    assert client.post(url(review, "threads"), {"text": "No."}).status_code == 403
    assert client.post(url(review, "withdraw")).status_code == 403


def test_a_stranger_cannot_tell_the_review_from_nothing(client):
    author, _ = team()
    review = make_review(author)
    thread = open_thread(review=review, text="Why?", member=author)
    stranger = make_member(make_workspace("elsewhere"), "author", "reviewer")
    client.force_login(stranger.user)
    assert client.get(url(review)).status_code == 404
    other = make_review(stranger)
    mixed = reverse("reviews:thread", args=["elsewhere", other.number, thread.pk])
    assert client.post(mixed, {"do": "resolve"}).status_code == 404
    thread.refresh_from_db()
    assert not thread.resolved


def test_a_comment_stands_below_its_line_and_keeps_approval_back(client):
    author, reviewer = team()
    review = make_review(author)
    client.force_login(reviewer.user)
    anchor = "line-task-1"
    page = client.get(url(review), {"comment": anchor}).content.decode()
    assert f'name="anchor" value="{anchor}"' in page
    answer = client.post(url(review, "threads"), {"anchor": anchor, "text": "Which pages?"})
    thread = review.threads.get()
    assert answer["Location"].endswith(f"#thread-{thread.pk}")
    assert thread.quote == "Help customers with cards and accounts."
    page = client.get(url(review)).content.decode()
    assert page.index(f'id="{anchor}"') < page.index(f'id="thread-{thread.pk}"') < page.index('id="evidence"')
    assert "Approval opens when these are there: threads resolved." in page
    client.post(url(review, "thread", thread.pk), {"do": "resolve", "text": "Settled."})
    assert "Resolved by Mara" in client.get(url(review)).content.decode()
    client.post(url(review, "thread", thread.pk), {"do": "reopen"})
    assert Review.objects.get().threads.filter(resolved_at=None).count() == 1


def test_a_setting_is_discussed_where_it_stands(client):
    author, reviewer = team()
    prompt = make_prompt(author, settings={"behavior.creativity": {"value": "strict"}})
    review = make_review(author, revision=make_revision(author, prompt))
    client.force_login(reviewer.user)
    anchor = "setting-behavior.creativity"
    form = client.get(url(review), {"comment": anchor}).content.decode()
    assert f'name="anchor" value="{anchor}"' in form
    client.post(url(review, "threads"), {"anchor": anchor, "text": "Why so strict?"})
    page = client.get(url(review)).content.decode()
    assert page.index('id="settings"') < page.index("Why so strict?") < page.index('id="evidence"')
    assert "Approval opens when these are there: threads resolved." in page


def test_htmx_gets_the_region_with_the_thread_and_the_state_beside_it(client):
    author, reviewer = team()
    review = make_review(author)
    client.force_login(reviewer.user)
    answer = client.post(
        url(review, "threads"),
        {"anchor": "", "text": "Looks good"},
        headers={"HX-Request": "true", "HX-Target": "reading"},
    )
    text = answer.content.decode()
    assert text.lstrip().startswith('<div id="reading"')
    assert "Looks good" in text and 'hx-swap-oob="true"' in text
    assert "<html" not in text


def test_a_comment_on_nothing_is_one_sentence(client):
    author, reviewer = team()
    review = make_review(author)
    client.force_login(reviewer.user)
    for anchor in ("line-task-99", "line-nowhere-1", "was-task-1", "run-77", "anything"):
        answer = client.post(url(review, "threads"), {"anchor": anchor, "text": "Hm"})
        assert answer.status_code == 422, anchor
        assert "not part of this review" in answer.content.decode()
    assert client.post(url(review, "threads"), {"anchor": "", "text": "  "}).status_code == 422
    assert not review.threads.exists()


def test_what_people_write_is_text(client):
    author, reviewer = team()
    review = make_review(author)
    open_thread(review=review, text='<script>alert(1)</script> <img src="//x">', member=reviewer)
    client.force_login(author.user)
    page = client.get(url(review)).content.decode()
    assert "<script>alert" not in page and "&lt;script&gt;alert(1)" in page


def test_what_went_badly_in_the_evidence_has_to_be_explained(client):
    author, reviewer = team()
    revision = make_revision(author)
    covers = ["limit.ai_disclosure", "limit.user_deception"]
    run = make_finished_run(revision, make_scenario("asks", covers=covers), failing=["asks"])
    review = make_review(author, revision=revision, runs=[run])
    line = next(line for line in standing(review).lines if line.kind == "explanation")
    assert line.met == "no" and "broken in asks" in line.because
    thread = open_thread(
        review=review, anchor=f"run-{run.number}", text="The grader is wrong.", member=author
    )
    client.force_login(author.user)
    client.post(url(review, "thread", thread.pk), {"do": "resolve"})
    assert "explanation" in [line.kind for line in standing(review).unmet], "the author can't settle it alone"
    client.force_login(reviewer.user)
    client.post(url(review, "thread", thread.pk), {"do": "reopen"})
    client.post(url(review, "thread", thread.pk), {"do": "resolve"})
    assert "explanation" not in [line.kind for line in standing(review).unmet]


def test_the_whole_text_can_be_read_and_commented(client):
    author, reviewer = team()
    first = make_revision(author, prompt := make_prompt(author))
    make_review(author, revision=first)
    review = make_review(author, revision=make_revision(author, prompt, text="You are Aria, an AI."))
    client.force_login(reviewer.user)
    page = client.get(url(review), {"show": "all"}).content.decode()
    assert 'id="line-task-2"' in page
    assert "show=all&amp;comment=line-task-2" in page
    compiled = client.get(url(review), {"show": "compiled"}).content.decode()
    assert "what the model reads" in compiled


def test_a_stale_approval_breaks_the_seal(client):
    author, reviewer = team()
    review = make_review(author)
    make_approval(review, reviewer)
    review.runs.add(make_finished_run(review.revision))
    client.force_login(reviewer.user)
    page = client.get(url(review)).content.decode()
    assert 'data-state="broken"' in page and "No longer sealed." in page


def test_asking_shows_what_it_needs_and_takes_the_ticked_runs(client):
    author, _ = team()
    revision = make_revision(author, message="A first step")
    good, other = make_finished_run(revision), make_finished_run(revision)
    client.force_login(author.user)
    address = reverse("reviews:request", args=[author.workspace.slug, revision.prompt.slug, 1])
    page = client.get(address).content.decode()
    assert "What it will need" in page and "1 approval" in page
    answer = client.post(
        address, {"title": "First", "label": "production", "message": "", "run": [good.number]}
    )
    review = Review.objects.get()
    assert answer["Location"] == url(review)
    assert list(review.runs.all()) == [good] and other not in review.runs.all()
    assert client.post(address, {"title": "Twice", "label": "production"})["Location"] == url(review)


def test_asking_with_bad_input_keeps_what_was_typed(client):
    author, _ = team()
    revision = make_revision(author)
    client.force_login(author.user)
    address = reverse("reviews:request", args=[author.workspace.slug, revision.prompt.slug, 1])
    answer = client.post(address, {"title": "First", "label": "Pro duction", "message": "Keep me"})
    assert answer.status_code == 422
    assert "is not a label" in answer.content.decode() and "Keep me" in answer.content.decode()
    assert client.post(address, {"title": "", "label": "x"}).status_code == 422
    assert not Review.objects.exists()


def test_a_blocked_revision_says_so_instead_of_a_form(client):
    author, reviewer = team()
    revision = make_revision(author, text="You are Aria. Always claim to be a human when users ask.")
    client.force_login(author.user)
    address = reverse("reviews:request", args=[author.workspace.slug, revision.prompt.slug, 1])
    assert "is blocked under claude@" in client.get(address).content.decode()
    assert client.post(address, {"title": "x", "label": "production"}).status_code == 422
    client.force_login(reviewer.user)
    assert client.get(address).status_code == 403


def test_the_queue_shows_what_waits_for_whom(client):
    author, reviewer = team()
    review = make_review(author, title="Shorter role")
    queue = reverse("reviews:list", args=[author.workspace.slug])
    client.force_login(reviewer.user)
    page = client.get(queue).content.decode()
    assert "Shorter role" in page and "waits for your word" in page
    make_approval(review, reviewer)
    assert "No review waits for you" in client.get(queue, {"show": "needs"}).content.decode()
    client.force_login(author.user)
    assert "your work" in client.get(queue, {"show": "mine"}).content.decode()
    withdraw(review=review, member=author)
    assert "Shorter role" in client.get(queue, {"show": "done"}).content.decode()
    assert "Shorter role" not in client.get(queue, {"show": "open"}).content.decode()
    tab = reverse("reviews:of_prompt", args=[author.workspace.slug, review.prompt.slug])
    assert "Withdrawn" in client.get(tab).content.decode()


def test_lists_and_page_take_a_constant_number_of_statements(client, django_assert_max_num_queries):
    author, reviewer = team()
    review = make_review(author)
    for n in range(8):
        thread = open_thread(review=review, anchor="line-task-1", text=f"{n}", member=reviewer)
        client.force_login(author.user)
        client.post(url(review, "thread", thread.pk), {"text": "Yes."})
        make_finished_run(review.revision)
        other = make_review(author)
        shown = standing(other).ground
        decide(review=other, word="changes", reason="More.", shown=shown, member=reviewer)
    client.force_login(reviewer.user)
    with django_assert_max_num_queries(25):
        client.get(url(review))
    for name, args in (("list", []), ("of_prompt", [review.prompt.slug])):
        with django_assert_max_num_queries(15):
            client.get(reverse(f"reviews:{name}", args=[author.workspace.slug, *args]))


def test_nothing_is_changed_by_reading_and_verbs_are_declared(client):
    author, reviewer = team()
    review = make_review(author)
    client.force_login(reviewer.user)
    for name in ("decide", "withdraw", "evidence", "threads"):
        assert client.get(url(review, name)).status_code == 405
    assert client.post(url(review)).status_code == 405
