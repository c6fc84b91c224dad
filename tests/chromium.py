"""Finding a Chromium for the browser tests, and (``python -m tests.chromium``) installing one where there is none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

MISSING = (
    "NO BROWSER: there is no Chromium and none could be installed, so the tests in tests/browser are skipped. "
    "Install one (Debian: apt install chromium; others: .venv/bin/playwright install --with-deps chromium), "
    "or name one in REMIT_CHROMIUM."
)


def find_chromium(of_playwright: str) -> str | None:
    """The one named, the system's, or Playwright's own download."""
    system = (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
    found = (os.environ.get("REMIT_CHROMIUM"), *system, of_playwright)
    return next((path for path in found if path and Path(path).exists()), None)


def install() -> bool:
    """By the system's packages, else by Playwright's installer; whether there is one now."""
    tries = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        tries.insert(
            0, ["sh", "-c", "apt-get -q update && apt-get -qy install --no-install-recommends chromium"]
        )
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
