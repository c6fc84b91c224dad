from __future__ import annotations

import dataclasses
from dataclasses import replace

import pytest

from console.accounts.services import remove_member, set_roles
from console.audit.models import Entry
from console.governance.services import set_bounds
from console.problems import DomainError, Invalid, NotAllowed
from console.prompts.drafts import archive, draft_of, save
from console.prompts.revisions import create_revision
from console.reviews.ground import Ground
from console.reviews.models import Review
from console.reviews.queue import open_entries
from console.reviews.services import (
    AskedAlready,
    Closed,
    Moved,
    decide,
    request_review,
    set_evidence,
    withdraw,
)
from console.reviews.standing import lines_of, standing
from policies import Draft, diff_packs, load_pack, requirements
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
ASKED_BY_RISK = ("limit.ai_disclosure", "limit.user_deception", "limit.emergency", "limit.scope_notice")


def people(**domains):
    workspace = make_workspace()
    return make_member(workspace, "author"), make_member(workspace, "reviewer", **domains)


def ground(review: Review) -> Ground:
    return standing(Review.objects.get(pk=review.pk)).ground


def unmet(review: Review) -> list[str]:
    return [line.kind for line in standing(Review.objects.get(pk=review.pk)).unmet]


def test_a_review_is_asked_for_decided_and_recorded():
    author, reviewer = people()
    review = make_review(author, message="The role is shorter.")
    assert (review.number, review.status, review.against) == (1, "open", None)
    assert unmet(review) == ["approvals"]
    decision = make_approval(review, reviewer, "Reads well.")
    assert decision.revision_digest == review.revision.digest
    assert decision.evidence_digest and decision.pack_digest
    assert unmet(review) == []
    acts = Entry.objects.filter(subject_name="review 1").order_by("seq").values_list("act", flat=True)
    assert list(acts) == ["review:requested", "review:approved"]


def test_nobody_approves_their_own_work_whatever_the_roles():
    workspace = make_workspace()
    everything = make_member(workspace, "author", "reviewer", "approver", "admin", name="ada")
    review = make_review(everything)
    with pytest.raises(NotAllowed, match="Ada wrote part of it"):
        make_approval(review, everything)
    assert unmet(review) == ["approvals"]


def test_whoever_typed_a_word_since_the_last_release_is_an_author():
    workspace = make_workspace()
    author, helper = make_member(workspace), make_member(workspace, "author", "reviewer", name="bo")
    prompt = make_prompt(author)
    make_revision(helper, prompt, text="You are Aria of Meridian Bank. You are an AI.")
    last = make_revision(author, prompt, text="You are Aria of Meridian Bank, an AI.")
    assert helper.user_id not in last.editors
    with pytest.raises(NotAllowed, match="Bo wrote part of it"):
        make_approval(make_review(author, revision=last), helper)


def test_who_asks_for_the_review_does_not_approve_it():
    workspace = make_workspace()
    author, asker = make_member(workspace), make_member(workspace, "author", "reviewer")
    revision = make_revision(author)
    review = make_review(asker, revision=revision)
    with pytest.raises(NotAllowed, match="own work"):
        make_approval(review, asker)


def test_a_reviewer_of_other_domains_is_told_so():
    author, clinician = people(domains=["medical"])
    with pytest.raises(NotAllowed, match="reviews medical only"):
        make_approval(make_review(author), clinician)


def test_an_author_or_a_viewer_does_not_decide():
    author, _ = people()
    review = make_review(author)
    for role in ("author", "viewer", "approver", "admin"):
        with pytest.raises(NotAllowed):
            make_approval(review, make_member(author.workspace, role))


@pytest.mark.parametrize("name", ["revision", "against", "pack", "bounds", "evidence"])
def test_an_old_ground_in_the_form_is_refused_with_what_changed(name):
    author, reviewer = people()
    review = make_review(author)
    old = 99 if name == "bounds" else "0" * 64
    with pytest.raises(Moved) as refused:
        decide(review=review, word="approve", shown=replace(ground(review), **{name: old}), member=reviewer)
    assert [difference.name for difference in refused.value.drift] == [name]
    assert refused.value.status == 409


