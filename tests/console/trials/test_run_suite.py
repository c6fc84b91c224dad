"""`manage.py run_suite`, as a program that others call: its output, its exit codes, its workers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import psutil
import pytest
from django.core.management import call_command

from console.embedded.layout import REPOSITORY
from console.embedded.processes import wait_until
from console.trials.models import Run
from tests.factories import make_member, make_revision, make_run, make_scenario, make_suite, make_workspace
from tests.messages_api import Fault, MessagesAPI, messages_api

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


def begin(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    command = [sys.executable, "manage.py", "run_suite", *arguments]
    return subprocess.Popen(
        command,
        cwd=REPOSITORY,
        env=os.environ | environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def run_suite(*arguments: str, **environment: str) -> tuple[int, str, str]:
    process = begin(*arguments, **environment)
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def own(folder: Path, api: MessagesAPI, *more: str, revision: str = "prompt.txt") -> tuple[str, ...]:
    """Arguments for a run with a worker of its own."""
    return (
        "--suite", str(folder / "suite.jsonl"), "--revision", str(folder / revision), "--base-url", api.url,
        "--model", "claude-sonnet-5-5", "--workers", "1", *more,
    )  # fmt: skip


def test_json_is_the_form_that_programs_read(folder: Path, api: MessagesAPI) -> None:
    code, out, err = run_suite(*own(folder, api, "--samples", "2", "--format", "json", "--wait"))
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
    assert report["run"] == Run.objects.get().number


def test_a_failed_expectation_of_one_revision_fails_the_command(folder: Path, api: MessagesAPI) -> None:
    (folder / "suite.jsonl").write_text(json.dumps(GOOD) + "\n" + json.dumps(BAD))
    code, out, _ = run_suite(*own(folder, api, "--format", "junit"))
    assert code == 1
    (suite,) = ElementTree.fromstring(out)
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("2", "1", "0")
    assert suite.find("testcase/failure").get("type") == "not_contains"  # type: ignore[union-attr]
    assert run_suite(*own(folder, api, "--fail-on", "never"))[0] == 0


def test_a_limit_that_no_longer_holds_is_a_regression(folder: Path) -> None:
    (folder / "suite.jsonl").write_text(json.dumps(BAD))
    with messages_api(
        key=None, answer=lambda request: "That will cost you." if "rude" in request.system else "Hello."
    ) as api:
        arguments = (*own(folder, api), "--revision", str(folder / "other.yaml"))
        code, out, err = run_suite(*arguments, "--format", "text")
        assert code == 1, err
        assert "limit.user_rights held with" in out and "no longer does" in out
        assert run_suite(*arguments, "--fail-on", "never")[0] == 0
        backwards = (*own(folder, api, revision="other.yaml"), "--revision", str(folder / "prompt.txt"))
        assert run_suite(*backwards)[0] == 0, "what got better is no regression"


def test_a_conversation_in_error_makes_it_incomplete_not_failed(folder: Path, api: MessagesAPI) -> None:
    api.fail_next(Fault("bad_request"))
    code, out, _ = run_suite(*own(folder, api, "--format", "json"))
    report = json.loads(out)
    assert code == 3
    assert (report["conversations"][0]["status"], report["conversations"][0]["verdicts"]) == ("error", [])


def test_a_killed_worker_of_its_own_is_replaced_and_nothing_is_lost(folder: Path) -> None:
    lines = [json.dumps({**GOOD, "id": f"s{n}"}) for n in range(80)]
    (folder / "suite.jsonl").write_text("\n".join(lines))
    with messages_api(key=None, latency=0.1) as api:
        process = begin(*own(folder, api, "--concurrency", "8", "--format", "json"))
        assert wait_until(lambda: len(api.calls) > 20, within=60)
        workers = [
            child
            for child in psutil.Process(process.pid).children(recursive=True)
            if "console.trials.crew" in child.cmdline()
        ]
        assert len(workers) == 1
        workers[0].kill()
        out, err = process.communicate(timeout=120)
    report = json.loads(out)
    assert process.returncode == 0, err
    assert {cell["status"] for cell in report["conversations"]} == {"finished"}
    assert 80 <= len(api.calls) <= 80 + 8 and report["totals"]["calls"] >= len(api.calls)


def test_without_waiting_and_workers_it_is_only_started(folder: Path, api: MessagesAPI) -> None:
    code, out, _ = run_suite(*own(folder, api)[:-2], CELERY_BROKER_URL="redis+socket:///nowhere/broker.sock")
    run = Run.objects.get()
    assert (code, json.loads(out), run.pool) == (0, {"run": run.number}, "")


def test_its_own_workers_do_no_other_run(folder: Path, api: MessagesAPI) -> None:
    other = make_run(base_url=api.url, pool="elsewhere")  # "" might be served: by a worker of other tests
    run_suite(*own(folder, api, "--fail-on", "never", "--workspace", other.workspace.slug))
    assert Run.objects.exclude(pk=other.pk).get().pool.startswith("command-")
    other.refresh_from_db()
    assert (other.status, len(api.calls)) == ("running", 1)


def test_ctrl_c_cancels_the_run(folder: Path) -> None:
    (folder / "suite.jsonl").write_text("\n".join(json.dumps({**GOOD, "id": f"s{n}"}) for n in range(200)))
    with messages_api(key=None, latency=0.2) as api:
        process = begin(*own(folder, api, "--concurrency", "2", "--format", "json"))
        assert wait_until(lambda: len(api.calls) > 2, within=60)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 3
    assert json.loads(out)["status"] in ("cancelled", "cancelling")


def test_revisions_and_suites_of_the_workspace_are_named_by_slug(api: MessagesAPI) -> None:
    author = make_member(make_workspace("bank"))
    revision = make_revision(author)
    make_suite(
        author.workspace,
        make_scenario("hello", expect=[{"kind": "contains", "value": "Hello"}]),
        slug="smoke",
    )
    name = f"{revision.prompt.slug}@1"
    code, out, err = run_suite(
        "--suite", "smoke", "--revision", name, "--base-url", api.url, "--workers", "1", "--format", "json"
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
        (("--samples", "0"), "Samples must be from 1 to 50, and 0 is not."),
        (("--base-url", "ftp://x"), "The provider's address 'ftp://x' cannot be used"),
        (("--base-url", "http://127.0.0.1:9"), "The provider cannot be reached"),
        (("--workspace", "other"), 'There is no workspace "other".'),
        (("--workers", "999"), "--workers must be from 0 to 64"),
    ],
)  # fmt: skip
def test_unusable_input_is_one_clear_sentence_and_exit_code_2(
    folder: Path, api: MessagesAPI, arguments: tuple[str, str], says: str, capfd: pytest.CaptureFixture[str]
) -> None:
    make_workspace("bank")
    (folder / "broken.jsonl").write_text(json.dumps(GOOD) + '\n{"id": ')
    (folder / "bad.yaml").write_text("sections: 3\n")
    given: dict[str, Any] = {
        "--suite": str(folder / "suite.jsonl"),
        "--revision": str(folder / "prompt.txt"),
        "--base-url": api.url,
        "--model": "claude-sonnet-5-5",
    }
    given[arguments[0]] = arguments[1].format(folder=folder)
    with pytest.raises(SystemExit) as ended:
        call_command("run_suite", *(part for pair in given.items() for part in pair))
    err = capfd.readouterr().err
    assert ended.value.code == 2 and says in err, err
    assert "Traceback" not in err and not Run.objects.exists()


def test_an_empty_database_gets_a_workspace_of_the_command_line(folder: Path, api: MessagesAPI) -> None:
    code, _, err = run_suite(*own(folder, api))
    assert code == 0, err
    assert Run.objects.get().workspace.slug == "command-line"


def test_several_workspaces_must_be_told_apart(
    folder: Path, api: MessagesAPI, capfd: pytest.CaptureFixture[str]
) -> None:
    make_workspace("one"), make_workspace("two")
    with pytest.raises(SystemExit) as ended:
        call_command("run_suite", *own(folder, api))
    assert ended.value.code == 2 and "Name one with --workspace: one, two." in capfd.readouterr().err


def test_the_same_file_twice_makes_one_suite_version(folder: Path, api: MessagesAPI) -> None:
    for _ in range(2):
        run_suite(*own(folder, api))
    assert len({run.suite_version_id for run in Run.objects.all()}) == 1
