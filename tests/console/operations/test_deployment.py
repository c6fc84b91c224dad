"""Under the settings of a production, Django's own check of a deployment finds nothing."""

from __future__ import annotations

import os
import subprocess
import sys

from console.embedded.layout import REPOSITORY


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=REPOSITORY,
        # Playwright's loop makes pytest-django set it in this process.
        env={k: v for k, v in os.environ.items() if k != "DJANGO_ALLOW_ASYNC_UNSAFE"} | environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_check_deploy_is_clean(running_services):
    done = manage(
        "check",
        "--deploy",
        "--fail-level",
        "INFO",
        SECRET_KEY="q8Zt2LmWc7RxVb4NyKd9Hs1PfGjQe6UaTz8qLw3Xn5Bv7McRt2Yp",
        REMIT_URL="https://remit.example",
        REMIT_HOSTS="remit.example",
        REMIT_LOG_FORMAT="json",
        REMIT_OIDC_ISSUER="https://login.example",
        REMIT_OIDC_CLIENT_ID="remit",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no issues" in done.stdout
