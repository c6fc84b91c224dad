"""Days and hours in what people write."""

from __future__ import annotations

import re
from datetime import date

MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
MONTH = rf"({'|'.join(MONTHS)})[a-z]*"
WRITTEN = re.compile(
    rf"\b(?P<iso>\d{{4}}-\d{{2}}-\d{{2}})\b"
    rf"|\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<month>{MONTH})\.?(?: (?P<year>\d{{4}}))?"
    rf"|\b(?P<ordinal>\d{{1,2}})(?:st|nd|rd|th)\b",
    re.I,
)


def dates_in(text: str) -> list[date]:
    """The days named in a text, in order; one without month or year is of the month or year named before."""
    found: list[date] = []
    year, month = None, None
    for match in WRITTEN.finditer(text):
        if match["iso"]:
            made = _date(*(int(part) for part in match["iso"].split("-")))
        else:
            year = int(match["year"]) if match["year"] else year
            month = MONTHS[match["month"][:3].lower()] if match["month"] else month
            made = _date(year, month, int(match["day"] or match["ordinal"]))
        if made:
            year, month = made.year, made.month
            found.append(made)
    return found


def _date(year: int | None, month: int | None, day: int) -> date | None:
    try:
        return date(year, month, day) if year and month else None
    except ValueError:
        return None


def hours_in(text: str) -> set[tuple[int, int]]:
    """The times of day in a text: 9.20, 09:20, 14h05."""
    return {(int(h), int(m)) for h, m in re.findall(r"\b([01]?\d|2[0-3])[.:h]([0-5]\d)\b", text)}
