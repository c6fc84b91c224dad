"""Prints the validator's figures: ``make bench``."""

from __future__ import annotations

import pytest

from tests.bench.validator import main


@pytest.mark.bench
def test_validator_figures() -> None:
    main()
