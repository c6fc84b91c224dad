"""How well a judge agrees with people: counts and the numbers made of them, each tested against published figures.

Cohen 1960 (kappa); Fleiss, Cohen and Everitt 1969 (its large-sample standard error); Gwet 2008 (AC1); Wilson 1927.
Kappa alone misleads where one class is rare (Feinstein and Cicchetti 1990): AC1 and sensitivity stand beside it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from console.trials.stats import Z, wilson

FEWEST = 100  # rated verdicts below which a judge counts as uncalibrated
FEWEST_OF_A_CLASS = 30  # of the rarer of passes and failures, as people see them


@dataclass(frozen=True, slots=True)
class Agreement:
    """A table of two by two: what the judge said, and what people said."""

    both_pass: int = 0
    both_fail: int = 0
    only_judge_fails: int = 0
    only_people_fail: int = 0

    @property
    def n(self) -> int:
        return self.both_pass + self.both_fail + self.only_judge_fails + self.only_people_fail

    @property
    def people_fail(self) -> int:
        return self.both_fail + self.only_people_fail

    @property
    def rarer(self) -> int:
        return min(self.people_fail, self.n - self.people_fail)

    @property
    def is_calibrated(self) -> bool:
        return self.n >= FEWEST and self.rarer >= FEWEST_OF_A_CLASS

    @property
    def raw(self) -> float | None:
        """The share on which they agree."""
        return (self.both_pass + self.both_fail) / self.n if self.n else None

    @property
    def _judge_fails(self) -> float:
        return (self.both_fail + self.only_judge_fails) / self.n

    @property
    def _chance(self) -> float:
        """The agreement that their shares alone would bring."""
        judge, people = self._judge_fails, self.people_fail / self.n
        return judge * people + (1 - judge) * (1 - people)

    @property
    def kappa(self) -> float | None:
        """Cohen's; None where one class is absent on both sides (0/0) or nothing is rated."""
        if self.raw is None or self._chance == 1:
            return None
        return (self.raw - self._chance) / (1 - self._chance)

    @property
    def kappa_interval(self) -> tuple[float, float] | None:
        """95 %, from the large-sample standard error."""
        kappa = self.kappa
        if kappa is None:
            return None
        n, chance = self.n, self._chance
        judge = (self._judge_fails, 1 - self._judge_fails)
        people = (self.people_fail / n, 1 - self.people_fail / n)
        cells = (
            (self.both_fail / n, self.only_judge_fails / n),
            (self.only_people_fail / n, self.both_pass / n),
        )
        same = sum(cells[i][i] * (1 - (judge[i] + people[i]) * (1 - kappa)) ** 2 for i in (0, 1))
        other = sum(cells[i][1 - i] * (people[i] + judge[1 - i]) ** 2 for i in (0, 1))
        variance = same + (1 - kappa) ** 2 * other - (kappa - chance * (1 - kappa)) ** 2
        half = Z * math.sqrt(max(0.0, variance) / n) / (1 - chance)
        return max(-1.0, kappa - half), min(1.0, kappa + half)

    @property
    def ac1(self) -> float | None:
        """Gwet's coefficient, which a rare class does not pull down."""
        if self.raw is None:
            return None
        mean = (self._judge_fails + self.people_fail / self.n) / 2
        chance = 2 * mean * (1 - mean)
        return (self.raw - chance) / (1 - chance)

    @property
    def sensitivity(self) -> tuple[float, float, float] | None:
        """Of what people fail, the share that the judge fails, with its interval."""
        return _share(self.both_fail, self.people_fail)

    @property
    def specificity(self) -> tuple[float, float, float] | None:
        """Of what people pass, the share that the judge passes."""
        return _share(self.both_pass, self.both_pass + self.only_judge_fails)


def _share(part: int, whole: int) -> tuple[float, float, float] | None:
    return (part / whole, *wilson(part / whole, whole)) if whole else None


def agreement(pairs: Iterable[tuple[str, str]]) -> Agreement:
    """``pairs``: the judge's word and the people's, each pass or fail."""
    words = list(pairs)
    return Agreement(
        both_pass=words.count(("pass", "pass")),
        both_fail=words.count(("fail", "fail")),
        only_judge_fails=words.count(("fail", "pass")),
        only_people_fail=words.count(("pass", "fail")),
    )
