"""Islands on a page of their own: the page of all parts without them, whose main element a test fills as it likes.

What an island asks of the server is answered at the socket, so that every answer can be had, the bad ones too.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests import live


@pytest.fixture(scope="session")
def live_site(debug_site: live.Site) -> live.Site:
    return debug_site


FILL = "html => { const main = document.querySelector('main'); main.innerHTML = html; htmx.process(main); }"


@pytest.fixture
def fill(page: Page) -> Callable[[str], Page]:
    """``fill(html)``: the page with nothing but this in its main element."""

    def filled(html: str) -> Page:
        page.goto("/style/bare/")
        page.evaluate(FILL, html)
        return page

    return filled
