"""The same calls made by promptfoo, from npm, in a folder of its own: a peer for CPU per call and memory.

Telemetry, update checks and remote generation are off. ``REMIT_PROMPTFOO=/path/to/promptfoo`` uses one that is there.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import tempfile
from pathlib import Path

from console.embedded.layout import REPOSITORY
from tests.bench.measured import Measured, Memory, span
from tests.messages_api import messages_api

QUIET = {
    "PROMPTFOO_DISABLE_TELEMETRY": "1",
    "PROMPTFOO_DISABLE_UPDATE": "1",
    "PROMPTFOO_DISABLE_REMOTE_GENERATION": "1",
    "PROMPTFOO_DISABLE_SHARING": "1",
    "PROMPTFOO_CACHE_ENABLED": "false",
    "NO_UPDATE_NOTIFIER": "1",
}


class NotInstallable(Exception):
    """promptfoo cannot be had here; the message says why."""


def program() -> str:
    """Installed once into var/bench, which no commit holds. Raises NotInstallable."""
    if given := os.environ.get("REMIT_PROMPTFOO"):
        return given
    npm, folder = shutil.which("npm"), REPOSITORY / "var" / "bench" / "promptfoo"
    if npm is None:
        raise NotInstallable("there is no npm")
    found = folder / "node_modules" / ".bin" / "promptfoo"
    if not found.exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text('{"private": true}')
        done = subprocess.run(
            [npm, "install", "--no-audit", "--no-fund", "promptfoo"],
            cwd=folder,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise NotInstallable(f"npm cannot install it: {done.stderr.strip()[-300:]}")
    return str(found)


def measure(*, calls: int, latency: float, concurrency: int, prompt: str) -> Measured:
    """One turn each, the same prompt and the same expectation as ours."""
    run = program()
    with messages_api(latency=latency, key=None) as api, tempfile.TemporaryDirectory() as folder:
        config = {
            "prompts": [[{"role": "system", "content": prompt}, {"role": "user", "content": "{{question}}"}]],
            "providers": [
                {"id": "anthropic:messages:claude-sonnet-5-5", "config": {"apiBaseUrl": api.url, "max_tokens": 1024}}
            ],
            "tests": [
                {"vars": {"question": f"Question {n}: what does a transfer cost?"},
                 "assert": [{"type": "icontains", "value": "answer"}]}
                for n in range(calls)
            ],
        }  # fmt: skip
        prompts = Path(folder, "prompt.json")
        prompts.write_text(json.dumps(config["prompts"][0]))
        config["prompts"] = [f"file://{prompts}"]
        path = Path(folder, "promptfooconfig.json")
        path.write_text(json.dumps(config))
        environment = os.environ | QUIET | {
            "PROMPTFOO_CONFIG_DIR": folder, "ANTHROPIC_API_KEY": "none", "ANTHROPIC_BASE_URL": api.url, "HOME": folder,
        }  # fmt: skip
        command = [
            run, "eval", "--config", str(path), "--max-concurrency", str(concurrency), "--no-cache", "--no-table",
            "--no-progress-bar", "--output", str(Path(folder, "out.json")),
        ]  # fmt: skip
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        memory = Memory(process.pid)
        said, _ = process.communicate()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if len(api.calls) != calls:
            raise NotInstallable(f"it made {len(api.calls)} of {calls} calls: {said[-400:]}")
        return Measured(
            calls=calls,
            seconds=span(api),
            limit=calls * latency / concurrency,
            most_in_flight=api.max_in_flight,
            cpu=after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
            memory=memory.stop(),
            exit_code=process.returncode,
        )