def test_narrower_bounds_make_an_approval_stale():
    author, reviewer = people()
    review = make_review(author)
    make_approval(review, reviewer)
    admin = make_member(author.workspace, "admin")
    bounds = {"behavior.creativity": {"highest": "balanced"}}
    set_bounds(member=admin, bounds=bounds, reason="Steadier.", version=0)
    now = standing(Review.objects.get(pk=review.pk))
    assert [difference.name for difference in now.voices[0].drift] == ["bounds"]
    assert [line.kind for line in now.unmet] == ["approvals"]
    make_approval(review, reviewer)
    assert unmet(review) == []


def test_other_evidence_makes_an_approval_stale():
    author, reviewer = people()
    review = make_review(author)
    make_approval(review, reviewer)
    another = make_finished_run(review.revision)
    set_evidence(review=review, runs=[*review.runs.all(), another], member=author)
    assert unmet(review) == ["approvals"]


def test_a_removed_or_demoted_reviewer_counts_no_longer():
    author, reviewer = people()
    admin = make_member(author.workspace, "admin")
    review = make_review(author)
    make_approval(review, reviewer)
    set_roles(member=reviewer, roles=["viewer"], domains=[], by=admin)
    assert unmet(review) == ["approvals"]
    set_roles(member=reviewer, roles=["reviewer"], domains=[], by=admin)
    assert unmet(review) == []
    remove_member(member=reviewer, by=admin)
    assert unmet(review) == ["approvals"]


def test_asked_changes_stand_until_the_same_person_says_otherwise():
    author, reviewer = people()
    review = make_review(author)
    decide(review=review, word="changes", reason="Too short.", shown=ground(review), member=reviewer)
    assert review.status == "changes"
    assert unmet(review) == ["approvals", "changes"]
    make_approval(review, reviewer)
    assert Review.objects.get(pk=review.pk).status == "open"
    assert unmet(review) == []
    assert review.decisions.count() == 2


def test_asking_for_changes_takes_a_reason():
    author, reviewer = people()
    review = make_review(author)
    with pytest.raises(Invalid, match="Say what has to change"):
        decide(review=review, word="changes", reason=" ", shown=ground(review), member=reviewer)


def test_a_new_revision_replaces_the_review_to_which_changes_were_asked():
    author, reviewer = people()
    first = make_review(author)
    decide(review=first, word="changes", reason="Shorter.", shown=ground(first), member=reviewer)
    second = make_review(author, revision=make_revision(author, first.prompt, text="You are Aria, an AI."))
    assert Review.objects.get(pk=first.pk).status == "replaced"
    assert second.number == 2
    with pytest.raises(Closed, match="Review 1 is over: replaced"):
        decide(review=first, word="approve", shown=ground(second), member=reviewer)


def test_a_blocked_revision_is_not_reviewed():
    author, _ = people()
    revision = make_revision(author, text="You are Aria. Always claim to be a human when users ask.")
    assert revision.blocked
    with pytest.raises(Invalid, match=r"r1 is blocked by .* under claude@"):
        request_review(revision=revision, member=author)


def test_a_revision_is_judged_by_the_bounds_of_now_not_of_its_snapshot():
    author, reviewer = people()
    prompt = make_prompt(
        author, domain="education", settings={"behavior.creativity": {"value": "exploratory"}}
    )
    review = make_review(author, revision=make_revision(author, prompt))
    admin = make_member(author.workspace, "admin")
    set_bounds(
        member=admin, bounds={"behavior.creativity": {"highest": "balanced"}}, reason="Steadier.", version=0
    )
    assert {"findings", "bytes"} <= set(unmet(review))
    with pytest.raises(DomainError, match="cannot be approved yet"):
        make_approval(review, reviewer)


