"""Every check's examples hold: what its page shows as blocked is found, what it shows as allowed passes."""

from __future__ import annotations

import pytest

from policies.checks import CHECKS, check_for
from policies.checks.base import Check, FrameCheck, MoveCheck
from policies.findings import Severity
from policies.text.frames import parse
from tests.policies.text.lexicons import lexicon, scanned

TEXT = [check for check in CHECKS if issubclass(check, FrameCheck)]
BLOCKS = [(check, text) for check in TEXT for text in check.blocks]
PASSES = [(check, text) for check in TEXT for text in check.passes]


def raised(text: str) -> set[str]:
    scan = scanned(text)
    return {finding.code for finding in scan.findings} | {move.code for move in scan.moves}


@pytest.mark.parametrize(("check", "text"), BLOCKS)
def test_what_a_check_shows_as_wrong_is_found(check: type[Check], text: str) -> None:
    assert check.code in raised(text)


@pytest.mark.parametrize(("check", "text"), PASSES)
def test_what_a_check_shows_as_right_passes(check: type[Check], text: str) -> None:
    assert check.code not in raised(text)
    assert not [f for f in scanned(text).findings if f.severity is Severity.BLOCK]


@pytest.mark.parametrize("check", TEXT)
def test_a_check_is_documented(check: type[FrameCheck]) -> None:
    assert check.title and check.why and check.fix and check.blocks and check.passes and check.rule
    assert issubclass(check, MoveCheck) or check.rule.split(".")[0] in {"limit", "honesty", "ethics"}


@pytest.mark.parametrize("check", TEXT)
def test_every_class_that_a_frame_names_is_in_the_pack(check: type[FrameCheck]) -> None:
    for source in (*check.frames, *check.doubtful):
        for part in parse(source, lexicon()).parts:
            assert all(item.mask for item in part.items), source


def test_codes_are_unique() -> None:
    assert len({check.code for check in CHECKS}) == len(CHECKS)
    assert check_for("DSC101") is not None
    assert check_for("XXX999") is None
