"""The lexicon classes that govern the words after them, as masks."""

from __future__ import annotations

from policies.text.lexicon import Lexicon


class Operators:
    """Masks of the ``op`` table; what each is for is said where scope.py uses it."""

    def __init__(self, lexicon: Lexicon) -> None:
        def bit(name: str) -> int:
            return lexicon.bit("op." + name)

        self.neg, self.idiom, self.neg_last = bit("neg"), bit("neg_idiom"), bit("neg_last")
        self.flip, self.without, self.guard = bit("flip"), bit("without"), bit("guard")
        self.reset, self.purpose = bit("reset"), bit("purpose")
        self.value_no = bit("value_no")
        self.instead, self.subject_third, self.ends_not_to = (
            bit("instead"),
            bit("subject_third"),
            bit("ends_not_to"),
        )
        self.cond, self.cond_short, self.relative = bit("cond"), bit("cond_short"), bit("relative")
        self.cond_last, self.neg_object = bit("cond_last"), bit("neg_object")
        self.guard_last = bit("guard_last")
        self.modal, self.verb, self.good_verb, self.say = (
            bit("modal"),
            bit("verb"),
            bit("good_verb"),
            bit("say"),
        )
        self.third, self.other, self.tries, self.joint = (
            bit("third"),
            bit("other_subject"),
            bit("tries"),
            bit("joint"),
        )
        self.verb_last = bit("verb_last")
        self.all = 0
        for mask in vars(self).values():
            self.all |= mask
        self.tell = lexicon.bit("speech.tell")  # what the assistant's own words in an example are
        self.negative = (
            self.neg
            | self.neg_last
            | self.flip
            | self.without
            | self.instead
            | self.value_no
            | self.neg_object
        )  # without one, nothing is forbidden
        self.conditional = (
            self.cond | self.cond_last | self.relative | self.tries
        )  # without one, nothing stands in a condition
