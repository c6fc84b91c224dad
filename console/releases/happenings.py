"""What happened to a prompt, each in a sentence that leads to its thing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone

from console.audit.acts import Act
from console.audit.models import Entry
from console.prompts.models import Prompt
from console.prompts.timeline import RevisionEntry
from console.releases.models import Alarm, LabelMove, PlannedMove, Release, Share
from console.reviews.models import Decision, Review
from console.trials.models import Run


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened: ``lead`` is the link to it, ``rest`` says more, ``why`` is what somebody wrote.

    ``move`` is where a label was and where it went; ``entry`` is there for a revision only.
    """

    id: str
    at: datetime
    mark: str  # what the state beside it looks like
    word: str
    lead: str
    address: str
    rest: str = ""
    who: str = ""
    why: str = ""
    label: str = ""
    move: tuple[str, str] | None = None
    also: tuple[tuple[str, str], ...] = ()  # (text, address) of what else it is about
    entry: RevisionEntry | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Addresses of one prompt's things."""

    prompt: Prompt

    def of(self, name: str, *more: object) -> str:
        return reverse(name, args=[self.prompt.workspace.slug, *more])

    def own(self, name: str, *more: object) -> str:
        return self.of(name, self.prompt.slug, *more)

    def release(self, row: Release | None) -> tuple[tuple[str, str], ...]:
        if row is None:
            return ()
        return ((f"release {row.number}", self.own("releases:release", row.number)),)


def revision(entry: RevisionEntry, place: Place) -> Event:
    row = entry.revision
    writers = f"written by {' and '.join(entry.writers)}" if len(entry.writers) > 1 else ""
    parent = row.parent
    origin = f"from r{parent.number}" if parent and parent.number != row.number - 1 else ""
    return Event(
        id=f"r{row.number}",
        at=row.created_at,
        mark="blocked" if row.blocked else "draft",
        word="Blocked" if row.blocked else "Snapshot",
        lead=f"r{row.number}: {row.message}" if row.message else f"r{row.number}",
        address=place.own("prompts:revision", row.number),
        rest=", ".join(part for part in (writers, str(row.pack), origin) if part),
        who=_name(row.created_by),
        entry=entry,
    )


def asked(row: Review, place: Place) -> Event:
    due = f", due {row.due:%-d %b %Y}" if row.due else ""
    return Event(
        id=f"review-{row.number}",
        at=row.requested_at,
        mark="running" if row.is_open else "draft",
        word="Review asked",
        lead=f"Review {row.number} of r{row.revision.number}: {row.title}",
        address=place.of("reviews:review", row.number),
        rest=f"for {row.label}{due}",
        who=_name(row.requested_by),
    )


def over(row: Review, place: Place) -> Event:
    return Event(
        id=f"review-{row.number}-over",
        at=row.closed_at or row.requested_at,
        mark="draft",
        word=row.get_status_display(),
        lead=f"Review {row.number} of r{row.revision.number}",
        address=place.of("reviews:review", row.number),
        rest="a newer one took its place" if row.status == Review.Status.REPLACED else "taken back",
    )


def said(row: Decision, place: Place) -> Event:
    approves = row.word == Decision.Word.APPROVE
    return Event(
        id=f"word-{row.pk}",
        at=row.at,
        mark="ok" if approves else "blocked",
        word="Approved" if approves else "Changes asked",
        lead=f"r{row.review.revision.number}, in review {row.review.number}",
        address=place.of("reviews:review", row.review.number),
        rest=f"under {row.pack}",
        who=_name(row.by),
        why=row.reason,
    )


def stale(row: Decision, place: Place) -> Event:
    return Event(
        id=f"stale-{row.pk}",
        at=row.stale_at or row.at,
        mark="stale",
        word="Approval stale",
        lead=f"{_name(row.by)}’s approval of r{row.review.revision.number}, in review {row.review.number}",
        address=place.of("reviews:review", row.review.number),
        rest=row.stale_because,
    )


def ran(row: Run, place: Place) -> Event:
    subjects = [subject.label for subject in row.subjects.all()]
    reviews = sorted({review.number for review in row.reviews.all() if review.prompt_id == place.prompt.pk})
    complete = row.status == Run.Status.FINISHED
    stand_in = ", the stand-in answered" if row.rehearsal else ""
    return Event(
        id=f"run-{row.number}",
        at=row.finished_at or row.created_at,
        mark="draft" if complete else "stale",
        word="Evidence" if reviews else "Run" if complete else row.get_status_display(),
        lead=f"Run {row.number}: {', '.join(subjects)} on {row.suite_version.suite.title}",
        address=place.of("trials:run", row.number),
        rest=f"{row.model}, {row.samples} sample{'s' * (row.samples > 1)}{stand_in}{_rates(row)}",
        who=_name(row.created_by),
        also=tuple((f"review {number}", place.of("reviews:review", number)) for number in reviews),
    )


def _rates(row: Run) -> str:
    sides = (row.result or {}).get("subjects", ())
    found = [(side["label"], side.get("rates", {}).get("")) for side in sides]
    return "".join(f"; {label} passes {rate['value']:.0%}" for label, rate in found if rate)


def alarmed(row: Alarm, place: Place) -> Event:
    return Event(
        id=f"alarm-{row.pk}",
        at=row.opened_at,
        mark="blocked",
        word="Drift",
        lead="The evidence no longer holds",
        address=place.own("releases:drift"),
        rest=row.sentence,
        also=place.release(row.check_row.release),
    )


