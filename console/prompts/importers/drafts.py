"""Remit's own drafts, as YAML or JSON; a JSON list may hold several."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from console.problems import Invalid
from console.prompts.importers.base import LONGEST, Imported, Read, Skipped
from policies import FormError, parse_draft

TITLE = "a draft"


def recognises(name: str, data: Any) -> bool:
    if isinstance(data, list):
        return bool(data) and all(isinstance(entry, Mapping) and "draft" in entry for entry in data)
    return isinstance(data, Mapping) and ("draft" in data or isinstance(data.get("sections"), list))


def read(name: str, data: Any) -> Iterator[Read]:
    yield from map(_read, data if isinstance(data, list) else [data])


def _read(data: Mapping[str, Any]) -> Read:
    try:
        draft = parse_draft(data)
    except FormError as error:
        raise Invalid(
            f"This looks like a draft, but it can't be read: {error}",
            "Correct it there and import it again, or paste only the text of the prompt.",
        ) from error
    length = sum(len(section.text) for section in draft.sections)
    if length > LONGEST:
        return Skipped(draft.title, f"It is {length:,} characters long; the most that fits is {LONGEST:,}.")
    return Imported(draft.to_dict(), TITLE, draft.title or (draft.slug if "slug" in data else ""))
