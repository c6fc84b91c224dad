"""The sign test over a judge's preferences, and what may be said of it."""

from __future__ import annotations

from console.trials.models import Preference
from console.trials.preferences import preferred, sentence


def pair(family: str, word: str, *said: str) -> tuple[str, Preference]:
    orders = [{"word": one, "why": ""} for one in said or (word, word)]
    return family, Preference(word=word, said=orders)


def test_scenarios_count_once_however_many_samples_they_have() -> None:
    found = preferred([pair("a", "better")] * 50 + [pair("b", "worse")])
    assert (found.better, found.worse, found.scenarios_better, found.scenarios_worse) == (50, 1, 1, 1)
    assert found.p == 1.0


def test_the_sign_test_is_the_exact_binomial() -> None:
    found = preferred([pair(f"s{n}", "better") for n in range(8)] + [pair("t", "tie", "better", "worse")])
    assert round(found.p, 4) == 0.0078 and (found.consistent, found.first) == (8, 1)
    assert sentence(found, "r2", "r1").startswith("The judge prefers r2: 8 for r2, 0 for r1, 1 tied")
    few = preferred([pair(f"s{n}", "worse") for n in range(5)])
    assert few.p == 0.0625 and "Too few scenarios" in sentence(few, "r2", "r1")
    even = preferred([pair(f"s{n}", "worse" if n % 2 else "better") for n in range(8)])
    assert "No difference can be told" in sentence(even, "r2", "r1")


def test_errors_are_no_ties() -> None:
    found = preferred([pair("a", "error", "error", "tie")])
    assert (found.errors, found.tie, found.judged) == (1, 0, 0)
    assert sentence(found, "r2", "r1") == "The judge could compare no pair."
