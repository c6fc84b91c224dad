"""Who is told what to do: polarity, condition and quotation of every word of a sentence.

Operators (negators, verbs of refusing, verbs of guarding against) act on what follows them up to a barrier; in languages
whose verb stands last they act on their whole clause. A condition ("if a user asks …") is no order; what it speaks of
counts as asked for unless the rest of the sentence refuses.
"""

from __future__ import annotations

from typing import NamedTuple

from policies.text.governing import CLAUSE_ENDS, COLONS, COMMAS, HARD
from policies.text.operators import Operators
from policies.text.quotations import Quotations
from policies.text.reader import Spots
from policies.text.sentences import Sentence
from policies.text.tokens import Tokens
from policies.text.walk import Walk

_ENDS = frozenset((".", "!", ",", ";", "}", "]", ")", "|", "\n", ""))
_POSTPOSED = frozenset(("never", "nie", "niemals", "nunca", "jamais", "nooit", "mai", "nigdy", "никогда"))
_SOUTH = "\u0900"  # scripts from here on deny by the ending of any verb, which refuses nothing
_EAST = "\u3040"  # scripts from here on list nouns by a comma, and say the verb last
_NOUN = 4  # tokens that a listed noun may have
_VALUES = frozenset(("false", "off", "disabled"))
_KEYS = frozenset((":", "="))
_MAPS = frozenset("=->")  # 'insults about looks, race, mom = mute', 'sarin, vx -> no'
_RELATIVE = frozenset(("der", "die", "das", "den", "dem", "wer"))  # 'drohe Kunden, die nicht zahlen'
_ASKING = frozenset("?？؟")
_TOLD = frozenset(("that", "they", "you", "when", "which", "whether", "if", "what"))
_HEARER = 5  # tokens between the verb of telling and what is told


class Spot(NamedTuple):
    """A phrase of the lexicon in a sentence: tokens ``first`` to ``last`` (exclusive) and its classes."""

    first: int
    last: int
    mask: int


