"""What needs this member: read from several apps for one page, in a constant number of statements."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from console.accounts.models import Membership
from console.audit.models import Entry
from console.prompts.models import PRODUCTION, Draft, Prompt
from console.prompts.moved_snippets import Behind, live_behind
from console.prompts.pages import prompts_of
from console.releases import drift_page
from console.releases.models import Label
from console.reviews import queue
from console.reviews.models import Decision, Review
from console.trials.models import Run

FEW = 6  # prompts at the side of what needs somebody
MOST = 12  # of each kind: home is a list to work off, not an archive


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the triage: ``state`` is the mark's word and look, ``why`` says why it is here."""

    word: str
    state: str
    title: str
    why: str
    url_name: str
    argument: str | int
    at: datetime


def to_decide(waiting: list[queue.Entry]) -> tuple[list[Item], list[Item]]:
    """Of the open reviews those that wait for this member's word, and those that wait for nothing but a release that the
    member may make, in the order of the review queue: who has waited longest comes first.
    """
    return (
        [_decision(entry) for entry in waiting if entry.waits and not entry.to_release],
        [_release(entry) for entry in waiting if entry.to_release],
    )


def _decision(entry: queue.Entry) -> Item:
    review = entry.review
    asks = f"{review.requested_by.shown_name} asks to approve it for {review.label}."
    until = f" Due {review.due:%-d %B}{', overdue' if entry.overdue else ''}." if review.due else ""
    again = " What was said of it before is stale: something changed since." if entry.stale else ""
    return Item(
        entry.word if entry.stale else "Review",
        entry.state,
        f"{review.prompt.title}: {review.title}, r{review.revision.number}",
        asks + until + again,
        "reviews:review",
        review.number,
        review.requested_at,
    )


def _release(entry: queue.Entry) -> Item:
    review = entry.review
    names = ", ".join(word.by.shown_name for word in entry.approvals)
    until = f" Due {review.due:%-d %B}{', overdue' if entry.overdue else ''}." if review.due else ""
    return Item(
        entry.word,
        entry.state,
        f"{review.prompt.title}: {review.title}, r{review.revision.number}",
        f"Approved by {names}; it waits to be released as {review.label}.{until}",
        "releases:create",
        review.number,
        review.ready_since or review.requested_at,
    )


def to_fix(member: Membership, waiting: list[queue.Entry]) -> list[Item]:
    """Evidence that no longer holds, releases behind their snippets, blocked drafts, asked changes on prompts that this member works on, and own reviews
    whose snippets changed.
    """
    reopened = [_reopened(entry) for entry in waiting if entry.mine and entry.reopened]
    found = [
        *_drifted(member),
        *_behind(member),
        *_blocked(member),
        *_changes_asked(member),
        *reopened[:MOST],
    ]
    return sorted(found, key=lambda item: item.at, reverse=True)


def _reopened(entry: queue.Entry) -> Item:
    review = entry.review
    return Item(
        entry.word,
        entry.state,
        f"{review.prompt.title}, review {review.number}: a snippet that it includes changed",
        "What was approved no longer counts. Read the difference, snapshot the draft again, and ask anew.",
        "reviews:review",
        review.number,
        review.requested_at,
    )


def _drifted(member: Membership) -> list[Item]:
    """Open alarms; where nothing is known of a watched release any more, that too."""
    alarms = [
        Item(
            "Drift",
            "blocked",
            f"{alarm.watch.prompt.title}, {alarm.watch.name}: the evidence no longer holds",
            alarm.sentence,
            "releases:drift",
            alarm.watch.prompt.slug,
            alarm.opened_at,
        )
        for alarm in drift_page.open_alarms(member)[:MOST]
    ]
    alarmed = {item.argument for item in alarms}
    return alarms + [
        Item(
            "Stale",
            "stale",
            f"{watch.prompt.title}, {watch.name}: nobody knows whether the evidence still holds",
            "No re-run brought a result for two schedules.",
            "releases:drift",
            watch.prompt.slug,
            watch.created_at,
        )
        for watch in drift_page.stale_watches(member)[:MOST]
        if watch.prompt.slug not in alarmed
    ]


def _behind(member: Membership) -> list[Item]:
    """What is out with snippets that moved on."""
    return [
        Item(
            "Snippet moved",
            "stale",
            f"{one.prompt.title}, {one.label}: {_named(one)} moved on since release {one.release}",
            "What is out stays as it was approved. Read the difference, and take it up.",
            "prompts:compose",
            one.prompt.slug,
            one.since,
        )
        for one in live_behind(member.workspace)[:MOST]
    ]


