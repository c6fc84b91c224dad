"""A prompt as people keep it, taken apart where its author divided it: at tags or at headings.

Nothing is dropped or reworded but the tags of a split-off block, which the compiled prompt writes again. A heading stays
in the text of its section, since it may carry the sense of what follows ("Never:" over a list).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, count
from typing import Any, Literal

How = Literal["tags", "headings", "whole"]

MOST_SECTIONS = 40

_OPENING = re.compile(r"^[ \t]*<([A-Za-z][\w.-]*)(?:\s[^<>\n]*)?>", re.MULTILINE)
_TAG = re.compile(r"<(/?)([A-Za-z][\w.-]*)(?:\s[^<>\n]*)?>")
_FENCE = re.compile(r"^[ \t]{0,3}(`{3,}|~{3,})", re.MULTILINE)
_HEADING = re.compile(r"^(#{1,6})[ \t]+(\S.*)$", re.MULTILINE)
# A line in bold, or in brackets, that stands alone is a heading to its author.
_BOLD_LINE = re.compile(
    r"^(?:\*\*|__)([^*_\n]{2,60}?)(?:\*\*|__):?[ \t]*$|^\[([^\]\n]{2,60})\][ \t]*$", re.MULTILINE
)

_NEGATES = re.compile(
    r"\b(never|not|no|dont|avoid|forbid\w*|prohibit\w*|bad|wrong|nie|niemals|verboten|jamais)\b", re.I
)

# What the words of a title say of a section, the first that fits.
_KINDS = (
    ("examples", "example examples sample samples few-shot demonstrations beispiele ejemplos exemples"),
    ("format", "format output formatting structure schema response answers ausgabe formato"),
    ("tone", "tone style voice manner persona personality language ton stil tono estilo"),
    ("boundaries", "rule rules boundaries boundary limits limit constraints constraint restrictions guardrails never "
                   "not don't dont avoid forbidden prohibited safety policy policies compliance regeln reglas règles"),
    ("tools", "tool tools functions function actions capabilities werkzeuge"),
    ("data", "data document documents input inputs source sources knowledge faq reference catalogue catalog"),
    ("role", "role identity rolle rol rôle"),
    ("context", "context background about company situation setting users user audience kontext contexto contexte"),
    ("task", "task tasks instruction instructions goal goals objective objectives job duties workflow steps process "
             "procedure aufgabe tarea tâche"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of the text under its author's title, and in the tag that was taken off; "" where there is none."""

    title: str
    text: str
    tag: str = ""


def split(text: str) -> tuple[How, tuple[Part, ...]]:
    """Tags where they hold most of the text, else headings, else the whole; never more than ``MOST_SECTIONS``."""
    text = _unwrapped(text.replace("\r\n", "\n").replace("\r", "\n").strip("\n"))
    tagged = tuple(_at_tags(text))
    inside, outside = (
        sum(len(part.text) for part in tagged if bool(part.title) is titled) for titled in (True, False)
    )
    if 1 < len(tagged) <= MOST_SECTIONS and inside > outside:
        return "tags", tagged
    for places in _heading_levels(text):
        parts = tuple(_at_headings(text, places))
        if 1 < len(parts) <= MOST_SECTIONS:
            return "headings", parts
    return "whole", (Part("", text),)


def sections(parts: tuple[Part, ...]) -> list[dict[str, Any]]:
    """The parts as sections of a draft, each with an id of its own and the kind that its title suggests."""
    if len(parts) == 1 and not parts[0].title:
        return [{"id": "text", "kind": "free", "text": parts[0].text}]
    made: list[dict[str, Any]] = []
    for index, part in enumerate(parts):
        kind = kind_of(part.title, part.text if index == 0 else "")
        if part.tag and kind == "free":
            kind = "context"  # a free section is compiled without a tag, and this one had one
        id = _id(part.tag or part.title or kind, {section["id"] for section in made})
        made.append({"id": id, "kind": kind, "title": part.title[:200], "text": part.text})
    return [{key: value for key, value in section.items() if value} for section in made]


