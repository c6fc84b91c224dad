"""schemathesis against the API of a running console (``make chaos``): thousands of requests, made of its own description.

It is fetched into an environment of its own by uv, since it brings a dozen packages that nothing else here needs.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from console.accounts.models import Right
from console.accounts.tokens import create_token
from tests import live
from tests.console.api.program import team, two_releases  # noqa: F401 (a fixture)
from tests.factories import make_finished_run, make_suite

EXAMPLES = int(os.environ.get("REMIT_FUZZ_EXAMPLES", "60"))
# A draft, a source or a suite's name is refused for what it means, with 422: no schema says which are good.
NOT_FOR_US = "positive_data_acceptance"
# What is there, so that more than half of the requests come further than “not found”. Run 1 is over: nobody waits for it.
THERE = """
[dictionaries]
slugs.values = ["aria"]
labels.values = ["production", "staging"]
numbers.values = [1]
suites.values = ["hello"]
revisions.values = ["aria@1", "aria@2", "aria@production"]
[parameters]
"path.slug" = { dictionary = "slugs", probability = 0.7 }
"path.label" = { dictionary = "labels", probability = 0.7 }
"path.number" = { dictionary = "numbers", probability = 0.7 }
"body.suite" = { dictionary = "suites", probability = 0.7 }
"body.revisions.[*]" = { dictionary = "revisions", probability = 0.7 }
"body.release" = { dictionary = "numbers", probability = 0.7 }
"""


@pytest.mark.chaos
@pytest.mark.django_db(transaction=True)
def test_schemathesis_finds_nothing(live_rehearsal, team, tmp_path):  # noqa: F811
    first, _ = two_releases(team)
    make_finished_run(first.revision)
    (tmp_path / "schemathesis.toml").write_text(THERE)
    make_suite(team["all"].workspace, slug="hello")
    _, secret = create_token(
        member=team["all"], name="fuzz", scopes=["*@*"], expires_at=None, rights=Right.values
    )
    uv = [sys.executable, "-m", "uv", "tool", "run", "--from", "schemathesis>=4.32,<5", "schemathesis"]
    if subprocess.run([*uv, "--version"], capture_output=True, check=False).returncode:
        pytest.skip("schemathesis cannot be fetched here")
    with live.site(REMIT_API_RATE="0", REMIT_REFUSED_RATE="0") as site:
        done = subprocess.run(
            [
                *uv, "run", f"{site.url}/api/v1/openapi.json", "--header", f"Authorization: Bearer {secret}",
                "--checks", "all", "--exclude-checks", NOT_FOR_US, "--phases", "examples,coverage,fuzzing",
                "--max-examples", str(EXAMPLES), "--continue-on-failure", "--request-timeout", "70", "--no-color",
            ],
            cwd=tmp_path,  # it keeps a folder of its own
            capture_output=True,
            text=True,
            check=False,
        )  # fmt: skip
        log = site.process.log.read_text(errors="replace")
    print(done.stdout[-3000:])
    assert done.returncode == 0, done.stdout[-8000:]
    assert re.search(r"\d+ generated", done.stdout)
    assert "Traceback" not in log, log[-4000:]
