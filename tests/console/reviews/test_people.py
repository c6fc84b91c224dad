"""Of whom a review is asked, who is told of what, other words for a line, and what an @ means."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from console.governance.services import set_bounds
from console.notifications.models import Notification
from console.problems import DomainError, Invalid, NotAllowed
from console.prompts.acknowledgements import REVIEWED, acknowledge
from console.prompts.drafts import draft_of, save
from console.prompts.proposals import propose
from console.prompts.revisions import create_revision
from console.reviews import looking, tasks
from console.reviews.assigning import assign, hand_over
from console.reviews.models import Review
from console.reviews.queue import needing
from console.reviews.services import decide
from console.reviews.standing import standing
from console.reviews.suggestions import SuggestionConflict, apply_suggestion
from console.reviews.threads import open_thread, reply, resolve
from console.trials.models import Run
from console.trials.runs import close
from tests.factories import (
    make_approval,
    make_content,
    make_finished_run,
    make_member,
    make_prompt,
    make_review,
    make_revision,
    make_workspace,
)

pytestmark = pytest.mark.django_db


def team():
    workspace = make_workspace()
    return (
        make_member(workspace, "author", name="hanna"),
        make_member(workspace, "reviewer", name="mara"),
        make_member(workspace, "reviewer", name="ines"),
    )


def heard(member) -> list[str]:
    return list(Notification.objects.filter(member=member).order_by("pk").values_list("kind", flat=True))


def test_a_review_that_names_nobody_waits_for_and_tells_everybody_who_may_decide():
    hanna, mara, ines = team()
    make_review(hanna)
    assert [len(needing(each)) for each in (hanna, mara, ines)] == [0, 1, 1]
    assert [heard(each) for each in (hanna, mara, ines)] == [[], ["asked"], ["asked"]]


def test_a_review_that_is_asked_of_somebody_waits_for_them_until_they_hand_it_over():
    hanna, mara, ines = team()
    review = make_review(hanna, named=True)
    today = timezone.localdate()
    assign(review=review, logins=["mara"], due=today, member=hanna)
    assert [len(needing(each)) for each in (mara, ines)] == [1, 0]
    assert (heard(mara), heard(ines)) == (["asked"], [])
    Review.objects.update(due=today - timedelta(days=1))
    assert [entry.overdue for entry in needing(mara)] == [True]
    with pytest.raises(DomainError):
        hand_over(review=review, login="ines", member=hanna)
    hand_over(review=review, login="ines", member=mara)
    assert [len(needing(each)) for each in (mara, ines)] == [0, 1]
    assert heard(ines) == ["asked"]


def test_a_review_is_asked_only_of_whose_word_could_count():
    hanna, *_ = team()
    review = make_review(hanna)
    viewer = make_member(hanna.workspace, "viewer", name="vera")
    for login in ("hanna", "vera", "nobody"):
        with pytest.raises(Invalid, match="could not count"):
            assign(review=review, logins=[login], due=None, member=hanna)
    with pytest.raises(Invalid, match="has passed"):
        assign(review=review, logins=[], due=timezone.localdate() - timedelta(days=1), member=hanna)
    with pytest.raises(NotAllowed):
        assign(review=review, logins=["mara"], due=None, member=viewer)


def test_a_mention_reaches_members_and_nobody_else():
    hanna, mara, ines = team()
    make_member(make_workspace(), "reviewer", name="otto")
    review = make_review(hanna, named=True)
    thread = open_thread(review=review, text="See @ines. And @otto, @nobody, mail@mara", member=mara)
    assert thread.comments.get().mentions == ["ines"]
    assert (heard(ines), heard(hanna), heard(mara)) == (["mentioned"], ["replied"], [])
    reply(thread=thread, text="Thanks", member=ines)
    assert heard(mara) == ["replied"]


def test_a_decision_is_told_to_whoever_asked_and_wrote():
    hanna, mara, _ = team()
    review = make_review(hanna, named=True)
    decide(review=review, word="changes", reason="Shorter.", shown=standing(review).ground, member=mara)
    assert heard(hanna) == ["decided"]


def test_an_approval_that_went_stale_is_told_once():
    hanna, mara, _ = team()
    review = make_review(hanna, named=True)
    make_approval(review, mara)
    assert looking.sweep() == 0
    admin = make_member(hanna.workspace, "admin")
    set_bounds(member=admin, bounds={"behavior.creativity": {"highest": "balanced"}}, reason="", version=0)
    assert looking.sweep() == 1
    assert looking.sweep() == 0
    assert heard(mara) == ["stale"]
    assert "bounds changed" in Notification.objects.get(member=mara).text


def test_what_is_approved_waits_for_whoever_may_release_it_until_that_holds_no_more(client):
    hanna, mara, _ = team()
    workspace = hanna.workspace
    berta = make_member(workspace, "approver", name="berta")
    review = make_review(hanna, title="Shorter role")
    thread = open_thread(review=review, text="Which pages?", member=mara)
    with pytest.raises(DomainError, match="Threads resolved"):
        make_approval(review, mara)
    resolve(thread=thread, member=mara)
    assert not needing(berta) and heard(berta) == []
    make_approval(review, mara)
    assert [entry.to_release for entry in needing(berta)] == [
        True
    ]  # nobody looked yet: the approval noted it
    thread = open_thread(review=review, text="And which of them first?", member=mara)
    assert not needing(berta) and Review.objects.get().ready_since is None
    resolve(thread=thread, member=mara)
    [entry] = needing(berta)
    assert (entry.word, entry.to_release, entry.waits) == ("Approved", True, False)
    assert heard(berta) == ["ready"] and not [each for each in needing(mara) if each.to_release]
    client.force_login(berta.user)
    queue = client.get(reverse("reviews:list", args=[workspace.slug])).content.decode()
    assert "To release <b>1</b>" in queue and "waits for your release" in queue
    home = client.get(reverse("home:index", args=[workspace.slug])).content.decode()
    assert "Approved by Mara; it waits to be released as production." in home
    admin = make_member(workspace, "admin")
    set_bounds(member=admin, bounds={"behavior.creativity": {"highest": "balanced"}}, reason="", version=0)
    assert not needing(berta)
    looking.sweep()
    assert Review.objects.get().ready_since is None
    make_approval(review, mara)
    looking.look(review.pk)
    assert heard(berta) == ["ready", "ready"]


def test_a_warning_that_is_acknowledged_last_and_a_run_that_ends_make_somebody_look_at_once(
    django_capture_on_commit_callbacks,
):
    hanna, mara, _ = team()
    berta = make_member(hanna.workspace, "approver", name="berta")
    note = {"id": "context", "kind": "context", "text": "The customer wrote: {{note}}"}
    sections = [*make_content()["sections"], note]
    prompt = make_prompt(hanna, domain="general", sections=sections, variables={"note": {}})
    revision = make_revision(hanna, prompt)
    review = make_review(hanna, revision=revision)
    [warning] = [f for f in standing(review).change.checked.verdict.findings if f.severity == "warn"]
    acknowledge(prompt=prompt, finding=warning, reason="It is one word.", member=hanna)
    make_approval(review, mara)
    with pytest.raises(DomainError, match="Hanna acknowledged it already: “It is one word"):
        acknowledge(prompt=prompt, finding=warning, reason="Nobody has to know.", member=hanna)
    prompt.acknowledgements.all().delete()  # as when the judge reads again and finds it anew
    looking.look(review.pk)
    assert not needing(berta)
    with django_capture_on_commit_callbacks() as sent:
        acknowledge(prompt=prompt, finding=warning, reason="It is one word.", member=hanna)
    assert [call.args for call in sent if call.args[0] == REVIEWED] == [(REVIEWED, (prompt.pk,))]
    tasks.look_at_prompt(prompt.pk)
    assert [entry.to_release for entry in needing(berta)] == [True]
    run = make_finished_run(revision)
    Run.objects.filter(pk=run.pk).update(status="running", prompt=prompt)
    with django_capture_on_commit_callbacks() as sent:
        close(run.pk)
    assert (REVIEWED, (prompt.pk,)) in [call.args for call in sent]


# --- other words for a line


def with_suggestion(words: str = "Help customers with cards only."):
    hanna, mara, _ = team()
    prompt = make_prompt(hanna)
    review = make_review(hanna, revision=make_revision(hanna, prompt))
    thread = open_thread(review=review, anchor="line-task-1", text="", member=mara, suggestion=words)
    return hanna, mara, prompt, review, thread.comments.get()


def task(prompt) -> str:
    return next(s["text"] for s in draft_of(prompt).content["sections"] if s["id"] == "task")


def test_suggested_words_go_into_the_draft_and_their_author_approves_them_no_longer():
    hanna, mara, prompt, _, comment = with_suggestion()
    with pytest.raises(NotAllowed):
        apply_suggestion(comment=comment, member=mara)
    apply_suggestion(comment=comment, member=hanna)
    assert task(prompt).startswith("Help customers with cards only.\nWhen you")
    draft = draft_of(prompt)
    assert mara.user_id in draft.editors
    revision = create_revision(draft=draft, version=draft.version, message="", member=hanna)
    with pytest.raises(NotAllowed, match="own work"):
        make_approval(make_review(hanna, revision=revision, label="staging"), mara)


def test_words_for_a_proposals_revision_go_into_the_proposal():
    hanna, mara, _ = team()
    prompt = make_prompt(hanna)
    shorter = propose(revision=make_revision(hanna, prompt), name="shorter", member=hanna)
    content = shorter.content
    first, second = content["sections"]
    told = {**content, "sections": [{**first, "text": f"{first['text']} Be brief."}, second]}
    shorter = save(draft=shorter, version=shorter.version, content=told, member=hanna)
    revision = create_revision(draft=shorter, version=shorter.version, message="", member=hanna)
    review = make_review(hanna, revision=revision)
    main = task(prompt)
    thread = open_thread(review=review, anchor="line-task-1", text="", member=mara, suggestion="Cards only.")
    assert apply_suggestion(comment=thread.comments.get(), member=hanna).name == "shorter"
    assert task(prompt) == main
    kept = draft_of(prompt, "shorter").content["sections"][1]["text"]
    assert kept.startswith("Cards only.\n")


def test_lines_around_a_suggestion_may_have_changed_but_not_the_line():
    hanna, _, prompt, review, comment = with_suggestion()
    draft = draft_of(prompt)
    first, second = draft.content["sections"]
    more = {**second, "text": f"A new first line.\n{second['text']}"}
    draft = save(
        draft=draft, version=draft.version, content={**draft.content, "sections": [first, more]}, member=hanna
    )
    saved = apply_suggestion(comment=comment, member=hanna)
    assert task(prompt).split("\n")[:2] == ["A new first line.", "Help customers with cards only."]
    saved.prompt = prompt
    other = {**more, "text": "Something else.\nWhen you do not know something, say so."}
    save(
        draft=saved,
        version=saved.version,
        content={**saved.content, "sections": [first, other]},
        member=hanna,
    )
    again = open_thread(review=review, anchor="line-task-1", text="x", member=hanna, suggestion="Y.")
    with pytest.raises(SuggestionConflict, match="Line 1 of task reads otherwise"):
        apply_suggestion(comment=again.comments.get(), member=hanna)
    assert task(prompt).startswith("Something else.")


def test_words_are_suggested_for_lines_only():
    hanna, mara, *_ = team()
    review = make_review(hanna)
    with pytest.raises(Invalid, match="for a line"):
        open_thread(review=review, anchor="", text="x", member=mara, suggestion="y")


def test_a_cell_is_discussed_where_it_stands(client):
    hanna, mara, _ = team()
    review = make_review(hanna)
    number = review.runs.get().number
    open_thread(review=review, anchor=f"cell-{number}-hello", text="**Look** @hanna", member=mara)
    with pytest.raises(Invalid, match="not part of this review"):
        open_thread(review=review, anchor=f"cell-{number}-nothing", text="x", member=mara)
    client.force_login(hanna.user)
    page = client.get(reverse("reviews:review", args=[review.workspace.slug, review.number])).content.decode()
    assert f'id="cell-{number}-hello"' in page
    assert '<strong>Look</strong> <span class="mention">@hanna</span>' in page


def test_the_forms_of_the_page(client, django_assert_max_num_queries):
    hanna, _, prompt, review, comment = with_suggestion()
    client.force_login(hanna.user)
    url = reverse("reviews:review", args=[review.workspace.slug, review.number])
    with django_assert_max_num_queries(25):
        page = client.get(url).content.decode()
    assert "Put it into the draft" in page and "Users can newly" in page
    asked = reverse("reviews:assign", args=[review.workspace.slug, review.number])
    assert "Mara" in client.get(asked).content.decode()
    assert client.post(asked, {"asked": ["mara"], "due": "nonsense"}).status_code == 422
    assert client.post(asked, {"asked": ["mara"], "due": ""}).status_code == 302
    apply = reverse("reviews:apply", args=[review.workspace.slug, review.number, comment.pk])
    assert client.post(apply).status_code == 302
    assert client.post(apply).status_code == 409
    people = client.get(reverse("reviews:people", args=[review.workspace.slug]), {"q": "ma"}).json()
    assert people == {"people": [{"login": "mara", "name": "Mara"}]}
    request = reverse("reviews:request", args=[review.workspace.slug, prompt.slug, 1])
    revision = make_revision(hanna, prompt)
    make_finished_run(revision)
    request = reverse("reviews:request", args=[review.workspace.slug, prompt.slug, revision.number])
    form = {"title": "Next", "label": "staging", "due": "2001-01-01"}
    assert client.post(request, form).status_code == 422
    form["due"] = (timezone.localdate() + timedelta(days=2)).isoformat()
    assert client.post(request, {**form, "asked": ["ines"]}).status_code == 302
    assert [row.user.username for row in Review.objects.get(title="Next").assignments.all()] == ["ines"]
