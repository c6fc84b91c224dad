"""What a judge's preferences of a run amount to: wins, ties, and a sign test over scenarios."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from console.trials import stats
from console.trials.models import Preference, Run

SIGN = {"better": 1, "worse": -1, "tie": 0}
FEWEST = 6  # scenarios with a preference, below which a sign test cannot reach 0.05


@dataclass(frozen=True, slots=True)
class Preferred:
    """One subject against the baseline. The pairs are conversations, the sign test counts scenario families.

    ``consistent``: pairs whose two orders agree; ``first``: of the others, how many went to whoever stood first.
    """

    better: int
    worse: int
    tie: int
    errors: int
    scenarios_better: int
    scenarios_worse: int
    p: float
    consistent: int
    first: int

    @property
    def judged(self) -> int:
        return self.better + self.worse + self.tie


def preferred(pairs: Sequence[tuple[str, Preference]]) -> Preferred:
    """``pairs``: each with the family of its scenario."""
    words = [found.word for _, found in pairs]
    sums: dict[str, int] = defaultdict(int)
    for family, found in pairs:
        sums[family] += SIGN.get(found.word, 0)
    signs = [Fraction((net > 0) - (net < 0)) for net in sums.values()]
    orders = [
        [said["word"] for said in found.said] for _, found in pairs if found.word in SIGN and found.said
    ]
    turned = [said for said in orders if said[0] != said[1]]
    return Preferred(
        better=words.count("better"),
        worse=words.count("worse"),
        tie=words.count("tie"),
        errors=words.count("error"),
        scenarios_better=signs.count(Fraction(1)),
        scenarios_worse=signs.count(Fraction(-1)),
        p=stats.sign_flip(signs),
        consistent=len(orders) - len(turned),
        # In the first order the candidate stands first, in the second the baseline does.
        first=sum(said in (["better", "worse"], ["better", "tie"], ["tie", "worse"]) for said in turned),
    )


def preferences_of(run: Run, families: Mapping[str, str]) -> dict[int, Preferred]:
    """By the subject's position. ``families``: of each scenario."""
    pairs: dict[int, list[tuple[str, Preference]]] = defaultdict(list)
    found = Preference.objects.filter(conversation__run=run).select_related("conversation__subject")
    for one in found.only("word", "said", "conversation__scenario", "conversation__subject__position"):
        cell = one.conversation
        pairs[cell.subject.position].append((families[cell.scenario], one))
    return {position: preferred(each) for position, each in pairs.items()}


def as_data(found: Preferred, label: str, baseline: str) -> dict[str, Any]:
    """For the run's result."""
    return {
        "better": found.better,
        "worse": found.worse,
        "tie": found.tie,
        "errors": found.errors,
        "p": found.p,
        "consistent": found.consistent,
        "first": found.first,
        "sentence": sentence(found, label, baseline),
    }


def sentence(found: Preferred, label: str, baseline: str) -> str:
    if not found.judged:
        return "The judge could compare no pair."
    counts = (
        f"{found.better} for {label}, {found.worse} for {baseline}, {found.tie} tied"
        f" ({found.consistent} of {found.judged} the same in both orders)"
    )
    tests = f"{found.scenarios_better} scenarios to {found.scenarios_worse}, sign test p = {stats.shown_p(found.p)}"
    decided = found.scenarios_better + found.scenarios_worse
    if decided < FEWEST:
        return f"The judge’s preferences: {counts}. Too few scenarios with a preference to tell: {tests}."
    if found.p >= 0.05:
        return f"The judge’s preferences: {counts}. No difference can be told: {tests}."
    return f"The judge prefers {label if found.scenarios_better > found.scenarios_worse else baseline}: {counts}; {tests}."