def _named(one: Behind) -> str:
    first, *more = one.moved
    return f"{len(more) + 1} snippets" if more else f"the snippet {first.slug}"


def _blocked(member: Membership) -> list[Item]:
    drafts = Draft.objects.filter(
        prompt__workspace=member.workspace_id, prompt__archived=False, name="main", blocks__gt=0
    ).select_related("prompt", "updated_by")
    return [
        Item(
            "Blocked",
            "blocked",
            f"{draft.prompt.title}: {_counted(draft.blocks)} the draft",
            f"Last edited by {draft.updated_by.shown_name}." if draft.updated_by else "",
            "prompts:compose",
            draft.prompt.slug,
            draft.updated_at,
        )
        for draft in drafts.order_by("-updated_at")[:MOST]
    ]


def _counted(blocks: int) -> str:
    return "one finding blocks" if blocks == 1 else f"{blocks} findings block"


def _changes_asked(member: Membership) -> list[Item]:
    reason = (
        Decision.objects.filter(review=OuterRef("pk"), word=Decision.Word.CHANGES, superseded=False)
        .order_by("-at")
        .values("reason")[:1]
    )
    asked = (
        _reviews(member)
        .filter(Q(requested_by=member.user) | Q(revision__editors__contains=[member.user_id]))
        .filter(status=Review.Status.CHANGES)
        .annotate(asked_reason=Subquery(reason))
    )
    return [
        Item(
            "Changes",
            "draft",
            f"{review.prompt.title}, review {review.number}: changes are asked for",
            f"“{review.asked_reason}”" if review.asked_reason else "No reason was given.",
            "reviews:review",
            review.number,
            review.requested_at,
        )
        for review in asked[:MOST]
    ]


def _reviews(member: Membership) -> QuerySet[Review]:
    return Review.objects.filter(workspace=member.workspace_id).select_related(
        "prompt", "revision", "requested_by"
    )


def worked_on(member: Membership) -> QuerySet[Prompt]:
    """The prompts that were edited last, each with its newest finished comparison, so that nobody starts from nothing."""
    drafts = Draft.objects.filter(prompt=OuterRef("pk"), name="main").order_by("-updated_at")
    runs = Run.objects.filter(prompt=OuterRef("pk"), status=Run.Status.FINISHED).order_by("-number")
    return (
        prompts_of(member)
        .filter(archived=False)
        .annotate(
            edited_at=Subquery(drafts.values("updated_at")[:1]), last_run=Subquery(runs.values("number")[:1])
        )
        .order_by(F("edited_at").desc(nulls_last=True), "pk")[:FEW]
    )


def running(member: Membership) -> QuerySet[Run]:
    """Runs under way, with how far they are."""
    done = Count("conversations", filter=Q(conversations__status__in=["finished", "error", "cancelled"]))
    return (
        Run.objects.filter(workspace=member.workspace_id, status__in=Run.OPEN)
        .select_related("prompt")
        .annotate(done=done)[:MOST]
    )


def in_production(member: Membership) -> QuerySet[Label]:
    """What runs in production, and whether a newer revision exists."""
    return (
        Label.objects.filter(prompt__workspace=member.workspace_id, name=PRODUCTION, prompt__archived=False)
        .select_related("prompt", "release__revision")
        .order_by("prompt__title")
        .annotate(revision_number=F("release__revision__number"))[:50]
    )


def today(member: Membership) -> QuerySet[Entry]:
    """The last acts in the workspace, for those who may see who works on what: every member."""
    since = timezone.now() - timedelta(days=1)
    return Entry.objects.filter(chain__name=member.workspace.chain, at__gte=since).order_by("-seq")[:8]


def jump_targets(member: Membership, query: str) -> dict[str, list[object]]:
    """Prompts, runs and reviews that a few typed letters or a number lead to."""
    words = query.split()
    prompts = Prompt.objects.filter(workspace=member.workspace_id, archived=False)
    for word in words:
        prompts = prompts.filter(
            Q(title__icontains=word) | Q(slug__icontains=word) | Q(tags__contains=[word.lower()])
        )
    number = next((int(word) for word in words if word.isdecimal() and len(word) < 9), None)
    runs = Run.objects.filter(workspace=member.workspace_id).select_related("prompt")
    reviews = Review.objects.filter(workspace=member.workspace_id).select_related("prompt")
    if words:
        by_words = Q(number=number) if number is not None else Q(prompt__title__icontains=query)
        runs, reviews = runs.filter(by_words), reviews.filter(by_words)
    return {"prompts": list(prompts[:8]), "runs": list(runs[:4]), "reviews": list(reviews[:4])}
