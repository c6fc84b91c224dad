"""A real Chromium on the real site: pages that fail the test when the browser complains, pictures, accessibility."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect, sync_playwright

from console.embedded.layout import REPOSITORY
from tests.chromium import MISSING, find_chromium
from tests.live import Site, site

PICTURES = REPOSITORY / "test-results"
AXE = REPOSITORY / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# What another look of a page that was checked can break: in the dark its colours, on a phone what moves and appears.
COLOURS = ["color-contrast", "link-in-text-block"]
LAYOUT = [
    "target-size",
    "scrollable-region-focusable",
    "aria-hidden-focus",
    "button-name",
    "link-name",
    "label",
    "select-name",
    "region",
]
OPTIONS = {
    "all": {"runOnly": RULES},
    "colours": {"runOnly": COLOURS},
    "layout": {"runOnly": LAYOUT},
}
# Of what passes nobody reads anything, so that nothing need be gathered of it; there are no frames.
LEAN = {
    "resultTypes": ["violations"],
    "ancestry": False,
    "xpath": False,
    "selectors": False,
    "iframes": False,
}
DESKTOP: Any = {"width": 1440, "height": 900}
PHONE: Any = {"width": 390, "height": 844}
TIMEOUT = 20_000  # milliseconds; what takes so long on a busy machine is not broken
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    # Playwright's loop lives in this thread, and Django would take every query for one from asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        executable = find_chromium(playwright.chromium.executable_path)
        if executable is None:
            (pytest.fail if os.environ.get("CI") else pytest.skip)(MISSING)
        chromium = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        expect.set_options(timeout=TIMEOUT)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def debug_site(django_db_setup: None) -> Iterator[Site]:
    """The page of all parts exists in debug only."""
    with site(REMIT_DEBUG="1") as running:
        yield running


class SharedPage:
    """The page that the tests of a file use one after the other: a process of its own for each costs half a test."""

    def __init__(self, browser: Browser, site: str) -> None:
        self._browser = browser
        self._site = site
        self._page: Page | None = None

    def open(self, complaints: list[str]) -> Page:
        if self._page is None or self._page.is_closed():
            self.close()
            self._page = _open(self._browser, self._site, viewport=DESKTOP, color_scheme="light")
        self._page.complaints = complaints  # type: ignore[attr-defined]
        return self._page

    def clean(self) -> None:
        """Take back what a test did. An address of the site keeps the process, which an empty page would end."""
        if self._page is None or self._page.is_closed():
            return
        page, context = self._page, self._page.context
        page.complaints = []  # type: ignore[attr-defined]  # of what a page says while it is left no test is to blame
        for other in context.pages:
            if other is not page:
                other.close()
        page.unroute_all(behavior="ignoreErrors")
        context.unroute_all(behavior="ignoreErrors")
        page.goto("/healthz")
        page.evaluate("localStorage.clear(), sessionStorage.clear()")
        context.clear_cookies()
        page.emulate_media(color_scheme="light")
        page.set_viewport_size(DESKTOP)

    def close(self) -> None:
        if self._page is not None:
            self._page.context.close()
            self._page = None


FAILED = pytest.StashKey[bool]()
# Chromium logs every refused request; a 422 or 409 is an answer that pages deal with.
# htmx logs a request that the next page cut off.
EXPECTED = re.compile(
    r"Failed to load resource: .* status of (401|403|409|413|422)|htmx:(sendAbort|afterRequest), "
)

NewPage = Callable[..., Page]


@pytest.fixture
def complaints(transactional_db: None) -> Iterator[list[str]]:
    """What the test's pages complain of: it fails at its end if one logged an error, threw, broke the content security
    policy, or asked for anything outside the site. What a test means to provoke it takes from ``page.complaints``.
    """
    heard: list[str] = []
    yield heard
    assert not heard, "the browser complained:\n" + "\n".join(heard)


@pytest.fixture
def new_page(
    request: pytest.FixtureRequest, browser: Browser, live_site: Site, complaints: list[str]
) -> Iterator[NewPage]:
    """``new_page(width=1440, height=900, color_scheme="light", **context)``: each in a browser profile of its own."""
    pages: list[Page] = []
    with ExitStack() as stack:

        def make(
            *,
            width: int = 1440,
            height: int = 900,
            color_scheme: str = "light",
            base_url: str = "",
            **options: Any,
        ) -> Page:
            page = _open(
                browser,
                base_url or live_site.url,
                viewport={"width": width, "height": height},
                color_scheme=color_scheme,
                **options,
            )
            stack.callback(page.context.close)
            page.complaints = complaints  # type: ignore[attr-defined]
            pages.append(page)
            return page

        yield make
        if request.node.stash.get(FAILED, False):
            _show_failure(request.node.name, pages)


@pytest.fixture(scope="module")
def shared(browser: Browser, live_site: Site) -> Iterator[SharedPage]:
    page = SharedPage(browser, live_site.url)
    yield page
    page.close()


@pytest.fixture
def page(request: pytest.FixtureRequest, shared: SharedPage, complaints: list[str]) -> Iterator[Page]:
    """A page as new. Whoever does what cannot be taken back asks for ``throw_page_away`` too."""
    page = shared.open(complaints)
    yield page
    if request.node.stash.get(FAILED, False):
        _show_failure(f"{request.node.name}-page", [page])
        shared.close()
    else:
        shared.clean()


@pytest.fixture
def throw_page_away(page: Page, shared: SharedPage) -> Iterator[None]:
    """After a test that installs a clock, a script for every page or a listener: they stay as long as the page."""
    yield
    shared.close()


SignIn = Callable[[Page, Any], None]


@pytest.fixture
def sign_in(live_site: Site) -> SignIn:
    """``sign_in(page, user)``: a session of the user in the page's profile, without the form."""

    def enter(page: Page, user: Any) -> None:
        from django.conf import settings
        from django.test import Client

        client = Client()
        client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
        value = client.cookies[settings.SESSION_COOKIE_NAME].value
        page.context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": live_site.url}]
        )

    return enter