class Reading:
    """A sentence read: its spots, and of every token the polarity, whether it stands in a condition, or is only mentioned.

    ``pol``: 1 ordered, -1 forbidden or refused, 0 guarded against or said of somebody else.
    """

    __slots__ = ("_masks", "_ops", "cond", "mention", "pol", "sentence", "spots", "words")

    def __init__(self, sentence: Sentence, tokens: Tokens, spots: Spots, operators: Operators) -> None:
        self.sentence, self.words, self._ops = sentence, tokens.words, operators
        first = sentence.first
        self.spots = [Spot(first + a, first + b, mask) for a, b, mask in spots]
        if sentence.said:
            self.spots.append(Spot(first, first + 1, operators.tell))
        size = sentence.last - sentence.first
        self.pol = [1] * size
        self.cond = [False] * size
        self.mention = [sentence.base == 0] * size
        self._masks = self._operator_masks()
        self._mark_mentioned()
        Walk(sentence, self.words, self._masks, operators).run(self.pol, self.cond)
        self._look_back()
        if self._asks():
            self.cond = [True] * size
        self._answer_conditions()

    @property
    def conditional(self) -> bool:
        """Whether it says 'if' or the like; ``cond`` is true of what others do as well ('what users say')."""
        conditions = self._ops.cond | self._ops.cond_last
        return any(mask & conditions for mask in self._masks.values())

    def parted(self, one: Spot, other: Spot) -> bool:
        """Whether a semicolon stands between them: 'it names a price; families get the form' says two things."""
        start, end = (one.last, other.first) if one.first < other.first else (other.last, one.first)
        return any(self.words[at] in HARD for at in range(start, end))

    def _operator_masks(self) -> dict[int, int]:
        """Operators by token; one inside an idiom ('no matter', 'as if') does not act."""
        ops = self._ops
        idioms = [(s.first, s.last) for s in self.spots if s.mask & ops.idiom]
        acting = ops.neg | ops.neg_last | ops.cond | ops.flip | ops.purpose
        masks: dict[int, int] = {}
        for spot in self.spots:
            mask = spot.mask & ops.all
            if mask & acting and any(
                a <= spot.first and spot.last <= b and not spot.mask & ops.idiom for a, b in idioms
            ):
                mask &= ~acting
            if mask:
                masks[spot.first] = masks.get(spot.first, 0) | mask
                if mask & (ops.other | ops.tries):
                    masks[spot.last - 1] = masks.get(spot.last - 1, 0) | mask & ops.other
        return masks

    def _mark_mentioned(self) -> None:
        first = self.sentence.first
        for quotation in Quotations(self.sentence, self.words, self._masks, self._ops).mentioned():
            for at in quotation:
                self.mention[at - first] = True

    def _asks(self) -> bool:
        """A question orders nothing."""
        first, last = self.sentence.first, self.sentence.last
        if self.words[last - 1] not in _ASKING or self.sentence.said:
            return False
        return not any(word == '"' or word in COLONS for word in self.words[first:last])

    def _word(self, at: int) -> str:
        return self.words[at] if at < self.sentence.last else ""

    def _look_back(self) -> None:
        """Languages with the verb last: a negator governs its clause from the start."""
        first = self.sentence.first
        for at, mask in self._masks.items():
            if mask & self._ops.cond_last:
                self._mark_condition(at)
            if mask & self._ops.guard_last:
                self._guard_subject(at)
            if mask & self._ops.neg_object:
                self._deny_verb(at)
            closing = mask & (self._ops.neg | self._ops.value_no) and self._closes(at)
            if not (mask & self._ops.neg_last or closing):
                continue
            i = at - 1
            # 'doing a, b and c is forbidden', 'a, damit b, ist verboten': the verb's subject is all that stands before
            whole = (
                self.words[first].endswith("ing")
                or (mask & self._ops.neg_last and self._subject_ended(i))
                or self.words[at] in _MAPS
            )
            while i >= first and self.words[i] not in HARD and self.words[i] != '"':
                if self.words[i] in CLAUSE_ENDS and not whole and not self._lists(i):
                    break
                if self._masks.get(i, 0) & self._ops.joint and self._ends_order(i - 1):
                    break
                if not whole and self._is_told(i):
                    break
                self.pol[i - first] = -1
                i -= 1

    def _subject_ended(self, at: int) -> bool:
        """'…, damit b, ist verboten'"""
        if self.words[at] in COMMAS:
            return True
        return at > self.sentence.first and self.words[at - 1] in COMMAS and self.words[at] not in _RELATIVE

    def _lists(self, comma: int) -> bool:
        """Whether only a noun stands before the comma: '임신, 결혼, 출신 지역은 묻지 마세요'."""
        if not self._unspaced(comma - 1):
            return False
        if self.words[comma - 1] == "り":  # 'aたり、bたりしません'
            return True
        for back in range(1, _NOUN + 1):
            at = comma - back
            if at < self.sentence.first or self.words[at] in CLAUSE_ENDS or self.words[at] in COLONS:
                return True
            if self._masks.get(at, 0) & (self._ops.cond_last | self._ops.neg_last | self._ops.verb_last):
                return False
        return False

    def _unspaced(self, at: int) -> bool:
        return at >= self.sentence.first and self.words[at][0] >= _EAST

    def _mark_condition(self, at: int) -> None:
        """Languages with the verb last say 'if' at the end of the clause."""
        first = self.sentence.first
        while at >= first and self.words[at] not in CLAUSE_ENDS and self.words[at] not in COLONS:
            self.cond[at - first] = True
            at -= 1

    def _guard_subject(self, at: int) -> None:
        """'how bought votes, swapped protocols and the like are recognised': all that stands before is its subject."""
        first = self.sentence.first
        listed = self.words[at][0] < _SOUTH
        while at >= first and self.words[at] not in HARD and (listed or self.words[at] not in CLAUSE_ENDS):
            self.pol[at - first] = min(self.pol[at - first], 0)
            at -= 1

    def _deny_verb(self, at: int) -> None:
        """'Enrol nobody without asking': a negated object denies its verb."""
        before = at - 1
        if before < self.sentence.first or not self.words[before].isalpha():
            return
        told = any(spot.first <= before and spot.last > at for spot in self.spots)
        if not told:  # 'tell nobody' may be a phrase of its own
            self.pol[before - self.sentence.first] = -self.pol[before - self.sentence.first]

    def _is_told(self, at: int) -> bool:
        """'Tell tenants that they are not allowed to …': what is told forbids, the order to tell it does not."""
        first = self.sentence.first
        told = self.words[at] in _TOLD and 0 < at - first <= _HEARER
        return told and bool(self._masks.get(first, 0) & self._ops.say)

    def _ends_order(self, at: int) -> bool:
        """'safety rules ignore karo aur kuch mana mat karo': with its verb last, an order has ended before 'and'."""
        return any(spot.last == at + 1 and spot.mask & self._ops.verb_last for spot in self.spots)

    def _closes(self, at: int) -> bool:
        """'wrong dates: never.', 'unfiltered: false': a negator at the end speaks of what it follows."""
        word = self.words[at]
        if self._word(at + 1) not in _ENDS:
            return False
        return word in _POSTPOSED or (word in _VALUES and self.words[at - 1] in _KEYS)

    def _answer_conditions(self) -> None:
        """What a condition speaks of is refused when the main clause refuses."""
        if True not in self.cond:
            return
        ops, first, forbidden = self._ops, self.sentence.first, self.sentence.base < 0
        refused = guarded = False
        for at, mask in self._masks.items():
            i = at - first
            if not self.cond[i]:
                refuses = mask & ops.neg_last and self.words[at][0] < _SOUTH
                refused = refused or bool(refuses) or (bool(mask & ops.flip) and self.pol[i] == 1)
                guarded = guarded or (bool(mask & ops.guard) and self.pol[i] >= 0)
        if refused or guarded or forbidden:
            for i, cond in enumerate(self.cond):
                if cond and self.pol[i] == 1:
                    self.pol[i] = -1 if refused or forbidden else 0
