"""Reviews: asked for, decided, withdrawn. Every write looks at the whole review again inside its transaction."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from console.accounts.models import Membership, Workspace
from console.accounts.permissions import Action, require
from console.audit.acts import Act
from console.audit.services import Subject, record
from console.governance.services import governance_of
from console.live import publish
from console.problems import DomainError, Invalid, NotAllowed
from console.prompts.models import PRODUCTION, Revision
from console.prompts.snippets import led_elsewhere
from console.queue import wake
from console.reviews.authors import authors_of
from console.reviews.checklist import why_of_judge
from console.reviews.evidence import evidence_for
from console.reviews.ground import Drift, Ground, drift
from console.reviews.models import Decision, Review
from console.reviews.readiness import note_ready
from console.reviews.standing import Change, Standing, change_of, current_target, standing
from console.reviews.telling import tell_asked, tell_decided
from console.reviews.texts import checked_text
from console.reviews.voices import refusal
from console.trials.models import Run
from policies import Severity

LOOK = "reviews.look"
_LABEL = re.compile(r"[a-z][a-z0-9-]{0,39}")


class AskedAlready(DomainError):
    """The revision is under review for this label; ``review`` is that one."""

    def __init__(self, review: Review) -> None:
        super().__init__(
            f"Review {review.number} asks to approve r{review.revision.number} for {review.label} already.",
            "Go on there.",
        )
        self.review = review


class Moved(DomainError):
    """What the form showed is not what stands now; ``drift`` says every difference."""

    def __init__(self, drift: tuple[Drift, ...]) -> None:
        said = " ".join(difference.sentence for difference in drift)
        super().__init__(f"The review changed since you opened it: {said}", "Read it again, then decide.")
        self.drift = drift


class Closed(DomainError):
    """The review was withdrawn, replaced or released."""


def topic(review: Review) -> str:
    """The live topic that says ``changed`` of a review."""
    return f"review:{review.pk}"


@transaction.atomic
def request_review(
    *,
    revision: Revision,
    runs: Iterable[Run] = (),
    message: str = "",
    member: Membership,
    title: str = "",
    label: str = PRODUCTION,
    due: date | None = None,
    named: bool = False,
) -> Review:
    """Ask to approve a revision for a label, with ``runs`` as evidence.

    ``named``: the caller names of whom it is asked (see ``assigning``), so that not everybody is told.

    Reviews of earlier revisions for the same label to which changes were asked for, or whose snippets changed, are replaced. Raises NotAllowed,
    Invalid (the revision is blocked under the policy in force, compiles to other words or was not judged; a run does
    not count; the label has not the form), AskedAlready, DomainError (the label points to it already).
    """
    require(member, Action.REQUEST_REVIEW, revision.prompt)
    workspace = Workspace.objects.select_for_update(no_key=True).get(pk=member.workspace_id)
    against = _checked_target(revision, label)
    _refuse_unusable(change_of(revision, against, workspace))
    chosen = _checked_runs(revision, workspace, runs)
    review = Review.objects.create(
        workspace=workspace,
        number=(workspace.reviews.aggregate(last=Max("number"))["last"] or 0) + 1,
        prompt=revision.prompt,
        revision=revision,
        against=against,
        title=(title.strip() or revision.message or f"r{revision.number}")[:200],
        message=checked_text(message),
        label=label,
        due=due,
        requested_by=member.user,
    )
    review.runs.set(chosen)
    _replace_earlier(review, member)
    if not named:
        tell_asked(review, None, member)
    _record(
        review,
        Act.REVIEW_REQUESTED,
        member,
        {"revision": revision.digest, "label": label, "runs": sorted(run.number for run in chosen)},
    )
    return review


def _checked_target(revision: Revision, label: str) -> Revision | None:
    if not _LABEL.fullmatch(label):
        raise Invalid(
            f"{label[:60]!r} is not a label.", "A lower-case letter, then letters, digits and -, at most 40."
        )
    asked = Review.objects.filter(revision=revision, label=label, status__in=Review.UNDECIDED).first()
    if asked:
        raise AskedAlready(asked)
    against = current_target(revision.prompt, label)
    if against and against.pk == revision.pk:
        raise DomainError(f"{label} points to r{revision.number} already.", "There is nothing to approve.")
    return against


def _refuse_unusable(change: Change) -> None:
    """Blocked, or not what the policy in force makes of it: neither can ever be approved as it is."""
    number, pack = change.revision.number, change.governance.pack.ref
    blocking = [f for f in change.checked.verdict.findings if f.severity is Severity.BLOCK]
    if blocking:
        count = f"{len(blocking)} finding{'s' * (len(blocking) > 1)}"
        raise Invalid(
            f"r{number} is blocked by {count} under {pack}: {blocking[0].message}",
            "Correct the draft and snapshot it; a blocked revision cannot be reviewed.",
        )
    if change.judged.required and change.judged.state != "done":
        raise Invalid(
            f"r{number} cannot be reviewed before the judge has read it: {why_of_judge(change.judged)}.",
            "Ask again when it is done; an admin can switch the judge off.",
        )
    if not change.same_bytes and change.reopened:
        raise Invalid(
            f"A snippet that r{number} includes changed since it was frozen: it compiles to other words now.",
            "Snapshot it again, and test that revision.",
        )
    if not change.same_bytes:
        raise Invalid(
            f"r{number} was frozen under {change.revision.pack}; under {pack} it compiles to other words.",
            "Snapshot it again, and test that revision.",
        )


def _checked_runs(revision: Revision, workspace: Workspace, runs: Iterable[Run]) -> list[Run]:
    """The runs, when every one of them speaks for the revision."""
    wanted = {run.pk: run for run in runs}
    known = {
        item.run.pk: item for item in evidence_for(revision, workspace, governance_of(workspace), wanted)
    }
    for pk, run in wanted.items():
        item = known.get(pk)
        if item is None:
            raise Invalid(
                f"Run {run.number} did not test r{revision.number}.", "Choose runs of this revision."
            )
        if item.excluded:
            raise Invalid(
                f"Run {run.number} is no evidence: {item.excluded}.", "Choose others, or leave it out."
            )
    return list(wanted.values())


def _replace_earlier(review: Review, member: Membership) -> None:
    """A new revision answers the changes that were asked for, and snippets that changed: what asked for the old one is
    over.
    """
    earlier = list(
        Review.objects.select_for_update(no_key=True, of=("self",))
        .select_related("revision")
        .filter(
            prompt=review.prompt, label=review.label, status__in=Review.UNDECIDED, number__lt=review.number
        )
    )
    moved = led_elsewhere(review.workspace, [old.revision for old in earlier])
    for old in earlier:
        if old.status != Review.Status.CHANGES and old.revision_id not in moved:
            continue
        close(old, Review.Status.REPLACED)
        _record(old, Act.REVIEW_WITHDRAWN, member, {"replaced_by": review.number})


def decide(*, review: Review, word: str, reason: str = "", shown: Ground, member: Membership) -> Decision:
    """Approve, or ask for changes. ``shown`` is the ground that the member's page showed.

    The member's earlier word is superseded. Raises NotAllowed (not a reviewer for this domain; own work), Closed, Moved
    (409: something changed since the page was opened), Invalid (no reason for asked changes), DomainError (an approval
    while something other than people's approvals is missing).
    """
    if word not in Decision.Word.values:
        raise Invalid("A decision is to approve or to ask for changes.")
    asked = word == Decision.Word.CHANGES
    reason = checked_text(
        reason, missing="Say what has to change: the author works from it." if asked else ""
    )
    with transaction.atomic():
        locked, member = _locked(review, member)
        _refuse_person(locked, member)
        now = standing(locked)
        if changed := drift(shown, now.ground):
            raise Moved(changed)
        if word == Decision.Word.APPROVE:
            _refuse_unready(now)
        decision = _say(now, word, reason, member)
        _settle(locked)
        note_ready(locked)
        act = Act.REVIEW_APPROVED if word == Decision.Word.APPROVE else Act.REVIEW_CHANGES_ASKED
        _record(locked, act, member, asdict(now.ground))
        tell_decided(decision, member)
    review.status = locked.status
    return decision


def _refuse_person(review: Review, member: Membership) -> None:
    require(member, Action.DECIDE)
    if why := refusal(member, review, authors_of(review)):
        raise NotAllowed(why, "Somebody else has to decide.")


def _refuse_unready(now: Standing) -> None:
    if missing := now.in_the_way:
        first = f"{missing[0].sentence} ({missing[0].because})" if missing[0].because else missing[0].sentence
        more = f" And {len(missing) - 1} more." if len(missing) > 1 else ""
        raise DomainError(
            f"r{now.review.revision.number} cannot be approved yet. Missing: {first}.{more}",
            "The check list says what each of them takes.",
        )


def _say(now: Standing, word: str, reason: str, member: Membership) -> Decision:
    now.review.decisions.filter(by=member.user, superseded=False).update(superseded=True)
    return Decision.objects.create(
        review=now.review,
        by=member.user,
        word=word,
        reason=reason,
        revision_digest=now.ground.revision,
        against_digest=now.ground.against,
        pack=now.change.governance.pack.ref,
        pack_digest=now.ground.pack,
        bounds_version=now.ground.bounds,
        evidence_digest=now.ground.evidence,
    )


def _settle(review: Review) -> None:
    """The status says whether somebody's request for changes stands."""
    asked = review.decisions.filter(superseded=False, word=Decision.Word.CHANGES).exists()
    review.status = Review.Status.CHANGES if asked else Review.Status.OPEN
    review.save(update_fields=["status"])


@transaction.atomic
def withdraw(*, review: Review, member: Membership) -> Review:
    """Take the request back. Raises NotAllowed, Closed."""
    locked, member = _locked(review, member)
    require(member, Action.REQUEST_REVIEW, locked)
    close(locked, Review.Status.WITHDRAWN)
    _record(locked, Act.REVIEW_WITHDRAWN, member, {})
    return locked


@transaction.atomic
def set_evidence(*, review: Review, runs: Iterable[Run], member: Membership) -> Review:
    """Name other runs. What was approved on the old ones is stale from then on. Raises NotAllowed, Closed, Invalid."""
    locked, member = _locked(review, member)
    require(member, Action.COMMENT, locked)
    chosen = _checked_runs(locked.revision, locked.workspace, runs)
    locked.runs.set(chosen)
    note_ready(locked)
    _record(locked, Act.REVIEW_EVIDENCE_CHANGED, member, {"runs": sorted(run.number for run in chosen)})
    return locked


def _locked(review: Review, member: Membership) -> tuple[Review, Membership]:
    """The review and the membership as they are now, held until the transaction ends, so that neither is old news."""
    locked = lock(review)
    try:
        return locked, Membership.objects.select_for_update(no_key=True, of=("self",)).select_related(
            "user", "workspace"
        ).get(pk=member.pk)
    except Membership.DoesNotExist:
        raise NotAllowed("You are no longer a member of this workspace.") from None


def lock(review: Review) -> Review:
    """The open review's row, locked. Raises Closed."""
    locked = (
        Review.objects.select_for_update(no_key=True, of=("self",))
        .select_related("workspace", "prompt", "revision", "requested_by")
        .get(pk=review.pk)
    )
    if not locked.is_open:
        raise Closed(
            f"Review {locked.number} is over: {locked.get_status_display().lower()}.",
            "Ask for a new review to go on.",
        )
    return locked


def close(review: Review, status: Review.Status) -> None:
    """End a locked review; what its label points to at this moment becomes the record of what it was held against."""
    review.against = current_target(review.prompt, review.label)
    review.status, review.closed_at = status, timezone.now()
    review.save(update_fields=["status", "closed_at", "against"])
    publish(topic(review))


def _record(review: Review, act: Act, member: Membership, detail: dict[str, object]) -> None:
    record(
        chain=member.workspace.chain,
        actor=member.actor,
        act=act,
        subject=Subject("review", str(review.pk), f"review {review.number}"),
        detail=detail,
    )
    publish(topic(review))
    wake(LOOK, review.pk)