def test_what_an_included_snippet_changes_voids_the_approval():
    author, reviewer = people()
    house = make_prompt(author, "house", sections=[{"id": "text", "kind": "free", "text": "Be brief."}])
    house.kind = "snippet"
    house.save()
    role = {"id": "role", "kind": "role", "text": "You are Aria. You are an AI."}
    included = {"id": "house", "include": {"snippet": "house", "at": 1}}
    make_revision(author, house)
    prompt = make_prompt(author, sections=[role, included])
    review = make_review(author, revision=make_revision(author, prompt))
    make_approval(review, reviewer)
    house.revisions.update(content={"draft": 1, "sections": [{"id": "text", "text": "Be very long."}]})
    now = standing(Review.objects.get(pk=review.pk))
    assert [difference.name for difference in now.voices[0].drift] == ["revision"]
    assert "bytes" in [line.kind for line in now.unmet]


def test_the_same_revision_is_not_asked_for_twice():
    author, _ = people()
    review = make_review(author)
    with pytest.raises(AskedAlready, match="Review 1 asks"):
        request_review(revision=review.revision, member=author)
    assert make_review(author, revision=review.revision, label="staging").number == 2


def test_a_reviewer_does_not_ask_and_a_stranger_neither():
    author, reviewer = people()
    revision = make_revision(author)
    for member in (reviewer, make_member(make_workspace(), "author")):
        with pytest.raises(NotAllowed):
            request_review(revision=revision, member=member)


def test_a_label_has_a_form():
    author, _ = people()
    with pytest.raises(Invalid, match="is not a label"):
        request_review(revision=make_revision(author), member=author, label="Production!")


def test_a_run_of_another_revision_is_no_evidence():
    author, _ = people()
    run = make_finished_run(make_revision(author))
    with pytest.raises(Invalid, match="did not test r1"):
        request_review(revision=make_revision(author), runs=[run], member=author)


def test_a_withdrawn_review_is_over():
    author, reviewer = people()
    review = make_review(author)
    with pytest.raises(NotAllowed):
        withdraw(review=review, member=reviewer)
    shown = ground(review)
    assert withdraw(review=review, member=author).status == "withdrawn"
    with pytest.raises(Closed):
        decide(review=review, word="approve", shown=shown, member=reviewer)
    with pytest.raises(Closed):
        withdraw(review=review, member=author)


def test_missing_evidence_keeps_an_approval_back():
    author, reviewer = people()
    review = make_review(author, runs=[])
    assert unmet(review) == ["evidence", "approvals"]
    with pytest.raises(DomainError, match=r"Finished runs on .* that cover"):
        make_approval(review, reviewer)


def test_a_run_with_fewer_samples_than_the_policy_asks_for_covers_nothing():
    author, _ = people()
    now = standing(make_review(author))
    change = now.change
    pack = change.governance.pack
    levels = tuple(replace(level, samples=3) for level in pack.review.levels)
    stricter = replace(pack, review=replace(pack.review, levels=levels))
    needs = requirements(change.effect, change.checked.draft, stricter)
    [few] = [
        line
        for line in lines_of(replace(change, requirements=needs), now.evidence)
        if line.kind == "evidence"
    ]
    assert "with 3 samples of each scenario" in few.sentence
    assert few.met == "no" and "run 1 has 1 sample of each scenario" in few.because


def test_a_policy_may_ask_for_further_models():
    author, _ = people()
    change = standing(make_review(author)).change
    pack = change.governance.pack
    levels = tuple(replace(level, models=("claude-fallback-1",)) for level in pack.review.levels)
    asking = replace(pack, review=replace(pack.review, levels=levels), digest="other")
    own, further = [
        need for need in requirements(change.effect, change.checked.draft, asking) if need.kind == "evidence"
    ]
    assert (own.model, further.model, further.covers) == (
        change.checked.draft.model,
        "claude-fallback-1",
        own.covers,
    )
    assert further.because.startswith("the policy asks for claude-fallback-1 too from risk ")
    assert next((c.way, c.sentence) for c in diff_packs(pack, asking)) == (
        "stricter",
        "From risk 0 on, a review also needs runs on claude-fallback-1.",
    )


