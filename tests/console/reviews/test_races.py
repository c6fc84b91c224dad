"""What happens when two people do something at the same instant: real threads on the real database."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.db import connection

from console.accounts.models import Membership
from console.accounts.services import remove_member, set_roles
from console.audit.models import Chain
from console.audit.services import verify
from console.governance.services import set_bounds
from console.problems import DomainError
from console.prompts.drafts import draft_of, save
from console.prompts.revisions import create_revision
from console.releases.models import Release
from console.releases.services import create_release
from console.reviews.models import Decision, Review
from console.reviews.services import decide, request_review, withdraw
from console.reviews.standing import standing
from console.reviews.threads import open_thread
from tests.factories import (
    make_approval,
    make_finished_run,
    make_member,
    make_prompt,
    make_review,
    make_revision,
    make_workspace,
)

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Run every act on a thread of its own, all released together; an act that was refused gives its error."""
    gate = threading.Barrier(len(acts))
    results: list[Any] = [None] * len(acts)

    def run(index: int, act: Callable[[], Any]) -> None:
        try:
            gate.wait(10)
            results[index] = act()
        except DomainError as error:
            results[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads), "deadlock"
    return results


def fresh(review: Review) -> Review:
    return Review.objects.get(pk=review.pk)


def again(member: Membership) -> Membership:
    """The membership as another request reads it."""
    return Membership.objects.get(pk=member.pk)


def is_error(result: Any) -> bool:
    return isinstance(result, DomainError)


def team(*extra: Sequence[str]):
    workspace = make_workspace()
    roles = [["author"], ["reviewer"], ["approver"], ["admin"], *extra]
    return [make_member(workspace, *each) for each in roles]


def test_two_reviewers_approve_at_once_and_both_count():
    author, one, _, _, two = team(["reviewer"])
    review = make_review(author)
    shown = standing(fresh(review)).ground
    acts = [lambda by=by: decide(review=review, word="approve", shown=shown, member=by) for by in (one, two)]
    assert not any(map(is_error, at_once(*acts)))
    assert len(standing(fresh(review)).approvals) == 2


def test_one_reviewer_in_two_tabs_has_one_word():
    author, reviewer, *_ = team()
    review = make_review(author)
    shown = standing(fresh(review)).ground

    def say(word: str) -> Decision:
        return decide(review=review, word=word, reason="In this tab.", shown=shown, member=reviewer)

    at_once(*[lambda word=word: say(word) for word in ("approve", "changes") * 3])
    assert review.decisions.filter(superseded=False).count() == 1
    last = review.decisions.get(superseded=False)
    assert fresh(review).status == ("changes" if last.word == "changes" else "open")


def test_an_edit_during_approval_changes_nothing_that_is_approved():
    author, reviewer, approver, _ = team()
    prompt = make_prompt(author)
    review = make_review(author, revision=make_revision(author, prompt))
    shown = standing(fresh(review)).ground

    def edit() -> Any:
        draft = draft_of(prompt)
        content = {**draft.content, "title": "Edited meanwhile"}
        saved = save(draft=draft, version=draft.version, content=content, member=author)
        return create_revision(draft=saved, version=saved.version, message="", member=author)

    edited, approved = at_once(
        edit, lambda: decide(review=review, word="approve", shown=shown, member=reviewer)
    )
    assert not is_error(edited) and not is_error(approved)
    assert approved.revision_digest == review.revision.digest != edited.digest
    release = create_release(review=review, member=approver)
    assert release.revision_id == review.revision_id


def test_bounds_that_move_during_approval_never_leave_a_valid_old_approval():
    author, reviewer, approver, admin = team()
    for turn in range(3):
        review = make_review(author)
        shown = standing(fresh(review)).ground
        highest = ["balanced", "strict", "balanced"][turn]
        bounds = {"behavior.creativity": {"highest": highest}}
        at_once(
            lambda review=review, shown=shown: decide(
                review=review, word="approve", shown=shown, member=reviewer
            ),
            lambda bounds=bounds, turn=turn: set_bounds(
                member=admin, bounds=bounds, reason="Steadier.", version=turn
            ),
        )
        assert standing(fresh(review)).approvals == ()
        with pytest.raises(DomainError):
            create_release(review=review, member=approver)
    assert not Release.objects.exists()


