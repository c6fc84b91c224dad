"""Finding a Chromium for the browser tests, and (``python -m tests.chromium``) installing one where there is none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

OF_DEBIAN = (
    "apt-get -q update; for name in chromium-headless-shell chromium; do "
    "apt-get -qy install --no-install-recommends $name && exit; done; exit 1"
)
MISSING = (
    "NO BROWSER: there is no Chromium and none could be installed, so the tests in tests/browser are skipped. "
    "Install one (Debian: apt install chromium-headless-shell; others: .venv/bin/playwright install --with-deps chromium), "
    "or name one in REMIT_CHROMIUM."
)


def find_chromium(of_playwright: str) -> str | None:
    """The one named, the system's, or Playwright's own download.

    Rather the shell that can show no window: the tests need a quarter less of the processor with it.
    """
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    system = (shutil.which(name) for name in names)
    found = (os.environ.get("REMIT_CHROMIUM"), *system, *_shells(Path(of_playwright)), of_playwright)
    return next((path for path in found if path and Path(path).exists()), None)


def _shells(of_playwright: Path) -> list[str]:
    """Playwright names its whole Chromium only; the shell of the same number lies in a folder beside it."""
    for folder in of_playwright.parents:
        if folder.name.startswith("chromium-"):
            number = folder.name.removeprefix("chromium-")
            found = folder.parent.glob(f"chromium_headless_shell-{number}/*/*headless[-_]shell")
            return [str(path) for path in found]
    return []


def install() -> bool:
    """By the system's packages, else by Playwright's installer; whether there is one now."""
    playwright = [sys.executable, "-m", "playwright", "install"]
    tries = [[*playwright, "--only-shell", "chromium"], [*playwright, "chromium"]]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        tries.insert(0, ["sh", "-c", OF_DEBIAN])
    for command in tries:
        print(f"Installing Chromium: {' '.join(command)}", flush=True)
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        )
        if done.returncode == 0 and installed():
            return True
    return False


def installed() -> bool:
    with sync_playwright() as playwright:
        return find_chromium(playwright.chromium.executable_path) is not None


if __name__ == "__main__" and not installed() and not install():
    print(f"\n{MISSING}\n", file=sys.stderr, flush=True)
    sys.exit(1 if os.environ.get("CI") else 0)
