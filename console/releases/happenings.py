"""What happened to a prompt besides its labels, each in a sentence that leads to its thing."""

from __future__ import annotations

from console.audit.acts import Act
from console.audit.models import Entry
from console.prompts.timeline import RevisionEntry
from console.releases.event import Event, Place, name_of
from console.releases.models import Alarm, Release
from console.reviews.models import Decision, Review
from console.trials.models import Run


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
        who=name_of(row.created_by),
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
        who=name_of(row.requested_by),
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
        who=name_of(row.by),
        why=row.reason,
    )


def stale(row: Decision, place: Place) -> Event:
    return Event(
        id=f"stale-{row.pk}",
        at=row.stale_at or row.at,
        mark="stale",
        word="Approval stale",
        lead=f"{name_of(row.by)}’s approval of r{row.review.revision.number}, in review {row.review.number}",
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
        who=name_of(row.created_by),
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
        who=name_of(row.closed_by),
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
        who=name_of(row.created_by),
        also=((f"review {row.review.number}", place.of("reviews:review", row.review.number)),),
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
