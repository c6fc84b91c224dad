"""A backup while a run goes on and acts are recorded, restored elsewhere: the audit holds there, and the run goes on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from console.embedded.processes import wait_until
from tests.console.home.test_backups import Installation
from tests.console.trials.test_run_suite import GOOD
from tests.messages_api import messages_api

pytestmark = pytest.mark.chaos

CONVERSATIONS = 300
RECORD = """
from django.db import transaction
from console.audit.acts import Act
from console.audit.services import SYSTEM, record
while True:
    with transaction.atomic():
        record(chain="busy", actor=SYSTEM, act=Act.EXPORTED)
"""
GO_ON = """
import os, threading, time
from console.provider.gate import Gate
from console.trials import crew, sweeps
from console.trials.models import Run
stopping = threading.Event()
threading.Thread(target=crew.serve, args=("", 8, Gate(8), stopping, os.getppid()), daemon=True).start()
run = Run.objects.get()
while run.is_open:
    sweeps.put_right()
    time.sleep(0.2)
    run.refresh_from_db()
stopping.set()
"""
SHELL = ("shell", "--no-imports", "-c")


def test_a_backup_under_load_is_whole_and_its_run_goes_on_elsewhere(
    running_services: None, tmp_path: Path
) -> None:
    for name in ("busy", "spare"):
        (tmp_path / name).mkdir()
    busy, spare = Installation(tmp_path / "busy"), Installation(tmp_path / "spare")
    suite, prompt, file = tmp_path / "suite.jsonl", tmp_path / "prompt.txt", tmp_path / "remit.backup"
    suite.write_text("\n".join(json.dumps({**GOOD, "id": f"s{n}"}) for n in range(CONVERSATIONS)))
    prompt.write_text("You are Aria.")
    with messages_api(key=None, latency=0.3) as api:
        busy.good(
            "run_suite", "--suite", str(suite), "--revision", str(prompt), "--base-url", api.url,
            "--model", "claude-sonnet-5-5", "--concurrency", "8",
        )  # fmt: skip
        recording = busy.begin(*SHELL, RECORD)
        working = busy.begin(*SHELL, GO_ON, REMIT_LEASE_SECONDS="3")
        assert wait_until(lambda: len(api.calls) > 40, within=60)
        busy.good("backup", str(file), "--with-secret")
        calls = len(api.calls)
        for process in (recording, working):
            process.kill()
            process.communicate()
        assert calls < CONVERSATIONS, "the run was over before the backup was"

        assert "audit unbroken" in spare.good("restore", str(file))
        ((entries,),) = spare.ask("SELECT seq FROM audit_chain WHERE name = 'busy'")
        ((finished,),) = spare.ask("SELECT count(*) FROM trials_conversation WHERE status = 'finished'")
        assert entries > 0 and 0 < finished < CONVERSATIONS
        spare.good(*SHELL, GO_ON)
    assert spare.ask("SELECT status FROM trials_run") == [("finished",)]
    answered = "SELECT count(*), count(DISTINCT conversation_id) FROM trials_step WHERE ok"
    assert spare.ask(answered) == [(CONVERSATIONS, CONVERSATIONS)]
    print(
        f"\nbackup after {finished} of {CONVERSATIONS} conversations and {entries} entries: all there, run finished"
    )
