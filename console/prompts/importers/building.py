"""From what a reader found to a draft: variables, sections, examples, model, parameters and tools, and what stays behind."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from console.prompts.importers.base import LONGEST, Imported, Left, Read, Skipped
from console.prompts.importers.chat import Chat, examples_text, read_chat
from console.prompts.importers.parameters import read_parameters
from console.prompts.importers.templates import Syntax, convert
from console.prompts.splitting import How, sections, split

_TAKEN_AS: dict[How, str] = {
    "tags": "text with tags, split at them",
    "headings": "text with headings, split at them",
    "whole": "plain text, one section",
}
_SPLIT: dict[How, str] = {
    "tags": "split at its tags",
    "headings": "split at its headings",
    "whole": "one section",
}
_MOST_VARIABLES = 200
_NOTHING = "It holds no words of a prompt."


def build(
    form: str,
    *,
    name: str = "",
    system: str = "",
    messages: Iterable[Any] = (),
    syntax: Syntax = "plain",
    config: Mapping[str, Any] | None = None,
    own: Collection[str] = (),
    left: Iterable[Left] = (),
    notes: Iterable[str] = (),
    **fields: Any,
) -> Read:
    """The prompt of these words. ``config`` holds model, parameters and tools; of its keys, the reader used ``own`` itself.

    Where neither ``system`` nor a system message says anything, the user's first words are the prompt. ``fields`` are
    further ones of the draft, such as ``tags``.
    """
    name = one_line(name)
    chat = read_chat(messages)
    said = list(notes)
    text = "\n\n".join(part for part in (system, *chat.system) if part.strip()) or _opening(chat, said)
    answers = examples_text(chat.examples)
    if not text.strip():
        return Skipped(name, _NOTHING)
    if len(text) + len(answers) > LONGEST:
        return Skipped(
            name, f"It is {len(text) + len(answers):,} characters long; the most that fits is {LONGEST:,}."
        )
    content, how = _content(text, answers, syntax, said)
    settings, behind = read_parameters(config or {}, own)
    if title := name or title_of(text):
        content["title"] = title
    taken = f"{form}, {_SPLIT[how]}" if form else _TAKEN_AS[how]
    return Imported(
        content | settings | {key: value for key, value in fields.items() if value},
        taken,
        name,
        tuple(said),
        (*_conversation(chat), *left, *behind),
    )


def _opening(chat: Chat, notes: list[str]) -> str:
    text, chat.opening = "\n\n".join(chat.opening), []
    if text.strip():
        notes.append("There is no system message, so the user's message was taken as the prompt.")
    return text


def _conversation(chat: Chat) -> list[Left]:
    count = len(chat.opening)
    if not count:
        return chat.left
    what = f"{count} message{'s' * (count > 1)} of the user"
    return [Left(what, "your application sends the conversation"), *chat.left]


def _content(text: str, answers: str, syntax: Syntax, notes: list[str]) -> tuple[dict[str, Any], How]:
    converted = convert(text, syntax)
    how, parts = split(converted.text)
    made = sections(parts)
    variables = dict(converted.variables)
    notes += converted.notes
    if answers:
        shown = convert(answers, syntax)
        taken = {section["id"] for section in made}
        id = next(id for id in ("examples", "example-turns", "imported-examples") if id not in taken)
        made.append({"id": id, "kind": "examples", "text": shown.text})
        variables = shown.variables | variables
        notes.append("Answered messages became a section of examples.")
    content: dict[str, Any] = {"draft": 1, "sections": made}
    if variables:
        content["variables"] = dict(sorted(variables.items())[:_MOST_VARIABLES])
        if more := len(variables) - len(content["variables"]):
            notes.append(f"{more} more variables stay text: a draft has at most {_MOST_VARIABLES}.")
    return content, how


def title_of(text: str) -> str:
    """What the prompt calls itself: its first heading, else the name that it gives the assistant."""
    heading = re.match(r"\s{0,200}#[ \t]+([^\n]{2,120})", text)
    name = re.search(r"\b[Yy]ou are ([A-Z][\w'’-]{1,30}(?: [A-Z][\w'’-]{1,30})?),", text[:2_000])
    found = heading or name
    return one_line(re.sub(r"[*_`#]+", "", found[1])) if found else ""


def one_line(name: str) -> str:
    """A name as a title takes it: printable, on one line, at most 200 characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in name[:400]).split())[:200]
