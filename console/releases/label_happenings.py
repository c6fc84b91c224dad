"""What happened to a prompt's labels, each in a sentence that leads to its thing."""

from __future__ import annotations

from console.audit.models import Entry
from console.releases.event import Event, Place, in_words, name_of, number_of
from console.releases.models import LabelMove, PlannedMove, Share


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
        who=name_of(row.by),
        why=row.reason,
        label=row.name,
        move=(number_of(row.before), number_of(row.after) or "retired"),
    )


def planned(row: PlannedMove, place: Place) -> Event:
    return Event(
        id=f"plan-{row.pk}",
        at=row.created_at,
        mark="running" if row.status == PlannedMove.Status.PLANNED else "draft",
        word="Move planned",
        lead=row.name,
        address=place.own("releases:release", row.release.number),
        rest=f"for {in_words(row.at)}",
        who=name_of(row.by),
        why=row.reason,
        label=row.name,
        move=(number_of(row.before), number_of(row.release)),
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
        rest=f"planned for {in_words(row.at)}" + (f": {row.outcome}" if row.outcome else ""),
        label=row.name,
        move=(number_of(row.before), number_of(row.release)),
    )


def shared(row: Share, place: Place) -> Event:
    return Event(
        id=f"share-{row.pk}",
        at=row.at,
        mark="draft" if row.ended_at else "running",
        word="Share",
        lead=f"{row.percent} % of {row.name} gets release {row.release.number}",
        address=place.own("releases:release", row.release.number),
        who=name_of(row.by),
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
        who=name_of(row.ended_by),
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
