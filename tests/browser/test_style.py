"""The page of all parts: nothing to complain about in any theme or width, and every island does its work."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests import live


@pytest.fixture(scope="module")
def live_site(django_db_setup: None) -> Iterator[live.Site]:
    """The page exists in debug only, so these tests have a server of their own."""
    with live.site(REMIT_DEBUG="1") as site:
        yield site


@pytest.fixture
def open_style(new_page: Callable[..., Page]) -> Callable[..., Page]:
    def opened(**options: object) -> Page:
        page = new_page(**options)
        page.goto("/style/")
        expect(page.locator(".cm-content").nth(1)).to_be_visible()
        return page

    return opened


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_no_part_fails_anybody(open_style, assert_accessible, shoot, color_scheme: str, width: int) -> None:
    page = open_style(color_scheme=color_scheme, width=width)
    shoot(page, f"style-{color_scheme}-{width}")
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