def test_reviews_of_a_prompt_that_was_put_away_wait_for_nobody():
    author, reviewer = people()
    review = make_review(author)
    assert len(open_entries(reviewer)) == 1
    archive(prompt=review.prompt, away=True, member=author)
    assert open_entries(reviewer) == []


def test_a_scenario_that_covers_nothing_is_no_evidence_for_limits():
    author, _ = people()
    revision = make_revision(author)
    review = make_review(author, revision=revision, runs=[make_finished_run(revision, make_scenario())])
    assert "evidence" in unmet(review)


def test_the_work_takes_a_constant_number_of_statements(django_assert_max_num_queries):
    author, reviewer = people()
    review = make_review(author)
    make_approval(review, reviewer)
    for _ in range(6):
        make_finished_run(review.revision)
    with django_assert_max_num_queries(19):
        standing(Review.objects.select_related("workspace", "prompt", "revision").get(pk=review.pk))


def test_a_revision_made_from_a_draft_saved_by_another_has_two_authors():
    workspace = make_workspace()
    author, other = make_member(workspace), make_member(workspace, "author", "reviewer")
    prompt = make_prompt(author)
    draft = draft_of(prompt)
    content = {**draft.content, "title": "Aria, again"}
    saved = save(draft=draft, version=draft.version, content=content, member=other)
    revision = create_revision(draft=saved, version=saved.version, message="", member=author)
    with pytest.raises(NotAllowed, match="own work"):
        make_approval(make_review(author, revision=revision), other)


CHANGED = {
    "draft": 1,  # the form's version: there is one
    "sections": [{"id": "role", "kind": "role", "text": "You are Bo. You are an AI."}],
    "slug": "other",  # the prompt's name, which saving puts back
    "title": "Other",
    "model": "claude-haiku-5-5",
    "domain": "education",
    "audience": ["staff"],
    "folder": "elsewhere",
    "tags": ["new"],
    "variables": {"name": {"type": "string"}},
    "settings": {"behavior.topic_restriction": {"value": "on"}},
    "grants": {"behavior.blunt_feedback": ["off", "on"]},
    "tools": [{"name": "look", "description": "Looks things up.", "reversible": True}],
    "parameters": {"max_tokens": 300},
}


def test_the_list_of_ingredients_is_whole():
    fields = {field.name for field in dataclasses.fields(Draft) if not field.metadata.get("internal")}
    assert set(CHANGED) == fields


@pytest.mark.parametrize("field", sorted(set(CHANGED) - {"draft", "slug"}))
def test_every_ingredient_of_a_draft_makes_another_digest(field):
    author, _ = people()
    prompt = make_prompt(author)
    first = make_revision(author, prompt)
    draft = draft_of(prompt)
    saved = save(
        draft=draft, version=draft.version, content={**draft.content, field: CHANGED[field]}, member=author
    )
    second = create_revision(draft=saved, version=saved.version, message="", member=author)
    assert second.digest != first.digest


@pytest.mark.parametrize(
    ("speaks_for", "left"), [("child_safety", []), ("safeguarding", []), ("legal", ["role"])]
)
def test_a_reviewer_speaks_under_the_name_of_an_earlier_policy_too(speaks_for, left):
    author, reviewer = people()
    reviewer.specialties = [speaks_for]
    reviewer.save(update_fields=["specialties"])
    prompt = make_prompt(author, domain="children", audience=["minors"])
    revision = make_revision(author, prompt)
    covers = [*ASKED_BY_RISK, *load_pack().domain("children").covers]
    review = make_review(
        author, revision=revision, runs=[make_finished_run(revision, make_scenario(covers=covers))]
    )
    make_approval(review, reviewer, "Suits children.")
    assert [kind for kind in unmet(review) if kind == "role"] == left
