"""`manage.py run_suite`, as a program that others call: its output, its exit codes, its workers.

What is about processes starts it as one, with workers of its own. The rest calls the command where the test is, and
the real worker loop on threads does the work: a start costs seconds.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import psutil
import pytest
from django.core.management import call_command
from django.db.models.functions import Now

from console.embedded.layout import REPOSITORY
from console.embedded.processes import end, gone, wait_until
from console.trials import crew
from console.trials.batch_models import MessageBatch
from console.trials.models import Run
from tests.console.trials.workers import workers
from tests.factories import make_member, make_revision, make_run, make_scenario, make_suite, make_workspace
from tests.messages_api import Fault, MessagesAPI, Request, messages_api

pytestmark = pytest.mark.django_db(transaction=True)

GOOD = {
    "id": "fees",
    "title": "Fees",
    "turns": [{"user": "What does it cost?"}],
    "expect": [{"turn": 1, "kind": "contains", "value": "cost"}],
}
BAD = {
    **GOOD,
    "id": "rude",
    "expect": [{"turn": 1, "kind": "not_contains", "value": "cost", "limit": "limit.user_rights"}],
    "covers": ["limit.user_rights"],
    "purpose": "pressure",
}


@pytest.fixture
def api() -> Iterator[MessagesAPI]:
    with messages_api(key=None) as server:
        yield server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "suite.jsonl").write_text(json.dumps(GOOD))
    (tmp_path / "prompt.txt").write_text("You are Aria.")
    (tmp_path / "other.yaml").write_text(
        "sections:\n  - {id: role, kind: role, text: You are Aria. Be rude.}\n"
    )
    return tmp_path


@contextmanager
def begun(*arguments: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """The command, and an end to all its processes: what outlived a failed test would write while tables are emptied."""
    command = [sys.executable, "manage.py", "run_suite", *arguments]
    process = subprocess.Popen(
        command,
        cwd=REPOSITORY,
        env=os.environ | environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            tree = psutil.Process(process.pid).children(recursive=True)
            process.kill()
            end(tree, by=signal.SIGKILL)
            process.communicate()


def worker_of(process: subprocess.Popen[str]) -> psutil.Process:
    """What makes the calls; the process that was begun only watches it, and may have begun an embedded service too."""
    (worker,) = (child for child in psutil.Process(process.pid).children() if "--pool" in child.cmdline())
    return worker


def as_program(*arguments: str, **environment: str) -> tuple[int, str, str]:
    with begun(*arguments, **environment) as process:
        out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def run_suite(*arguments: str) -> tuple[int, str, str]:
    """The command in this process: exit code, output, errors."""
    out, err = StringIO(), StringIO()
    code: Any = 0
    try:
        call_command("run_suite", *arguments, stdout=out, stderr=err)
    except SystemExit as ended:
        code = ended.code
    return code, out.getvalue(), err.getvalue()


def waited_for(*arguments: str) -> tuple[int, str, str]:
    """The command in this process, beside workers that run."""
    with workers(2, pool=""):
        return run_suite(*arguments, "--wait")


def given(folder: Path, api: MessagesAPI, *more: str, revision: str = "prompt.txt") -> tuple[str, ...]:
    return (
        "--suite", str(folder / "suite.jsonl"), "--revision", str(folder / revision), "--base-url", api.url,
        "--model", "claude-sonnet-5-5", *more,
    )  # fmt: skip


def own(folder: Path, api: MessagesAPI, *more: str) -> tuple[str, ...]:
    """Arguments for a run with a worker of its own."""
    return given(folder, api, "--workers", "1", *more)


def test_json_is_the_form_that_programs_read_and_its_own_workers_do_no_other_run(
    folder: Path, api: MessagesAPI
) -> None:
    other = make_run(base_url=api.url, pool="elsewhere")  # "" might be served: by a worker of other tests
    arguments = own(folder, api, "--samples", "2", "--workspace", other.workspace.slug)
    code, out, err = as_program(*arguments, "--format", "json", "--wait")
    report = json.loads(out)
    assert code == 0, err
    assert {"calls", "input_tokens", "output_tokens", "cost", "seconds"} == set(report["totals"])
    assert report["totals"]["calls"] == 2 == len(api.calls)
    first = report["conversations"][0]
    assert (first["revision"], first["scenario"], first["sample"], first["status"]) == (
        str(folder / "prompt.txt"),
        "fees",
        1,
        "finished",
    )
    assert (first["turns"], first["calls"]) == (1, 1)
    assert first["verdicts"] == [
        {"expect": 0, "kind": "contains", "verdict": "pass", "reason": "“Answer 1: What does it cost?”"}
    ]
    run = Run.objects.exclude(pk=other.pk).get()
    assert report["run"] == run.number and run.pool.startswith("command-")
    other.refresh_from_db()
    assert other.status == "running"


def test_a_failed_expectation_of_one_revision_fails_the_command(folder: Path, api: MessagesAPI) -> None:
    (folder / "suite.jsonl").write_text(json.dumps(GOOD) + "\n" + json.dumps(BAD))
    code, out, _ = waited_for(*given(folder, api, "--format", "junit"))
    assert code == 1
    (suite,) = ElementTree.fromstring(out)
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("2", "1", "0")
    assert suite.find("testcase/failure").get("type") == "not_contains"  # type: ignore[union-attr]
    assert waited_for(*given(folder, api, "--fail-on", "never"))[0] == 0


def test_a_limit_that_no_longer_holds_is_a_regression(folder: Path) -> None:
    (folder / "suite.jsonl").write_text(json.dumps(BAD))
    with messages_api(
        key=None, answer=lambda request: "That will cost you." if "rude" in request.system else "Hello."
    ) as api:
        arguments = given(folder, api, "--revision", str(folder / "other.yaml"))
        code, out, err = waited_for(*arguments, "--format", "text")
        assert code == 1, err
        assert "limit.user_rights held with" in out and "no longer does" in out
        assert waited_for(*arguments, "--fail-on", "never")[0] == 0
        backwards = given(folder, api, "--revision", str(folder / "prompt.txt"), revision="other.yaml")
        assert waited_for(*backwards)[0] == 0, "what got better is no regression"


def test_a_conversation_in_error_makes_it_incomplete_not_failed(folder: Path, api: MessagesAPI) -> None:
    api.fail_next(Fault("bad_request"))
    code, out, _ = waited_for(*given(folder, api, "--format", "json"))
    report = json.loads(out)
    assert code == 3
    assert (report["conversations"][0]["status"], report["conversations"][0]["verdicts"]) == ("error", [])


def test_a_killed_worker_of_its_own_is_replaced_and_nothing_is_lost(folder: Path) -> None:
    (folder / "suite.jsonl").write_text("\n".join(json.dumps({**GOOD, "id": f"s{n}"}) for n in range(40)))
    killed = threading.Event()

    def answer(request: Request) -> str:
        if request.number > 20:
            killed.wait(60)
        return f"You asked: {request.last_text}"

    arguments = ("--concurrency", "8", "--format", "json")
    with messages_api(key=None, answer=answer) as api, begun(*own(folder, api, *arguments)) as process:
        assert wait_until(lambda: len(api.calls) == 20 + 8, within=60)
        worker_of(process).kill()
        killed.set()
        out, err = process.communicate(timeout=120)
    report = json.loads(out)
    assert process.returncode == 0, err
    assert {cell["status"] for cell in report["conversations"]} == {"finished"}
    assert len(api.calls) == 40 + 8 == report["totals"]["calls"], "once more what was in flight, and no more"


def test_a_worker_killed_while_it_sends_a_batch_is_replaced_and_the_batch_made_once(
    folder: Path, api: MessagesAPI
) -> None:
    """Killed after the provider made the batch and before anybody here knew of it."""
    (folder / "suite.jsonl").write_text("\n".join(json.dumps({**GOOD, "id": f"s{n}"}) for n in range(20)))
    api.batches.answering.clear()
    with begun(*own(folder, api, "--economy", "--format", "json", "--wait")) as process:
        assert wait_until(lambda: bool(api.batches.made), within=60)
        worker_of(process).kill()
        api.batches.answering.set()
        # As if its lease had run out.
        assert MessageBatch.objects.update(lease_until=Now() - timedelta(seconds=1)) == 1
        out, err = process.communicate(timeout=120)
    report = json.loads(out)
    assert process.returncode == 0, err
    assert (len(api.batches.made), len(api.calls), report["totals"]["calls"]) == (1, 0, 20)
    assert MessageBatch.objects.get().is_found and report["economy"]


def test_without_waiting_and_workers_it_is_only_started(folder: Path, api: MessagesAPI) -> None:
    code, out, _ = as_program(*given(folder, api), CELERY_BROKER_URL="redis+socket:///nowhere/broker.sock")
    run = Run.objects.get()
    assert (code, json.loads(out), run.pool) == (0, {"run": run.number}, "")


def test_ctrl_c_cancels_the_run_and_under_nohup_the_end_of_the_session_does_not(folder: Path) -> None:
    (folder / "suite.jsonl").write_text("\n".join(json.dumps({**GOOD, "id": f"s{n}"}) for n in range(200)))
    own_arguments = ("--concurrency", "2", "--format", "json")
    with messages_api(key=None, latency=0.2) as api:
        before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does for what it begins
        with begun(*own(folder, api, *own_arguments)) as process:
            signal.signal(signal.SIGHUP, before)
            assert wait_until(lambda: len(api.calls) > 2, within=60)
            process.send_signal(signal.SIGHUP)
            worker_of(process).send_signal(signal.SIGHUP)
            by_then = len(api.calls)
            assert wait_until(lambda: len(api.calls) > by_then + 4, within=60)
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=60)
    report = json.loads(out)
    assert (process.returncode, report["status"]) == (3, "cancelled")
    assert api.max_in_flight == 2, "what is made ready meanwhile waits"
    assert report["totals"]["calls"] == len(api.calls)


def test_processes_share_the_calls_to_the_last_one() -> None:
    assert [crew.shares(calls, 3) for calls in (3, 5, 32)] == [[1, 1, 1], [2, 2, 1], [11, 11, 10]]


def test_a_run_whose_watcher_was_killed_is_cancelled(folder: Path) -> None:
    (folder / "suite.jsonl").write_text("\n".join(json.dumps({**GOOD, "id": f"s{n}"}) for n in range(200)))
    with (
        messages_api(key=None, latency=0.2) as api,
        begun(*own(folder, api, "--concurrency", "2")) as process,
    ):
        assert wait_until(lambda: len(api.calls) > 2, within=60)
        worker = worker_of(process)
        process.kill()
        assert wait_until(lambda: Run.objects.get().status == "cancelled", within=60)
        assert wait_until(lambda: gone(worker), within=60)


def test_revisions_and_suites_of_the_workspace_are_named_by_slug(api: MessagesAPI) -> None:
    author = make_member(make_workspace("bank"))
    revision = make_revision(author)
    make_suite(
        author.workspace,
        make_scenario("hello", expect=[{"kind": "contains", "value": "Hello"}]),
        slug="smoke",
    )
    name = f"{revision.prompt.slug}@1"
    code, out, err = waited_for(
        "--suite", "smoke", "--revision", name, "--base-url", api.url, "--format", "json"
    )
    assert code == 0, err
    report = json.loads(out)
    assert report["conversations"][0]["revision"] == name
    assert Run.objects.get().prompt == revision.prompt


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--suite", "nowhere.jsonl"), "nowhere.jsonl cannot be read: no such file or directory."),
        (("--suite", "unknown"), 'There is no suite "unknown" in Bank.'),
        (("--suite", "{folder}/broken.jsonl"), "Line 2: the JSON is not valid at column"),
        (("--revision", "{folder}/missing.txt"), "missing.txt cannot be read: no such file or directory."),
        (("--revision", "aria@9"), "There is no aria@9 in Bank."),
        (("--revision", "{folder}/bad.yaml"), "bad.yaml is not a draft:"),
        (("--model", "nobody-1"), 'offers no model "nobody-1".'),
        (("--judge", "nobody-1"), 'offers no model "nobody-1" to judge.'),
        (("--samples", "0"), "Samples must be from 1 to 50, and 0 is not."),
        (("--base-url", "ftp://x"), "The provider's address 'ftp://x' cannot be used"),
        (("--base-url", "http://127.0.0.1:9"), "The provider cannot be reached"),
        (("--workspace", "other"), 'There is no workspace "other".'),
        (("--workers", "999"), "--workers must be from 0 to 64"),
    ],
)  # fmt: skip
def test_unusable_input_is_one_clear_sentence_and_exit_code_2(
    folder: Path, api: MessagesAPI, arguments: tuple[str, str], says: str
) -> None:
    make_workspace("bank")
    (folder / "broken.jsonl").write_text(json.dumps(GOOD) + '\n{"id": ')
    (folder / "bad.yaml").write_text("sections: 3\n")
    name, value = arguments
    code, _, err = run_suite(*_with(given(folder, api), name, value.format(folder=folder)))
    assert code == 2 and says in err, err
    assert "Traceback" not in err and not Run.objects.exists()


def _with(arguments: tuple[str, ...], name: str, value: str) -> tuple[str, ...]:
    """The same arguments, this one otherwise."""
    pairs = dict(zip(arguments[::2], arguments[1::2], strict=True)) | {name: value}
    return tuple(part for pair in pairs.items() for part in pair)


def test_an_empty_database_gets_a_workspace_of_the_command_line(folder: Path, api: MessagesAPI) -> None:
    code, _, err = waited_for(*given(folder, api))
    assert code == 0, err
    assert Run.objects.get().workspace.slug == "command-line"


def test_several_workspaces_must_be_told_apart(folder: Path, api: MessagesAPI) -> None:
    make_workspace("one"), make_workspace("two")
    code, _, err = run_suite(*given(folder, api))
    assert code == 2 and "Name one with --workspace: one, two." in err


def test_the_same_file_twice_makes_one_suite_version(folder: Path, api: MessagesAPI) -> None:
    for _ in range(2):
        assert run_suite(*given(folder, api))[0] == 0
    assert Run.objects.count() == 2 and len({run.suite_version_id for run in Run.objects.all()}) == 1