def calmed(row: Alarm, place: Place) -> Event:
    return Event(
        id=f"alarm-{row.pk}-closed",
        at=row.closed_at or row.opened_at,
        mark="draft",
        word="Drift settled",
        lead="The alarm was closed",
        address=place.own("releases:drift"),
        who=_name(row.closed_by),
        why=row.reason,
        also=place.release(row.check_row.release),
    )


def released(row: Release, place: Place) -> Event:
    return Event(
        id=f"release-{row.number}",
        at=row.created_at,
        mark="blocked" if row.broken_glass else "ok",
        word="Glass broken" if row.broken_glass else "Released",
        lead=f"Release {row.number} of r{row.revision.number}",
        address=place.own("releases:release", row.number),
        rest="without its approvals" if row.broken_glass else "",
        who=_name(row.created_by),
        also=((f"review {row.review.number}", place.of("reviews:review", row.review.number)),),
    )


def moved(row: LabelMove, place: Place) -> Event:
    back = row.before and row.after and row.after.number < row.before.number
    word = (
        "Retired" if row.after is None else "Rolled back" if back else "Moved" if row.before else "Label made"
    )
    return Event(
        id=f"move-{row.pk}",
        at=row.at,
        mark="stale" if row.after is None or back else "ok",
        word=word,
        lead=row.name,
        address=place.own("releases:release", (row.after or row.before).number),  # type: ignore[union-attr]
        who=_name(row.by),
        why=row.reason,
        label=row.name,
        move=(_release(row.before), _release(row.after) or "retired"),
    )


def planned(row: PlannedMove, place: Place) -> Event:
    return Event(
        id=f"plan-{row.pk}",
        at=row.created_at,
        mark="running" if row.status == PlannedMove.Status.PLANNED else "draft",
        word="Move planned",
        lead=row.name,
        address=place.own("releases:release", row.release.number),
        rest=f"for {_moment(row.at)}",
        who=_name(row.by),
        why=row.reason,
        label=row.name,
        move=(_release(row.before), _release(row.release)),
    )


def unplanned(row: PlannedMove, place: Place) -> Event:
    refused = row.status == PlannedMove.Status.REFUSED
    return Event(
        id=f"plan-{row.pk}-over",
        at=row.settled_at or row.at,
        mark="stale" if refused else "draft",
        word="Move refused" if refused else "Move cancelled",
        lead=row.name,
        address=place.own("releases:release", row.release.number),
        rest=f"planned for {_moment(row.at)}" + (f": {row.outcome}" if row.outcome else ""),
        label=row.name,
        move=(_release(row.before), _release(row.release)),
    )


def shared(row: Share, place: Place) -> Event:
    return Event(
        id=f"share-{row.pk}",
        at=row.at,
        mark="draft" if row.ended_at else "running",
        word="Share",
        lead=f"{row.percent} % of {row.name} gets release {row.release.number}",
        address=place.own("releases:release", row.release.number),
        who=_name(row.by),
        why=row.reason,
    )


def unshared(row: Share, place: Place) -> Event:
    return Event(
        id=f"share-{row.pk}-over",
        at=row.ended_at or row.at,
        mark="draft",
        word="Share over",
        lead=f"{row.percent} % of {row.name} got release {row.release.number}",
        address=place.own("releases:release", row.release.number),
        rest=row.outcome,
        who=_name(row.ended_by),
    )


def protected(row: Entry, place: Place) -> Event:
    on = row.detail["protected"]
    return Event(
        id=f"entry-{row.seq}",
        at=row.at,
        mark="draft",
        word="Protected" if on else "Unprotected",
        lead=row.detail["label"],
        address=place.own("releases:list"),
        rest="only an approver moves it" if on else "authors may move it too",
        who=row.actor_name,
        label=row.detail["label"],
    )


def acted(row: Entry, place: Place) -> Event:
    """The prompt itself and its proposals, as the audit has them."""
    word, lead, address = _acted(row, place)
    return Event(
        id=f"entry-{row.seq}",
        at=row.at,
        mark="draft",
        word=word,
        lead=lead,
        address=address,
        who=row.actor_name,
    )


def _acted(row: Entry, place: Place) -> tuple[str, str, str]:
    here, name = place.own("prompts:compose"), row.detail.get("name", "")
    proposal = place.own("prompts:proposal-compose", name) if name else place.own("prompts:proposals")
    match row.act:
        case Act.PROMPT_CREATED:
            return "Made", row.subject_name, here
        case Act.PROMPT_IMPORTED:
            return "Imported", f"{row.subject_name}, from {row.detail.get('form', 'a file')}", here
        case Act.PROMPT_ARCHIVED:
            return "Archived" if row.detail.get("archived") else "Brought back", row.subject_name, here
        case Act.DRAFT_MERGED:
            return "Merged", f"Proposal {name}, as version {row.detail.get('version')} of the draft", proposal
        case Act.DRAFT_CLOSED:
            return "Closed", f"Proposal {name}", proposal
    return "Proposed", f"Proposal {name}", proposal


def _name(user: Any) -> str:
    return str(user.shown_name) if user else ""


def _release(row: Release | None) -> str:
    return str(row.number) if row else ""


def _moment(at: datetime) -> str:
    return f"{timezone.localtime(at):%-d %b %Y, %H:%M}"
