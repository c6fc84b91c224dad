from __future__ import annotations

import pytest

from console.accounts import bearer
from tests.console.api.program import team  # noqa: F401 (a fixture)


@pytest.fixture(autouse=True)
def _fresh_rates():
    for rate in (bearer.rate_of_token, bearer.rate_of_fetches, bearer.rate_of_refusals):
        rate.cache_clear()
