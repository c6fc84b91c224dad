"""The heartbeat outlives a test's block: what it still has to tell is told before the database is taken away."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from console.embedded.processes import wait_until
from console.trials.pulse import pulse


@pytest.fixture(autouse=True)
def resting_pulse(request: pytest.FixtureRequest) -> Iterator[None]:
    needs_database = {"db", "transactional_db"} & set(request.fixturenames)
    yield
    if needs_database or request.node.get_closest_marker("django_db"):
        assert wait_until(lambda: pulse.is_at_rest, within=5)
