"""What every check is: a code with its documentation, whose examples are its tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from policies.findings import Severity, Tier
from policies.text.document import Document, Place
from policies.text.frames import Frame, parse
from policies.text.lexicon import Lexicon
from policies.text.lines import Line
from policies.text.operators import Operators


@dataclass(frozen=True, slots=True)
class Hit:
    """Where a check found something: code points of the section's text as it was given, and the frame that matched.

    ``doubtful``: the frame is one that legitimate prompts meet too often for it to block. ``conditional``: its sentence
    states a condition.
    """

    place: Place
    source: str = ""
    doubtful: bool = False
    conditional: bool = False


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
    """A check that says what it looks for as frames (policies/text/frames.py).

    What ``doubtful`` frames find is a warning: among labelled prompts they met legitimate ones too often to block.
    """

    frames: ClassVar[tuple[str, ...]] = ()
    doubtful: ClassVar[tuple[str, ...]] = ()

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


class _Candidate(NamedTuple):
    """A frame with what must occur for it, told by masks alone before anything is read."""

    number: int
    check: type[FrameCheck]
    frame: Frame
    doubtful: bool
    absent: int
    forbids: bool  # something in it must be forbidden
    every: int  # the sentence must have all of these classes,
    here: tuple[int, ...]  # and one of each of these, besides the rarest, by which it is found
    near: tuple[int, ...]  # and so must the sentence with the two after it


_Begun = dict[int, tuple[int, int] | None]  # by the candidate's number: where in a sentence its frame begins


class _Look(NamedTuple):
    """What an index found out about a line, with these classes in it and near it."""

    by: FrameIndex
    near: int
    candidates: Sequence[_Candidate]
    begun: _Begun


class FrameIndex:
    """The frames of many checks, found in one pass: a frame is only tried where the rarest class of its first part occurs."""

    def __init__(self, checks: Sequence[type[FrameCheck]], lexicon: Lexicon) -> None:
        self._by_bit: dict[int, list[_Candidate]] = {}
        self._all = self._count = 0
        self._begun: dict[object, _Begun] = {}
        self._operators = Operators(lexicon)
        for check in checks:
            for doubtful, sources in ((False, check.frames), (True, check.doubtful)):
                for source in sources:
                    frame = parse(source, lexicon)
                    if all(item.mask for part in frame.parts for item in part.items):
                        # else the pack has no phrases for it
                        self._add(check, frame, doubtful, lexicon.sizes)

    def _add(self, check: type[FrameCheck], frame: Frame, doubtful: bool, sizes: Mapping[int, int]) -> None:
        first, *later = frame.parts
        signs = {item.sign for item in first.items}
        anchor = min(first.items, key=lambda item: sum(sizes[bit] for bit in bits_of(item.mask)))
        here = tuple(item.mask for item in first.items if item is not anchor)
        if "@" in signs:
            here += (self._operators.conditional,)
        near = tuple(item.mask for part in later for item in part.items)
        self._count += 1
        every = 0
        for mask in here:
            every |= mask if mask & -mask == mask else 0
        here = tuple(mask for mask in here if mask & -mask != mask)
        candidate = _Candidate(
            self._count, check, frame, doubtful, first.absent, "-" in signs, every, here, near
        )
        for bit in bits_of(anchor.mask):
            self._by_bit.setdefault(bit, []).append(candidate)
        self._all |= anchor.mask

    def run(self, document: Document) -> Iterator[tuple[type[FrameCheck], Hit]]:
        """At most one hit a check and sentence, the surest."""
        lines = document.lines
        masks = [line.mask for line in lines] + [0, 0]
        for at, line in enumerate(lines):
            if not masks[at] & self._all or (line.sentence.base == 0 and not line.sentence.asked):
                continue
            near = masks[at] | masks[at + 1] | masks[at + 2]
            look = line.look
            if not isinstance(look, _Look) or look.by is not self or look.near != near:
                look = line.look = self._look_at(line, near)
            done: set[type[FrameCheck]] = set()
            for candidate in look.candidates:
                if candidate.check not in done:
                    place = self._place(document, at, candidate, look.begun)
                    if place is not None:
                        done.add(candidate.check)
                        moves = issubclass(candidate.check, MoveCheck)
                        conditional = moves and line.reading().conditional
                        yield (
                            candidate.check,
                            Hit(place, candidate.frame.source, candidate.doubtful, conditional),
                        )

    def _look_at(self, line: Line, near: int) -> _Look:
        mask = line.mask
        negative = line.sentence.base < 0 or bool(mask & self._operators.negative)
        possible = {
            candidate.number: candidate
            for bit in bits_of(mask & self._all)
            for candidate in self._by_bit[bit]
            if candidate.every & mask == candidate.every
            and not mask & candidate.absent
            and negative >= candidate.forbids
            and _meets(mask, candidate.here)
            and _meets(near, candidate.near)
        }
        surest = sorted(possible.values(), key=lambda candidate: candidate.doubtful)
        return _Look(self, near, surest, self._begun_in(line) if surest else {})

    def _begun_in(self, line: Line) -> _Begun:
        """What is known of a sentence wherever it stands: while somebody types, all but one are known."""
        found = self._begun.get(line.key)
        if found is None:
            if len(self._begun) > _REMEMBERED:
                self._begun.clear()
            found = self._begun[line.key] = {}
        return found

    def _place(self, document: Document, at: int, candidate: _Candidate, begun: _Begun) -> Place | None:
        number, frame = candidate.number, candidate.frame
        if number not in begun:
            begun[number] = document.begin(frame, at)
        first = begun[number]
        return document.complete(frame, at, first) if first is not None else None


def _meets(mask: int, needed: tuple[int, ...]) -> bool:
    for one in needed:  # noqa: SIM110 (twice as fast as all(), in the innermost loop)
        if not mask & one:
            return False
    return True


def bits_of(mask: int) -> Iterator[int]:
    while mask:
        low = mask & -mask
        yield low
        mask ^= low
