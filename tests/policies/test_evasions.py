"""A sample of blocked prompts through every disguise: the whole is measured by ``make bench``."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest

from policies.pack_library import load_pack
from policies.validate import validate
from tests.policies.evasions import EVASIONS, holds

CORPUS = Path(__file__).parent / "corpus" / "development.jsonl"
PACK = load_pack()
# What survives of the sample at least; a disguise that hides more than before is a step back.
LEAST = 0.85


@cache
def sample() -> list[tuple[str, str]]:
    """Every twelfth English prompt that is blocked as it stands, with what offends in it."""
    rows = [json.loads(line) for line in CORPUS.read_text("utf-8").splitlines()]
    ours = [
        row for row in rows if row["label"] == "block" and row["offending"] and row["offending"].isascii()
    ]
    found = [(row["text"], row["offending"]) for row in ours[::12] if row["offending"] in row["text"]]
    return [pair for pair in found if validate(pair[0], PACK).blocked]


@pytest.mark.parametrize("evasion", EVASIONS)
def test_a_disguise_hides_little(evasion: str) -> None:
    pairs = sample()
    assert len(pairs) >= 8
    held = sum(holds(text, offending, evasion, PACK) for text, offending in pairs)
    assert held >= LEAST * len(pairs), f"{held} of {len(pairs)}"
