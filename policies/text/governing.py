"""What governs the next word of a sentence, and the marks that end its reach."""

from __future__ import annotations

from dataclasses import dataclass

COMMAS = frozenset(",،，、—")
HARD = frozenset(";؛；")
COLONS = frozenset(":：")
CLAUSE_ENDS = COMMAS | HARD


@dataclass(slots=True)
class Governing:
    """What governs the next word."""

    neg: bool
    neg_at: int = -1  # where the negator stood; -1: it is the heading's
    neg_to: bool = False  # the negator was 'not to'
    fact: bool = False  # it says what is not so, 'there is no …', and reaches no further than its clause
    listed: bool = False  # a list of what is forbidden follows a colon
    flip: bool = False
    flip_at: int = -1
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
