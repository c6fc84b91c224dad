"""What every check is: a code with its documentation, whose examples are its tests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from policies.findings import Severity, Tier
from policies.text.document import Document, Place
from policies.text.frames import Frame, parse
from policies.text.lexicon import Lexicon


@dataclass(frozen=True, slots=True)
class Hit:
    """Where a check found something: code points of the section's text as it was given, and the frame that matched."""

    place: Place
    source: str = ""


class Check:
    """One rule of the validator. The page of its code is rendered from these attributes.

    ``blocks`` and ``passes`` are documentation and tests at once: whole texts that the check must find something in,
    and near neighbours that it must leave alone. A check of free text implements ``find``; a check of a draft's
    form (``draft_rules``) carries only documentation, and its examples are drafts in YAML.
    """

    code: ClassVar[str]
    rule: ClassVar[str]
    title: ClassVar[str]
    tier: ClassVar[Tier]
    severity: ClassVar[Severity]
    why: ClassVar[str]
    fix: ClassVar[str]
    blocks: ClassVar[tuple[str, ...]] = ()
    passes: ClassVar[tuple[str, ...]] = ()

    def find(self, document: Document) -> Iterator[Hit]:
        """All places of the document where the rule is broken, in order."""
        return iter(())


class FrameCheck(Check):
    """A check that says what it looks for as frames (policies/text/frames.py)."""

    frames: ClassVar[tuple[str, ...]] = ()

    def find(self, document: Document) -> Iterator[Hit]:
        for _, hit in FrameIndex((type(self),), document.lexicon).run(document):
            yield hit


class LimitCheck(FrameCheck):
    """A frame check of something that nobody may waive."""

    tier = Tier.LIMIT
    severity = Severity.BLOCK


class MoveCheck(FrameCheck):
    """Text that moves a behaviour to ``value``; no finding of its own, ``validate`` decides what the move means."""

    tier = Tier.DEFAULT
    severity = Severity.INFO
    value: ClassVar[str] = "on"


_REMEMBERED = 4000
_Begun = tuple[type[FrameCheck], Frame, tuple[int, int]]


class FrameIndex:
    """The frames of many checks, found in one pass: a frame is only tried where the rarest class of its first part occurs."""

    def __init__(self, checks: Sequence[type[FrameCheck]], lexicon: Lexicon) -> None:
        self._by_bit: dict[int, list[tuple[type[FrameCheck], Frame]]] = {}
        self._all = 0
        self._begun: dict[
            object, tuple[_Begun, ...]
        ] = {}  # by sentence: while somebody types, all but one are known
        sizes = lexicon.sizes
        for check in checks:
            for source in check.frames:
                frame = parse(source, lexicon)
                items = frame.parts[0].items
                if not all(item.mask for part in frame.parts for item in part.items):
                    continue  # a pack without these phrases cannot raise this frame
                anchor = min(items, key=lambda item: sum(sizes[bit] for bit in bits_of(item.mask)))
                for bit in bits_of(anchor.mask):
                    self._by_bit.setdefault(bit, []).append((check, frame))
                self._all |= anchor.mask

    def run(self, document: Document) -> Iterator[tuple[type[FrameCheck], Hit]]:
        """At most one hit a check and sentence."""
        for at, line in enumerate(document.lines):
            if not line.mask & self._all or (line.sentence.base == 0 and not line.sentence.asked):
                continue
            begun = self._begun.get(line.key)
            if begun is None:
                if len(self._begun) > _REMEMBERED:
                    self._begun.clear()
                begun = self._begun[line.key] = tuple(self._begin(document, at, line.mask))
            done: set[type[FrameCheck]] = set()
            for check, frame, found in begun:
                if check not in done:
                    place = document.complete(frame, at, found)
                    if place is not None:
                        done.add(check)
                        yield check, Hit(place, frame.source)

    def _begin(self, document: Document, at: int, mask: int) -> Iterator[_Begun]:
        for bit in bits_of(mask & self._all):
            for check, frame in self._by_bit[bit]:
                if frame.parts[0].possible(mask):
                    found = document.begin(frame, at)
                    if found is not None:
                        yield check, frame, found


def bits_of(mask: int) -> Iterator[int]:
    while mask:
        low = mask & -mask
        yield low
        mask ^= low
