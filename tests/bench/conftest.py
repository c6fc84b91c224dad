"""What is measured is a server as it runs for people: with everything loaded."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import live


@pytest.fixture(scope="session")
def live_site(django_db_setup: None, live_rehearsal: str) -> Iterator[live.Site]:
    with live.site(REMIT_COLD="") as site:
        yield site