def kind_of(title: str, opening: str = "") -> str:
    """What a section is for, by its title; by how the prompt begins where it has none."""
    words = re.findall(r"[\w'-]+", title.lower().replace("_", " "))
    for kind, known in _KINDS:
        if set(words) & set(known.split()):
            return kind
    says_who = r"(#.*\n)?\W*(you are|you're|act as|du bist|eres|tu es|vous êtes)\b"
    return "role" if re.match(says_who, opening, re.IGNORECASE) else "free"


def _id(title: str, taken: set[str]) -> str:
    stem = re.sub(r"[^a-z0-9_]+", "-", title.lower()).strip("-")[:40].strip("-")
    stem = stem if stem[:1].isalpha() and stem.isascii() else "section"
    numbered = (f"{stem}-{number}" for number in count(2))
    return next(id for id in chain([stem], numbered) if id not in taken)


def _unwrapped(text: str) -> str:
    """The text without one tag or fence around all of it, such as ``<system>…</system>``."""
    wrapped = re.fullmatch(
        r"\s*<(system|system_prompt|prompt|instructions)>\n?(.*?)\n?</\1>\s*", text, re.DOTALL
    )
    return wrapped[2] if wrapped and f"<{wrapped[1]}>" not in wrapped[2] else text


def fenced(text: str) -> list[tuple[int, int]]:
    """Where code blocks begin and end, in order; one that is never closed runs to the end."""
    ranges: list[tuple[int, int]] = []
    mark, start = "", 0
    for fence in _FENCE.finditer(text):
        if not mark:
            mark, start = fence[1], fence.start()
        elif fence[1].startswith(mark):
            ranges.append((start, fence.end()))
            mark = ""
    return [*ranges, (start, len(text))] if mark else ranges


def _outside(ranges: list[tuple[int, int]], at: int) -> bool:
    index = bisect_right(ranges, at, key=lambda span: span[0]) - 1
    return index < 0 or at >= ranges[index][1]


def _at_tags(text: str) -> Iterator[Part]:
    fences, closings = fenced(text), _closings(text)
    end = 0
    for opening in _OPENING.finditer(text):
        if opening.start() < end or not _outside(fences, opening.start()):
            continue
        closing = closings.get(opening.end())
        if closing is None:
            continue
        if before := text[end : opening.start()].strip("\n"):
            yield Part("", before)
        title = opening[1].replace("_", " ").replace("-", " ").capitalize()
        if _NEGATES.search(title):  # the tag carries the sense: it stays in the text, as headings do
            yield Part(title, text[opening.start() : closing[1]])
        else:
            yield Part(title, text[opening.end() : closing[0]].strip("\n"), opening[1])
        end = closing[1]
    if rest := text[end:].strip("\n"):
        yield Part("", rest)


def _closings(text: str) -> dict[int, tuple[int, int]]:
    """For the end of every opening tag where its closing one stands, past others of its name inside it; in one pass."""
    closed: dict[int, tuple[int, int]] = {}
    open: dict[str, list[int]] = {}
    for tag in _TAG.finditer(text):
        if not tag[1]:
            open.setdefault(tag[2], []).append(tag.end())
        elif open.get(tag[2]):
            closed[open[tag[2]].pop()] = tag.span()
    return closed


def _heading_levels(text: str) -> Iterator[list[tuple[int, str]]]:
    """Places and titles of the headings, from the widest division that has more than one to finer ones."""
    fences = fenced(text)
    headings = [
        (len(h[1]), h.start(), h[2].rstrip().rstrip("#").rstrip())
        for h in _HEADING.finditer(text)
        if _outside(fences, h.start())
    ]
    levels = Counter(level for level, _, _ in headings)
    for level in sorted(levels):
        if levels[level] > 1 or len(headings) == 1:
            yield [(at, title) for depth, at, title in headings if depth <= level]
    bold = [(h.start(), h[1] or h[2]) for h in _BOLD_LINE.finditer(text) if _outside(fences, h.start())]
    if not headings and len(bold) > 1:
        yield bold


def _at_headings(text: str, places: list[tuple[int, str]]) -> Iterator[Part]:
    if before := text[: places[0][0]].strip("\n"):
        yield Part("", before)
    ends = [at for at, _ in places[1:]] + [len(text)]
    for (at, title), end in zip(places, ends, strict=True):
        yield Part(re.sub(r"[*_`]+", "", title).strip(" :"), text[at:end].strip("\n"))