def test_two_releases_of_one_review_make_one():
    author, reviewer, approver, _, other = team(["approver"])
    review = make_review(author)
    make_approval(review, reviewer)
    results = at_once(
        *[lambda by=by: create_release(review=review, member=by) for by in (approver, other, approver)]
    )
    assert sum(not is_error(result) for result in results) == 1
    assert Release.objects.count() == 1
    assert fresh(review).status == "released"


def test_a_reviewer_who_is_removed_meanwhile_is_gone_before_or_after_the_release():
    author, reviewer, approver, admin = team()
    review = make_review(author)
    make_approval(review, reviewer)
    released, removed = at_once(
        lambda: create_release(review=review, member=approver),
        lambda: remove_member(member=again(reviewer), by=admin),
    )
    assert removed is None
    if is_error(released):
        assert "1 approval" in str(released)
        assert not Release.objects.exists()


def test_a_reviewer_removed_before_the_release_counts_no_longer():
    author, reviewer, approver, admin = team()
    review = make_review(author)
    make_approval(review, reviewer)
    remove_member(member=reviewer, by=admin)
    with pytest.raises(DomainError, match="1 approval"):
        create_release(review=review, member=approver)


def test_an_approver_who_lost_the_role_does_not_release():
    author, reviewer, approver, admin = team()
    review = make_review(author)
    make_approval(review, reviewer)
    set_roles(member=again(approver), roles=["viewer"], domains=[], by=admin)
    # The request that is under way still holds the membership as it was read.
    with pytest.raises(DomainError):
        create_release(review=review, member=approver)
    assert not Release.objects.exists()


def test_a_reviewer_who_lost_the_role_does_not_approve_with_an_old_membership():
    author, reviewer, _, admin = team()
    review = make_review(author)
    shown = standing(fresh(review)).ground
    set_roles(member=again(reviewer), roles=["viewer"], domains=[], by=admin)
    with pytest.raises(DomainError):
        decide(review=review, word="approve", shown=shown, member=reviewer)


def test_a_thread_opened_at_the_same_instant_is_before_or_after_the_release():
    author, reviewer, approver, _ = team()
    review = make_review(author)
    make_approval(review, reviewer)
    released, thread = at_once(
        lambda: create_release(review=review, member=approver),
        lambda: open_thread(review=review, text="Wait.", member=reviewer),
    )
    # Exactly one of them came first, and the other saw it.
    assert is_error(released) != is_error(thread)


def test_withdrawn_or_approved_never_both():
    author, reviewer, approver, _ = team()
    review = make_review(author)
    shown = standing(fresh(review)).ground
    at_once(
        lambda: withdraw(review=review, member=author),
        lambda: decide(review=review, word="approve", shown=shown, member=reviewer),
    )
    assert fresh(review).status == "withdrawn"
    with pytest.raises(DomainError):
        create_release(review=review, member=approver)


def test_asking_twice_at_once_makes_one_review():
    author, *_ = team()
    revision = make_revision(author)
    run = make_finished_run(revision)
    results = at_once(
        *[lambda: request_review(revision=revision, runs=[run], member=author) for _ in range(4)]
    )
    assert sum(not is_error(result) for result in results) == 1
    assert [review.number for review in Review.objects.all()] == [1]


def test_numbers_have_no_gap_and_the_audit_holds_after_a_storm():
    author, reviewer, approver, _ = team()
    reviews = [make_review(author) for _ in range(4)]
    grounds = {review.pk: standing(fresh(review)).ground for review in reviews}

    def settle(review: Review) -> Release:
        decide(review=review, word="approve", shown=grounds[review.pk], member=reviewer)
        return create_release(review=review, member=approver)

    results = at_once(*[lambda review=review: settle(review) for review in reviews])
    assert not any(map(is_error, results)), results
    assert Release.objects.count() == 4
    assert verify(Chain.objects.get(name=author.workspace.chain)) is None
