"""The entries of a chain that somebody asks for, and how they leave: as CSV for a table, as JSON lines for a program."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from io import StringIO
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.utils import timezone

from console.audit.models import Entry
from console.problems import Invalid

FORMATS = {"csv": "text/csv", "jsonl": "application/jsonl"}
COLUMNS = ("seq", "at", "actor_kind", "actor", "act", "subject_kind", "subject", "detail", "prev", "hash")


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entries: by act, by who did it, by what it was done to, and from one day to another, both included."""

    act: str = ""
    who: str = ""
    what: str = ""
    since: date | None = None
    until: date | None = None

    @classmethod
    def of(cls, asked: Mapping[str, str]) -> Filter:
        """What a form or an address asks for. Raises Invalid where a day is none."""
        words = {name: asked.get(name, "").strip()[:100] for name in ("act", "who", "what")}
        return cls(**words, since=_day(asked.get("since", "")), until=_day(asked.get("until", "")))

    def entries(self, chain: str) -> QuerySet[Entry]:
        """Newest first."""
        found = Entry.objects.filter(chain__name=chain).select_related("chain")
        if self.act:
            found = found.filter(act=self.act)
        if self.who:
            found = found.filter(actor_name__icontains=self.who)
        if self.what:
            found = found.filter(Q(subject_name__icontains=self.what) | Q(subject_kind=self.what))
        if self.since:
            found = found.filter(at__gte=_midnight(self.since))
        if self.until:
            found = found.filter(at__lt=_midnight(self.until + timedelta(days=1)))
        return found

    @property
    def as_dict(self) -> dict[str, str]:
        form = {"act": self.act, "who": self.who, "what": self.what}
        days = {"since": self.since, "until": self.until}
        return {k: v for k, v in form.items() if v} | {k: v.isoformat() for k, v in days.items() if v}

    @property
    def query(self) -> str:
        return urlencode(self.as_dict)


def lines(entries: QuerySet[Entry], format: str) -> Iterator[str]:
    """The file, piece by piece, however long it is."""
    rows = (_row(entry) for entry in entries.iterator(chunk_size=1000))
    return _csv(rows) if format == "csv" else (f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)


def _row(entry: Entry) -> dict[str, Any]:
    return {
        "seq": entry.seq,
        "at": entry.at.isoformat(),
        "actor_kind": entry.actor_kind,
        "actor": entry.actor_name,
        "act": entry.act,
        "subject_kind": entry.subject_kind,
        "subject": entry.subject_name,
        "detail": entry.detail,
        "prev": entry.prev,
        "hash": entry.hash,
    }


def _csv(rows: Iterator[dict[str, Any]]) -> Iterator[str]:
    buffer = StringIO()
    writer = csv.writer(buffer)
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([_cell(row[name]) for name in COLUMNS])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue()


def _cell(value: Any) -> str:
    """A value that no spreadsheet takes for a formula."""
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid(f"“{text[:20]}” is no day.", "Write it as 2026-12-31.") from None


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
