"""Existing prompts in whatever form they are kept, read into drafts. One module a tool, told apart by ``recognises``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import islice
from pathlib import PurePosixPath

from console.problems import Invalid
from console.prompts.importers import (
    agenta,
    drafts,
    humanloop,
    langfuse,
    messages_api,
    openai,
    promptfoo,
    text,
)
from console.prompts.importers.base import (
    LONGEST,
    MOST_PROMPTS,
    Imported,
    Left,
    Read,
    Reader,
    Skipped,
    check_length,
)
from console.prompts.importers.building import one_line
from console.prompts.importers.sources import begins_as_json, decode, structured, too_large

__all__ = [
    "LONGEST",
    "MOST_PROMPTS",
    "READERS",
    "Imported",
    "Left",
    "Read",
    "Reader",
    "Skipped",
    "check_length",
    "decode",
    "read_prompts",
    "too_large",
]

# The first that recognises a file reads it; what is told by few signs stands behind what is told by many.
READERS: tuple[Reader, ...] = (
    drafts,
    langfuse,
    agenta,
    promptfoo,
    humanloop,
    messages_api,
    openai,
    text,
)


def read_prompts(source: str | bytes, *, name: str = "") -> tuple[Read, ...]:
    """Every prompt of a paste or of a file called ``name``, in its order, at least one of them an Imported with a name.

    Raises Invalid with one sentence that says what is wrong and where.
    """
    words = decode(source)
    if not words.strip():
        raise Invalid("There is nothing in it.", "Paste the text of a prompt, or choose another file.")
    found = list(islice(_read(name, words), MOST_PROMPTS + 1))
    if len(found) > MOST_PROMPTS:
        raise Invalid(
            f"It holds more than {MOST_PROMPTS:,} prompts, the most that is read at once.", "Split the file."
        )
    if not any(isinstance(entry, Imported) for entry in found):
        raise Invalid(_nothing(found), "Choose a file with the words of a prompt, or paste them.")
    return _named(found, _stem(name))


def _read(name: str, words: str) -> Iterable[Read]:
    data, problem = structured(name, words)
    for held in (data, words):
        reader = next((r for r in READERS if held is not None and r.recognises(name, held)), None)
        if reader is not None and reader is not text:
            return reader.read(name, held)
    if isinstance(data, dict) and name.lower().endswith((".yaml", ".yml")):
        return drafts.read(name, data)  # what is missing of a draft is said
    check_length(len(words))
    return (_noted(entry, words, problem) for entry in text.read(name, words))


def _noted(entry: Read, words: str, problem: str) -> Read:
    """Text that looks like data is said to be taken as text, and why."""
    if not isinstance(entry, Imported) or not (problem or begins_as_json(words)):
        return entry
    note = "It is neither a draft nor a form of another tool that is known here, so its text was taken as it stands."
    return replace(entry, notes=(*entry.notes, note, *([problem] if problem else [])))


def _named(found: list[Read], stem: str) -> tuple[Read, ...]:
    """Each with a name: its own, else its title, else the file's, numbered where there are several."""
    several = sum(isinstance(entry, Imported) for entry in found) > 1
    named: list[Read] = []
    for number, entry in enumerate(found, 1):
        fallback = f"{stem} {number}" if several else stem
        if isinstance(entry, Imported):
            named.append(replace(entry, name=entry.name or entry.content.get("title", "") or fallback))
        else:
            named.append(replace(entry, name=one_line(entry.name) or fallback))
    return tuple(named)


def _nothing(found: list[Read]) -> str:
    """Why no entry could be taken: what the first says, and who else it is said of."""
    first = next((entry for entry in found if isinstance(entry, Skipped)), None)
    if first is None:
        return "It holds no prompt."
    names = [
        entry.name for entry in found if isinstance(entry, Skipped) and entry.why == first.why and entry.name
    ]
    shown = ", ".join(one_line(name)[:80] for name in names[:3]) + (" and more" if len(names) > 3 else "")
    return f"{shown}: {first.why}" if shown else first.why


def _stem(name: str) -> str:
    """What the file is called, without its folders and its ending."""
    return one_line(PurePosixPath(name.replace("\\", "/")).stem) or "Imported prompt"
