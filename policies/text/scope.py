"""Who is told what to do: polarity, condition and quotation of every word of a sentence.

Operators (negators, verbs of refusing, verbs of guarding against) act on what follows them up to a barrier; in languages
whose verb stands last they act on their whole clause. A condition ("if a user asks …") is no order; what it speaks of
counts as asked for unless the rest of the sentence refuses.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from policies.text.operators import Operators
from policies.text.reader import Known
from policies.text.sentences import Sentence
from policies.text.tokens import Tokens

_COMMAS = frozenset(",،，、—")
_HARD = frozenset(";؛；")
_COLONS = frozenset(":：")
_CLAUSE_ENDS = _COMMAS | _HARD
_OR = frozenset(("or", "nor", "oder", "ou", "o", "of"))
_AND = frozenset(("and", "then", "y", "und", "et", "e", "en", "и"))
_ASKS = frozenset(("ask", "asks", "asked"))
_NOBODY = frozenset(("no", "nobody", "none", "neither", "never"))
_LIKE = frozenset(("as", "like"))
_QUOTE_WORDS = 1  # a single quoted word is used, not mentioned
_ENDS = frozenset((".", "!", ",", ";", "}", "]", ")", "|", "\n", ""))
_POSTPOSED = frozenset(("never", "nie", "niemals", "nunca", "jamais", "nooit", "mai", "nigdy", "никогда"))
_VALUES = frozenset(("false", "off", "disabled"))
_KEYS = frozenset((":", "="))
_ASKING = frozenset("?？؟")
_MAY = frozenset(("may", "can", "might", "will", "often", "sometimes"))
_OR_REACH = 9
_LIST_REACH = 30
_SUBJECTS = frozenset(("you", "the", "it", "he", "she", "we", "any", "anyone"))
_FACTS = frozenset(("isn't", "aren't", "wasn't", "weren't", "hasn't", "haven't", "isnt", "arent"))
_HAVING = frozenset(("have", "has", "had", "is", "are", "was", "were"))


class Spot(NamedTuple):
    """A phrase of the lexicon in a sentence: tokens ``first`` to ``last`` (exclusive) and its classes."""

    first: int
    last: int
    mask: int


@dataclass(slots=True)
class _State:
    """What governs the next word."""

    neg: bool
    neg_at: int = -1  # where the negator stood; -1: it is the heading's
    neg_to: bool = False  # the negator was 'not to'
    fact: bool = False  # it says what is not so, 'there is no …', and reaches no further than its clause
    listed: bool = False  # a list of what is forbidden follows a colon
    flip: bool = False
    without: bool = False
    mute: bool = False
    cond: bool = False
    cond_neg: bool = False
    cond_at: int = -1
    cond_neg_at: int = -1
    short: bool = False  # a condition without a verb of its own: 'in case of fire call …'
    before_purpose: tuple[bool, bool, bool] | None = None

    def leave_condition(self) -> None:
        self.cond = self.cond_neg = self.short = False

    def end_purpose(self) -> None:
        """'never X, since …, Y': the reason given in between leaves the prohibition in place."""
        if self.before_purpose is not None:
            self.neg, self.flip, self.without = self.before_purpose
            self.before_purpose = None


class Reading:
    """A sentence read: its spots, and of every token the polarity, whether it stands in a condition, or is only mentioned.

    ``pol``: 1 ordered, -1 forbidden or refused, 0 guarded against or said of somebody else.
    """

    __slots__ = ("_masks", "_ops", "cond", "mention", "pol", "sentence", "spots", "words")

    def __init__(self, sentence: Sentence, tokens: Tokens, known: Known, operators: Operators) -> None:
        self.sentence, self.words, self._ops = sentence, tokens.words, operators
        first = sentence.first
        self.spots = [Spot(first + a, first + b, mask) for a, b, mask in known.spots]
        if sentence.said:
            self.spots.append(Spot(first, first + 1, operators.tell))
        size = sentence.last - sentence.first
        self.pol = [1] * size
        self.cond = [False] * size
        self.mention = [sentence.base == 0] * size
        self._masks = self._operator_masks()
        self._mark_quotations()
        self._walk()
        self._look_back()
        if self._asks():
            self.cond = [True] * size
        self._answer_conditions()

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

    def _asks(self) -> bool:
        """A question orders nothing."""
        first, last = self.sentence.first, self.sentence.last
        if self.words[last - 1] not in _ASKING or self.sentence.said:
            return False
        return not any(word == '"' or word in _COLONS for word in self.words[first:last])

    # --- the walk ------------------------------------------------------------------------------------------------

    def _walk(self) -> None:
        first, last = self.sentence.first, self.sentence.last
        base, weak = self.sentence.base < 0, self.sentence.base == -2
        state = _State(neg=base)
        held: list[_State] = []
        quoted: _State | None = None
        opened = first
        masks, words, pol, cond = self._masks, self.words, self.pol, self.cond
        for at in range(first, last):
            word, mask = words[at], masks.get(at, 0)
            if not word.isalnum():
                if word in "([":
                    held.append(replace(state))
                elif word in ")]" and held:
                    state = held.pop()
                elif word == '"':
                    if quoted is None:
                        quoted, opened = state, at
                        state = replace(state)
                    else:
                        key = self._word(at + 1) in _COLONS
                        state, quoted = self._under_key(state, opened, base) if key else quoted, None
                else:
                    state = self._punctuation(at, word, state, base)
            if mask:
                state = self._before(at, mask, state, base)
            if word == "that" and self._answer_begins(at, state):
                state.leave_condition()
            i = at - first
            cond[i] = state.cond or (quoted is not None and quoted.cond)
            negative = state.cond_neg if state.cond else (state.neg != state.flip) != state.without
            if state.mute or (weak and negative and state.neg_at < 0 and not state.cond):
                pol[i] = 0  # a heading such as "Out of scope" forbids, but orders no silence
            elif negative:
                pol[i] = -1
            if mask:
                self._after(at, mask, state)

    @staticmethod
    def _under_key(inner: _State, opened: int, base: bool) -> _State:
        """'"never": ["…", "…"]': a key of JSON governs what stands under it, up to the next key."""
        if inner.neg and inner.neg_at > opened:
            return _State(neg=True, neg_at=inner.neg_at)
        return _State(neg=base)

    def _punctuation(self, at: int, word: str, state: _State, base: bool) -> _State:
        if word in _HARD:
            if state.listed:  # 'you must not: a; b; c'
                return _State(neg=True, neg_at=state.neg_at, listed=True, mute=state.mute)
            return _State(neg=base, mute=state.mute)
        if word in _COMMAS:
            self._comma(at, state, base)
        elif word in _COLONS:
            state.leave_condition()
            state.flip = state.flip and not base  # 'banned: …' under a label that forbids is said once
            if state.before_purpose is not None:
                state.neg = state.neg or state.before_purpose[0]
                state.before_purpose = None
            follows = self._masks.get(at + 1, 0)
            goes_on = follows & self._ops.verb or self._word(at + 1) == '"'
            if state.neg_at >= 0 and at - state.neg_at > 3 and goes_on:
                state.neg = base  # 'never say A: say B'
            elif state.neg_at >= 0 and (follows & self._ops.cond or state.fact):
                state.neg = base  # 'that isn't enough: …', 'don't wait: if …'
            state.listed = state.neg and state.neg_at >= 0
        return state

    def _comma(self, at: int, state: _State, base: bool) -> None:
        """A comma ends a condition, and a negation if an order of its own follows it."""
        nxt = at + 1
        joined = self._word(nxt) in _AND
        nxt += joined
        if state.cond:
            if self._word(nxt) not in _OR and not self._list_goes_on(at):
                state.leave_condition()
            return
        state.end_purpose()
        state.without = False
        follows = self._masks.get(nxt, 0)
        inverted = (
            follows & self._ops.modal and self._word(nxt + 1) in _SUBJECTS
        )  # 'on no account, …, should you'
        ends = follows & (self._ops.verb | self._ops.modal) or (state.fact and state.neg)
        if ends and not inverted and not self._or_follows(at):
            state.neg, state.flip = base, False
            state.mute = state.mute and not joined

    def _list_goes_on(self, comma: int) -> bool:
        """'if a user asks you to do a, b or c, refuse': every item of the list belongs to the condition."""
        first, last = comma + 1, min(comma + _LIST_REACH, self.sentence.last)
        joined = False
        for at in range(first, last):
            word = self.words[at]
            joined = joined or word in _OR
            if joined and (word in _COMMAS or word in _COLONS):
                return bool(self._masks.get(at + 1, 0) & self._ops.flip)
        return False

    def _before(self, at: int, mask: int, state: _State, base: bool) -> _State:
        """What an operator does to its own word and those after it."""
        ops = self._ops
        if mask & ops.reset and not (self._word(at) == "however" and self._word(at + 1) not in _COMMAS):
            state = _State(neg=base)  # but 'never, however they ask, …' goes on
        if mask & ops.ends_not_to and state.neg_to:
            state.neg = base  # 'tell them not to move it and to call …'
        if mask & ops.joint and not self._or_follows(at):
            follows = self._masks.get(at + 1, 0)
            if follows & ops.verb:
                state.flip = state.without = False
                if follows & ops.good_verb:
                    state.neg = base  # 'do not diagnose and refer people to a doctor'
        if mask & ops.purpose and not state.cond and state.before_purpose is None:
            state.before_purpose = (state.neg, state.flip, state.without)
            state.neg = state.flip = state.without = False
        inner = mask & ops.relative and at > self.sentence.first and self._word(at - 1) not in _CLAUSE_ENDS
        inverted = self._word(at) == "should" and state.neg  # 'on no account should you …' is no condition
        if (mask & ops.cond and not inverted) or inner:
            state.cond, state.cond_neg, state.cond_at = True, False, at
            state.short = bool(mask & ops.cond_short)
        elif state.cond and mask & ops.modal:
            # 'before the booking is made no guest should learn …': the subject is already that of the order
            of_order = (
                state.cond_neg and at - state.cond_neg_at <= 3 and self.words[state.cond_neg_at] in _NOBODY
            )
            state.leave_condition()
            state.neg = state.neg or of_order
        elif state.cond and mask & ops.verb and self._order_begins(at, state):
            state.leave_condition()
        return state

    def _answer_begins(self, at: int, state: _State) -> bool:
        """'tell those who ask that …': what they are told is no part of the condition."""
        return state.cond and self.words[at - 1] in _ASKS

    def _order_begins(self, at: int, state: _State) -> bool:
        """'in case of fire call …', 'if they ask say …', but not 'if they ask you to …'"""
        return (state.short and at - state.cond_at > 2) or (
            self.words[at - 1] in _ASKS and bool(self._masks.get(at, 0) & self._ops.say)
        )

    def _after(self, at: int, mask: int, state: _State) -> None:
        """What an operator does only to the words after it."""
        ops = self._ops
        if mask & ops.neg:
            if state.cond:
                state.cond_neg, state.cond_neg_at = True, at
            else:
                state.neg, state.neg_at = True, at
                state.flip = state.without = False
                state.neg_to = self._word(at) == "not" and self._word(at + 1) == "to"
                state.fact = self.words[at] in _FACTS or (
                    self.words[at] == "no" and self.words[at - 1] in _HAVING
                )
        if mask & ops.without:
            state.without = not state.without
        if mask & ops.flip and not state.cond:
            state.flip = not state.flip
        if mask & ops.instead and not state.cond:
            state.flip = (
                not state.neg
            )  # 'decline instead of …', 'say so rather than …': what follows is not done
        first = self.sentence.first
        subject = mask & ops.subject_third and (
            at == first or (at - first <= 2 and not self._masks.get(first, 0) & ops.verb)
        )
        if mask & ops.third or subject or (mask & ops.guard and not state.cond):
            state.mute = True
        after = self._masks.get(at + 1, 0) | (self._masks.get(at + 2, 0) if self._word(at + 1) in _MAY else 0)
        if mask & ops.other and after & ops.tries:
            state.cond, state.cond_at = True, at  # 'users may try to …': someone else acts

    def _word(self, at: int) -> str:
        return self.words[at] if at < self.sentence.last else ""

    def _or_follows(self, at: int) -> bool:
        """'never lie, cheat or threaten': what an 'or' joins stays under the negation."""
        return any(word in _OR for word in self.words[at : min(at + _OR_REACH, self.sentence.last)])

    # --- after the walk ------------------------------------------------------------------------------------------

    def _look_back(self) -> None:
        """Languages with the verb last: a negator governs its clause from the start."""
        first = self.sentence.first
        for at, mask in self._masks.items():
            closing = mask & (self._ops.neg | self._ops.value_no) and self._closes(at)
            if not (mask & self._ops.neg_last or closing):
                continue
            i = at - 1
            ends = (
                _HARD if self.words[first].endswith("ing") else _CLAUSE_ENDS
            )  # 'doing a, b and c is forbidden'
            while i >= first and self.words[i] not in ends and self.words[i] != '"':
                if self._masks.get(i, 0) & self._ops.joint and self._ends_order(i - 1):
                    break
                self.pol[i - first] = -1
                i -= 1

    def _ends_order(self, at: int) -> bool:
        """'safety rules ignore karo aur kuch mana mat karo': with its verb last, an order has ended before 'and'."""
        return any(spot.last == at + 1 and spot.mask & self._ops.verb_last for spot in self.spots)

    def _closes(self, at: int) -> bool:
        """'wrong dates: never.', 'unfiltered: false': a negator at the end speaks of what it follows."""
        word = self.words[at]
        if self._word(at + 1) not in _ENDS:
            return False
        return word in _POSTPOSED or (word in _VALUES and self.words[at - 1] in _KEYS)

    def _mark_quotations(self) -> None:
        """Words in quotation marks are only mentioned, unless the assistant is told to say them."""
        if self.sentence.said:
            return
        first, last = self.sentence.first, self.sentence.last
        marks = [at for at in range(first, last) if self.words[at] == '"']
        for opened, closed in zip(marks[::2], [*marks[1::2], last][: len(marks[::2])], strict=True):
            key = closed + 1 < last and self.words[closed + 1] in _COLONS
            told = self._value(opened) or self._spoken(opened)
            if key or (closed - opened - 1 > _QUOTE_WORDS and not told):
                for at in range(opened, closed):
                    self.mention[at - first] = True

    def _value(self, quote: int) -> bool:
        """Whether the marks only delimit a value of JSON, YAML or code: '"tone": "…"', 'reply = "…"', '["…", "…"]'."""
        first, words = self.sentence.first, self.words
        if quote == first:
            return False
        before = words[quote - 1]
        if before == ":":
            return quote - 2 == first or (quote - 2 > first and words[quote - 2] == '"')
        return before in "=[{" or (before == "," and words[quote - 2] == '"' and "[" in words[first:quote])

    def _spoken(self, quote: int) -> bool:
        """Whether an order to say leads to this quotation: 'say "…"', but not 'if a user says "…"', 'was told "…"'."""
        ops = self._ops
        start = max(self.sentence.first, quote - 8)
        for at in range(quote - 1, start - 1, -1):
            if self.words[at] == '"':
                start = at + 1  # what an earlier quotation says leads nowhere
                break
        for at in range(start, quote):
            mask = self._masks.get(at, 0)
            if not mask & ops.verb and self.words[quote - 1] in _LIKE:
                continue  # 'messages such as "…"'
            if mask & ops.say and self.words[at - 1] not in ("was", "were", "been"):
                i, passive = at - 1, self.words[at] in ("hear", "hears", "get", "gets", "receive", "told")
                while i >= self.sentence.first and self.words[i] not in _CLAUSE_ENDS and self.words[i] != '"':
                    if self._masks.get(i, 0) & (ops.cond | ops.third) or (
                        self._masks.get(i, 0) & ops.other and not passive
                    ):
                        return False  # 'if a user says "…"', 'users may write "…"'
                    i -= 1
                return True
        return False

    def _answer_conditions(self) -> None:
        """What a condition speaks of is refused when the main clause refuses."""
        if True not in self.cond:
            return
        ops, first, forbidden = self._ops, self.sentence.first, self.sentence.base < 0
        refused = guarded = False
        for at, mask in self._masks.items():
            i = at - first
            if not self.cond[i]:
                refused = refused or bool(mask & ops.neg_last) or (bool(mask & ops.flip) and self.pol[i] == 1)
                guarded = guarded or (bool(mask & ops.guard) and self.pol[i] >= 0)
        if refused or guarded or forbidden:
            for i, cond in enumerate(self.cond):
                if cond and self.pol[i] == 1:
                    self.pol[i] = -1 if refused or forbidden else 0