Shoot = Callable[..., None]


@pytest.fixture
def shoot() -> Shoot:
    """``shoot(page, "name")``: test-results/name.png for somebody to look at, of the whole page with REMIT_PICTURES=1.

    Without it only what is asked for ``always`` is pictured, as far as the window shows it.
    """

    def picture(page: Page, name: str, *, always: bool = False) -> None:
        whole = bool(os.environ.get("REMIT_PICTURES"))
        if whole or always:
            PICTURES.mkdir(exist_ok=True)
            page.screenshot(path=PICTURES / f"{name}.png", full_page=whole)

    return picture


AssertAccessible = Callable[..., None]
InEveryLook = Callable[[Page, str], None]


@pytest.fixture
def assert_accessible() -> AssertAccessible:
    """``assert_accessible(page)``: axe-core finds nothing (WCAG 2.2 AA and good practice).

    Of a page that is checked as it is ("all"), the dark look needs only ``"colours"``, and the narrow one, where parts
    move, hide and appear, ``"layout"``.
    """

    def check(page: Page, what: str = "all") -> None:
        assert AXE.exists(), "axe-core is missing: run `npm ci`"
        # Evaluated by the debugger, not inserted as a script: the page's policy stays as strict as it is.
        if not page.evaluate("'axe' in window"):
            page.evaluate(AXE.read_text())
        with _all_in_view(page):
            # Only what it found: handing over what is well takes longer than the whole check.
            found = page.evaluate(
                "options => axe.run(options).then(({violations}) => violations)", OPTIONS[what] | LEAN
            )
        assert not found, "\n".join(_describe(violation) for violation in found)

    return check


@pytest.fixture
def in_every_look(assert_accessible: AssertAccessible, shoot: Shoot) -> InEveryLook:
    """``in_every_look(page, "name")``: as it is open, in the dark and as on a phone, it is accessible and fits.

    It is loaded once: of colours and widths nothing but the style sheets takes notice.
    """

    def look(page: Page, name: str, what: str) -> None:
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} scrolls sideways"
        assert_accessible(page, what)
        shoot(page, name)

    def check(page: Page, name: str) -> None:
        usual: Any = page.viewport_size
        look(page, name, "all")
        page.emulate_media(color_scheme="dark")
        look(page, f"{name}-dark", "colours")
        page.emulate_media(color_scheme="light")
        page.set_viewport_size(PHONE)
        look(page, f"{name}-390", "layout")
        page.set_viewport_size(usual)

    return check


@contextmanager
def _all_in_view(page: Page) -> Iterator[None]:
    """A window as high as the page: bars that stick cover what scrolls, and axe takes what is left for a small target."""
    size = page.viewport_size
    assert size is not None
    height = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": size["width"], "height": max(size["height"], height)})
    try:
        yield
    finally:
        page.set_viewport_size(size)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report: Any = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


def _show_failure(test: str, pages: list[Page]) -> None:
    """A failed test leaves a picture of every page that it had open."""
    PICTURES.mkdir(exist_ok=True)
    for number, page in enumerate(pages):
        with suppress(Error):
            page.screenshot(path=PICTURES / f"failed-{test[:80].replace('/', '_')}-{number}.png")


def _describe(violation: dict[str, Any]) -> str:
    places = [f"    {node['html'][:160]}\n      {node['failureSummary']}" for node in violation["nodes"][:5]]
    return "\n".join([f"{violation['id']}: {violation['help']} ({len(violation['nodes'])} places)", *places])


def _open(browser: Browser, site: str, **options: Any) -> Page:
    """A page in a profile of its own. What it complains of goes to its ``complaints``."""
    context = browser.new_context(base_url=site, reduced_motion="reduce", **options)
    page = context.new_page()
    page.set_default_timeout(TIMEOUT)
    page.set_default_navigation_timeout(3 * TIMEOUT)  # the first page of a site that has just started
    _listen(context, site, lambda said: page.complaints.append(said))  # type: ignore[attr-defined]
    return page


def _listen(context: BrowserContext, site: str, say: Callable[[str], None]) -> None:
    def request(request: Any) -> None:
        if not request.url.startswith((site, "data:", "blob:")):
            say(f"a request left the site: {request.url}")

    def message(message: Any) -> None:
        if message.type == "error" and not EXPECTED.search(message.text):
            say(f"console: {message.text} ({message.location.get('url', '')})")

    context.on("request", request)
    context.on("console", message)
    context.on("weberror", lambda error: say(f"thrown: {error.error}"))
