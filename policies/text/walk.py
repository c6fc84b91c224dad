"""A sentence word by word: under which negation, refusal and condition each stands.

Operators (negators, verbs of refusing, verbs of guarding against) act on what follows them up to a barrier.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from policies.text.governing import CLAUSE_ENDS, COLONS, COMMAS, HARD, Governing
from policies.text.operators import Operators
from policies.text.sentences import Sentence

_OR = frozenset(("or", "nor", "oder", "ou", "o", "of"))
_AND = frozenset(("and", "then", "y", "und", "et", "e", "en", "и"))
_ASKS = frozenset(("ask", "asks", "asked", "wonder", "wonders", "enquires", "inquires"))
_ANSWERS = frozenset(("no", "nein", "não", "nao", "нет", "nie", "nee", "non"))
_NOBODY = frozenset(("no", "nobody", "none", "neither", "never"))
_ARTICLES = frozenset(("a", "an"))  # 'no method, no place, a helpline below'
_MAY = frozenset(("may", "can", "might", "will", "often", "sometimes"))
_OR_REACH = 9
_LIST_REACH = 30
_SUBJECTS = frozenset(("you", "the", "it", "he", "she", "we", "any", "anyone"))
_FACTS = frozenset(("isn't", "aren't", "wasn't", "weren't", "hasn't", "haven't", "isnt", "arent"))
_HAVING = frozenset(("have", "has", "had", "is", "are", "was", "were"))


class Walk:
    """Fills in of every word the polarity, and whether it stands in a condition."""

    def __init__(
        self, sentence: Sentence, words: Sequence[str], masks: Mapping[int, int], operators: Operators
    ) -> None:
        self.sentence, self.words, self._masks, self._ops = sentence, words, masks, operators

    def run(self, pol: list[int], cond: list[bool]) -> None:
        first, last = self.sentence.first, self.sentence.last
        base, weak = self.sentence.base < 0, self.sentence.base == -2
        state = Governing(neg=base)
        held: list[Governing] = []
        quoted: Governing | None = None
        opened = first
        masks, words = self._masks, self.words
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
                        key = self._word(at + 1) in COLONS
                        state, quoted = self._under_key(state, opened, base) if key else quoted, None
                else:
                    state = self._punctuation(at, word, state, base)
            if mask:
                state = self._before(at, mask, state, base)
            if word == "that" and self._answer_begins(at, state):
                state.leave_condition()
            if word == "or" and state.neg and state.flip and self._or_orders(at, state):
                state.flip = False
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
    def _under_key(inner: Governing, opened: int, base: bool) -> Governing:
        """'"never": ["…", "…"]': a key of JSON governs what stands under it, up to the next key."""
        if inner.neg and inner.neg_at > opened:
            return Governing(neg=True, neg_at=inner.neg_at)
        return Governing(neg=base)

    def _punctuation(self, at: int, word: str, state: Governing, base: bool) -> Governing:
        if word in HARD:
            if state.listed:  # 'you must not: a; b; c'
                return Governing(neg=True, neg_at=state.neg_at, listed=True, mute=state.mute)
            return Governing(neg=base, mute=state.mute)
        if word in COMMAS:
            self._comma(at, state, base)
        elif word in COLONS:
            state.leave_condition()
            state.without = False  # 'practice without real pen pals: who asks is told …'
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

    def _comma(self, at: int, state: Governing, base: bool) -> None:
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
        listed = state.neg_at >= 0 and self.words[state.neg_at] == "no" and self._word(nxt) in _ARTICLES
        ends = follows & (self._ops.verb | self._ops.modal) or (state.fact and state.neg) or listed
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
            if joined and (word in COMMAS or word in COLONS):
                return bool(self._masks.get(at + 1, 0) & self._ops.flip)
        return False

    def _before(self, at: int, mask: int, state: Governing, base: bool) -> Governing:
        """What an operator does to its own word and those after it."""
        ops = self._ops
        if mask & ops.reset and not (self._word(at) == "however" and self._word(at + 1) not in COMMAS):
            state = Governing(neg=base)  # but 'never, however they ask, …' goes on
        if mask & ops.cond_last:
            state.leave_condition()  # its condition ends here: 'अगर … तो …', 'もし…たら…'
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
        inner = mask & ops.relative and at > self.sentence.first and self._word(at - 1) not in CLAUSE_ENDS
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

    def _or_orders(self, at: int, state: Governing) -> bool:
        """'never deny that they exist or make up others': the second verb is forbidden, too; not so in 'refuse to a or b'."""
        return self._word(state.flip_at + 1) != "to" and bool(self._masks.get(at + 1, 0) & self._ops.verb)

    def _only_answers(self, at: int) -> bool:
        """'answer "No, an AI"': a 'no' by itself answers a question, and denies nothing of what comes after it."""
        return (
            self.words[at] in _ANSWERS
            and self._word(at + 1) in COMMAS
            and at > self.sentence.first
            and self.words[at - 1] in ('"', ":")
        )

    def _answer_begins(self, at: int, state: Governing) -> bool:
        """'tell those who ask that …': what they are told is no part of the condition."""
        return state.cond and self.words[at - 1] in _ASKS

    def _order_begins(self, at: int, state: Governing) -> bool:
        """'in case of fire call …', 'if they ask say …', but not 'if they ask you to …'"""
        return (state.short and at - state.cond_at > 2) or (
            self.words[at - 1] in _ASKS and bool(self._masks.get(at, 0) & self._ops.say)
        )

    def _after(self, at: int, mask: int, state: Governing) -> None:
        """What an operator does only to the words after it."""
        ops = self._ops
        if mask & ops.neg and not self._only_answers(at):
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
            state.flip, state.flip_at = not state.flip, at
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
