"""Who is told what to do: polarity, condition and quotation of every word of a sentence.

Operators (negators, verbs of refusing, verbs of guarding against) act on what follows them up to a barrier; in languages
whose verb stands last they act on their whole clause. A condition ("if a user asks …") is no order; what it speaks of
counts as asked for unless the rest of the sentence refuses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from policies.text.lexicon import Lexicon, Reader
from policies.text.sentences import Sentence
from policies.text.tokens import Tokens

_QUOTES = '"'
_CLAUSE_ENDS = frozenset(",;、，؛،；")
_HARD = frozenset(";؛；")
_QUOTE_WORDS = 1


@dataclass(frozen=True, slots=True)
class Spot:
    """A phrase of the lexicon in a sentence: tokens ``first`` to ``last`` (exclusive) and its classes."""

    first: int
    last: int
    mask: int


class Operators:
    """The lexicon classes that the scope pass reads, as masks."""

    def __init__(self, lexicon: Lexicon) -> None:
        bit = lexicon.bit
        self.neg = bit("op.neg")
        self.idiom = bit("op.neg_idiom")
        self.flip = bit("op.flip")
        self.without = bit("op.without")
        self.guard = bit("op.guard")
        self.reset = bit("op.reset")
        self.cond = bit("op.cond")
        self.purpose = bit("op.purpose")
        self.verb = bit("op.verb")
        self.third = bit("op.third")
        self.relative = bit("op.relative")
        self.modal = bit("op.modal")
        self.say = bit("op.say")
        self.other = bit("op.other_subject")
        self.tries = bit("op.tries")
        self.comply = bit("op.comply")
        self.last_verb = bit("op.neg_last")
        self.all = (
            self.neg | self.idiom | self.flip | self.without | self.guard | self.reset | self.cond | self.purpose | self.verb
            | self.third | self.relative | self.modal | self.say | self.other | self.tries | self.comply | self.last_verb
        )  # fmt: skip


@dataclass(slots=True)
class _State:
    neg: bool
    flip: bool = False
    without: bool = False
    mute: bool = False
    cond: bool = False
    cond_neg: bool = False
    neg_at: int = -99
    before_purpose: tuple[bool, bool, bool] | None = None


class Reading:
    """A sentence read: its spots, and for every token the polarity, whether it stands in a condition, or is only mentioned."""

    __slots__ = ("__dict__", "cond", "mention", "operators", "pol", "sentence", "spots", "tokens")

    def __init__(self, sentence: Sentence, tokens: Tokens, spots: list[Spot], operators: Operators) -> None:
        self.sentence, self.tokens, self.operators = sentence, tokens, operators
        size = sentence.last - sentence.first
        self.spots = spots
        self.pol = [1] * size
        self.cond = [False] * size
        self.mention = [sentence.base == 0] * size
        self._read()

    @cached_property
    def by_bit(self) -> dict[int, list[Spot]]:
        found: dict[int, list[Spot]] = {}
        for spot in self.spots:
            mask = spot.mask
            while mask:
                low = mask & -mask
                found.setdefault(low, []).append(spot)
                mask ^= low
        return found

    # --- the pass ------------------------------------------------------------------------------------------------

    def _read(self) -> None:
        ops = self._operator_spots()
        self._quotes(ops)
        self._forward(ops)
        self._backward(ops)
        self._answer_conditions(ops)

    def _operator_spots(self) -> dict[int, list[Spot]]:
        """Operators by first token; one inside a longer phrase of the lexicon does not act."""
        covered = [
            (s.first, s.last)
            for s in self.spots
            if s.last - s.first > 1 and (s.mask & ~self.operators.all or s.mask & self.operators.idiom)
        ]
        out: dict[int, list[Spot]] = {}
        for spot in self.spots:
            if not spot.mask & self.operators.all:
                continue
            size = spot.last - spot.first
            if (
                spot.mask & (self.operators.neg | self.operators.last_verb)
                and not spot.mask & ~self.operators.all
            ):
                inside = any(a < spot.first and spot.last <= b and b - a > size for a, b in covered)
                if inside:
                    continue
            out.setdefault(spot.first, []).append(spot)
        return out

    def _forward(self, ops: dict[int, list[Spot]]) -> None:
        o, words, first = self.operators, self.tokens.words, self.sentence.first
        base, weak = self.sentence.base < 0, self.sentence.base == -2
        state = _State(neg=base)
        stack: list[_State] = []
        later_or = self._has_or()
        for at in range(first, self.sentence.last):
            word = words[at]
            here = ops.get(at, ())
            mask = 0
            for spot in here:
                mask |= spot.mask
            if word in "([":
                stack.append(
                    _State(
                        state.neg,
                        state.flip,
                        state.without,
                        state.mute,
                        state.cond,
                        state.cond_neg,
                        state.neg_at,
                    )
                )
            elif word in ")]" and stack:
                state = stack.pop()
            elif word in _HARD or mask & o.reset:
                state = _State(neg=base, mute=state.mute and word in _HARD)
            elif word in ",،，、—":
                self._comma(at, ops, state, base, later_or)
            elif word in ":：":
                state.cond = state.cond_neg = False
                self._end_purpose(state)
                if (
                    at - state.neg_at > 3
                    and state.neg_at > 0
                    and at + 1 < self.sentence.last
                    and self._is(ops, at + 1, o.verb)
                ):
                    state.neg = base  # 'never say A: say B'
            elif (
                word == "and"
                and at + 1 < self.sentence.last
                and self._is(ops, at + 1, o.verb)
                and not later_or
            ):
                state.neg, state.flip, state.without = (
                    (state.neg if not self._good_verb(at + 1) else base),
                    False,
                    False,
                )
            if mask & o.purpose and not state.cond and state.before_purpose is None:
                state.before_purpose = (state.neg, state.flip, state.without)
                state.neg = state.flip = state.without = False
            if (mask & o.cond and not self._idiom_at(at, ops)) or (
                mask & o.relative and at > first and words[at - 1] not in _CLAUSE_ENDS
            ):
                state.cond, state.cond_neg = True, False
            elif mask & o.modal and state.cond:
                state.cond = state.cond_neg = False
            i = at - first
            self.cond[i] = state.cond
            negative = state.cond_neg if state.cond else (state.neg != state.flip) != state.without
            self.pol[i] = -1 if negative else 1
            if weak and negative and state.neg_at < 0 and not state.cond:
                self.pol[i] = 0  # a heading such as "Out of scope" forbids, but does not order silence
            if state.mute:
                self.pol[i] = 0
            if mask & o.idiom:
                continue
            if mask & o.neg and not self._idiom_at(at, ops):
                if state.cond:
                    state.cond_neg = True
                else:
                    state.neg, state.neg_at = True, at
                    state.flip = state.without = False
            if mask & o.without:
                state.without = not state.without
            if mask & o.flip and not state.cond:
                state.flip = not state.flip
            if mask & o.guard and not state.cond:
                state.mute = True
            if mask & o.third:
                state.mute = True
            if mask & o.other and self._other_subject(at, here, ops):
                state.cond = True

    def _comma(self, at: int, ops: dict[int, list[Spot]], state: _State, base: bool, later_or: bool) -> None:
        o, words = self.operators, self.tokens.words
        nxt = at + 1
        ands = nxt < self.sentence.last and words[nxt] in ("and", "then", "y", "und", "et", "e")
        if ands:
            nxt += 1
        if state.cond:
            if not (nxt < self.sentence.last and words[nxt] in ("or", "oder", "ou", "o")):
                state.cond = state.cond_neg = False
            return
        self._end_purpose(state)
        state.without = False
        verb = nxt < self.sentence.last and (self._is(ops, nxt, o.verb) or self._is(ops, nxt, o.modal))
        if verb and not later_or:
            state.neg, state.flip = base, False
            state.mute = state.mute and not ands

    def _end_purpose(self, state: _State) -> None:
        """'never X, since …, Y': the reason given in between leaves the prohibition in place."""
        if state.before_purpose is not None:
            state.neg, state.flip, state.without = state.before_purpose
            state.before_purpose = None

    def _good_verb(self, at: int) -> bool:
        return self.tokens.words[at] in (
            "refer",
            "direct",
            "point",
            "escalate",
            "transfer",
            "offer",
            "suggest",
            "recommend",
            "tell",
            "always",
        )

    def _has_or(self) -> bool:
        words = self.tokens.words
        return any(words[i] in ("or", "nor") for i in range(self.sentence.first, self.sentence.last))

    def _is(self, ops: dict[int, list[Spot]], at: int, mask: int) -> bool:
        return any(s.mask & mask for s in ops.get(at, ()))

    def _idiom_at(self, at: int, ops: dict[int, list[Spot]]) -> bool:
        """'no' in 'no matter', 'not only': the idiom that begins here or one word before."""
        o = self.operators
        for start in (at, at - 1, at - 2):
            for spot in ops.get(start, ()):
                if spot.mask & o.idiom and spot.last > at:
                    return True
        return False

    def _other_subject(self, at: int, here: Sequence[Spot], ops: dict[int, list[Spot]]) -> bool:
        """'Users may try to …', 'scammers often claim …': someone else acts."""
        ends = [s.last for s in here if s.mask & self.operators.other]
        return any(self._is(ops, end, self.operators.tries) for end in ends)

    def _backward(self, ops: dict[int, list[Spot]]) -> None:
        """Languages with the verb last: a negator governs its clause from the start."""
        o, words, first = self.operators, self.tokens.words, self.sentence.first
        for at, spots in ops.items():
            if not any(s.mask & o.last_verb for s in spots):
                continue
            i = at - 1
            while i >= first and words[i] not in _CLAUSE_ENDS and words[i] not in '"':
                self.pol[i - first] = -1
                i -= 1

    def _quotes(self, ops: dict[int, list[Spot]]) -> None:
        """Words in quotation marks are only mentioned, unless the assistant is told to say them."""
        words, first, last = self.tokens.words, self.sentence.first, self.sentence.last
        opened = -1
        for at in range(first, last):
            if words[at] not in _QUOTES:
                continue
            if opened < 0:
                opened = at
                continue
            if at - opened - 1 > _QUOTE_WORDS and not self._spoken(opened, ops) and not self.sentence.said:
                for k in range(opened - first, at - first + 1):
                    self.mention[k] = True
            opened = -1
        if (
            opened >= 0
            and last - opened > _QUOTE_WORDS
            and not self._spoken(opened, ops)
            and not self.sentence.said
        ):
            for k in range(opened - first, last - first):
                self.mention[k] = True

    def _spoken(self, quote: int, ops: dict[int, list[Spot]]) -> bool:
        words = self.tokens.words
        for at in range(max(self.sentence.first, quote - 8), quote):
            if (
                self._is(ops, at, self.operators.say)
                and words[at - 1] not in ("was", "were", "been")
                and not self.cond_at(at, ops)
            ):
                return True
        return False

    def cond_at(self, at: int, ops: dict[int, list[Spot]]) -> bool:
        """Whether a condition opens in the clause before ``at``: 'if a user says "…"'."""
        i = at - 1
        while i >= self.sentence.first and self.tokens.words[i] not in _CLAUSE_ENDS:
            if self._is(ops, i, self.operators.cond | self.operators.third):
                return True
            i -= 1
        return False

    def _answer_conditions(self, ops: dict[int, list[Spot]]) -> None:
        """What a condition speaks of is refused when the main clause refuses."""
        o, first = self.operators, self.sentence.first
        if not any(self.cond):
            return
        refused = guarded = False
        for at, spots in ops.items():
            i = at - first
            if self.cond[i]:
                continue
            for s in spots:
                if (s.mask & o.flip and self.pol[i] == 1) or s.mask & o.last_verb:
                    refused = True
                if s.mask & o.guard and self.pol[i] >= 0:
                    guarded = True
        if not (refused or guarded or self.sentence.base < 0):
            return
        for i, cond in enumerate(self.cond):
            if cond and self.pol[i] == 1:
                self.pol[i] = -1 if refused or self.sentence.base < 0 else 0


def spots_of(sentence: Sentence, words: list[str], reader: Reader) -> list[Spot]:
    """Every phrase of the lexicon in the sentence, by first token."""
    found: list[Spot] = []
    entry = reader.entry
    last = sentence.last
    for at in range(sentence.first, last):
        mask, nodes = entry(words[at])
        if mask:
            found.append(Spot(at, at + 1, mask))
        if nodes:
            found.extend(Spot(at, end, more) for end, more in reader.matches(words, at, last) if end > at + 1)
    return found
