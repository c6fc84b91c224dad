"""Figures on labelled prompts do not fall behind what was reached. The floors are regression guards, not goals."""

from __future__ import annotations

import pytest

from tests.bench.validator import blocked_by, read

FLOORS = [
    ("development", 0.77, 0.011),
    ("independent", 0.64, 0.011),
    ("heldout", 0.60, 0.16),
    ("near_misses", 0.54, 0.035),
    ("neighbours", 0.40, 0.16),
    ("plain", 0.68, 0.045),
]


@pytest.mark.parametrize(("name", "recall", "false_blocks"), FLOORS)
def test_figures_hold(name: str, recall: float, false_blocks: float) -> None:
    rows = read(name)
    wrong = [row for row in rows if row.label == "block"]
    fine = [row for row in rows if row.label == "allow"]
    assert sum(bool(blocked_by(row.text)) for row in wrong) >= recall * len(wrong)
    assert sum(bool(blocked_by(row.text)) for row in fine) <= false_blocks * len(fine)
