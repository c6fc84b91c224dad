"""Run a suite on one or more revisions from the command line, and say by the exit code how it went."""

from __future__ import annotations

import argparse
import json
import os
import re
import secrets
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import InterfaceError, OperationalError, ProgrammingError, connection

from console.accounts.models import Workspace
from console.accounts.services import create_workspace
from console.problems import DomainError, Invalid
from console.provider.models import ProviderAccount
from console.trials import leases, reports, results, runs, subjects, suites
from console.trials.casting import Cast
from console.trials.crew import Crew, ahead, crew, shares
from console.trials.models import Run, SuiteVersion
from console.trials.scenarios import ScenarioProblems
from console.trials.starting import REFERENCE, prompt_of, revision_named
from console.trials.subjects import SubjectForm
from console.trials.suite_files import read_suite
from console.trials.watcher import PASSED_ON

PASSED, FAILED, UNUSABLE, INCOMPLETE = range(4)
LOOK_EVERY = 0.1  # seconds
SETTLE = 15.0  # seconds that calls in flight get when a run is cancelled
AWAY = 60.0  # seconds for which the database may be away while a run goes on


class Command(BaseCommand):
    help = __doc__
    requires_system_checks: list[str] = []  # `check` does them: a second and a half

    def add_arguments(self, parser: CommandParser) -> None:
        add = parser.add_argument
        add(
            "--suite",
            required=True,
            metavar="FILE|SLUG",
            help="a file of scenarios (JSON lines, CSV, promptfoo YAML), or a suite of the workspace",
        )
        add(
            "--revision",
            required=True,
            action="append",
            metavar="FILE|SLUG@N",
            help="a draft or prompt file, or a revision by number or label; the first one is the baseline",
        )
        add("--model", help="default: the first revision's")
        add("--samples", type=int, default=1)
        add("--concurrency", type=int, default=8, help="calls at a time")
        add(
            "--judge",
            metavar="MODEL|none",
            help="reads the answers; default: REMIT_JUDGE_MODEL where the server has it, else the model under test",
        )
        add(
            "--preferences",
            action="store_true",
            help="ask the judge, in both orders, whose answers it prefers",
        )
        add("--user", metavar="MODEL", help="plays simulated users; default: as for --judge")
        add(
            "--repeat-users",
            type=int,
            metavar="RUN",
            help="say what the simulated users of that run said, word by word",
        )
        add(
            "--economy",
            action="store_true",
            help="in message batches: half the price, up to 24 hours; for suites of one turn without tools",
        )
        add("--base-url", default="", help="another server that speaks the Messages API, without a key")
        add(
            "--account",
            default="",
            metavar="NAME",
            help="a provider account of the workspace; default: its default",
        )
        add(
            "--workers",
            type=int,
            default=0,
            help="so many worker processes of its own; default: those that run",
        )
        # Of the watcher, which may have had a process before this one.
        add("--pool", default="", help=argparse.SUPPRESS)
        add("--workspace", default="", metavar="SLUG", help="default: the only one")
        add("--format", choices=("text", "json", "junit"), default="text")
        add("--wait", action="store_true", help="until the run ended, and report it")
        add(
            "--fail-on",
            choices=("regressions", "failures", "never"),
            help="default: failures with one revision, regressions with several",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            code = self._run(options)
        except ScenarioProblems as problems:
            self._say(*(f"{options['suite']}: {problem}" for problem in problems.problems))
            code = UNUSABLE
        except DomainError as error:
            self._say(f"{error} {error.what_to_do}".strip())
            code = UNUSABLE
        except (OperationalError, ProgrammingError) as error:
            self._say(_database_sentence(error))
            code = UNUSABLE
        if code:
            sys.exit(code)

    def _run(self, options: dict[str, Any]) -> int:
        if not 0 <= options["workers"] <= 64:
            raise Invalid(f"--workers must be from 0 to 64, and {options['workers']} is not.")
        run = _gone_on_with(options["pool"]) or _start(options, self._say)
        if not options["workers"] and not options["wait"]:
            self.stdout.write(json.dumps({"run": run.number}))
            return PASSED
        with _interrupts() as interrupted, _workers(run, options["workers"]) as members:
            self._wait(run, members, interrupted, watched=bool(options["pool"]))
        self._report(run, options["format"])
        return _exit_code(run, options["fail_on"])

    def _wait(self, run: Run, members: Crew | None, interrupted: threading.Event, *, watched: bool) -> None:
        watcher, seen = os.getppid(), time.monotonic()
        while run.is_open and not interrupted.wait(LOOK_EVERY):
            try:
                if members is not None:
                    members.watch()
                run.refresh_from_db(fields=["status"])
                connection.close()  # back to the pool, which is small and for the workers
                seen = time.monotonic()
            except (OperationalError, InterfaceError):
                connection.close()
                if time.monotonic() > seen + AWAY:
                    raise
            if watched and os.getppid() != watcher:  # nobody would go on with the run, nor hear how it ends
                interrupted.set()
        if interrupted.is_set():
            self._cancel(run, members)
        run.refresh_from_db()

    def _cancel(self, run: Run, members: Crew | None) -> None:
        """Nothing more is begun, and what is in flight may still end."""
        self._say("Cancelling the run.")
        if run.status == Run.Status.RUNNING:
            runs.cancel_run(run=run)
        if members is not None:
            members.begin_nothing()
        until = time.monotonic() + SETTLE
        run.refresh_from_db()
        while run.is_open and time.monotonic() < until:
            if members is not None:
                members.watch()
            time.sleep(LOOK_EVERY)
            run.refresh_from_db()

    def _report(self, run: Run, form: str) -> None:
        if form == "json":
            self.stdout.write(json.dumps(reports.as_json(run), ensure_ascii=False, indent=1))
        else:
            self.stdout.write(reports.as_junit(run) if form == "junit" else reports.as_text(run), ending="")

    def _say(self, *lines: str) -> None:
        for line in lines:
            self.stderr.write(line)


@contextmanager
def _interrupts() -> Iterator[threading.Event]:
    """Ctrl-C, or being told to end, as something to look at: as an exception it could be lost inside of anything.

    A second one ends the command at once.
    """
    interrupted = threading.Event()
    before = {number: signal.getsignal(number) for number in PASSED_ON}

    def note(*_details: object) -> None:
        for number in PASSED_ON:
            signal.signal(number, signal.SIG_DFL)
        interrupted.set()

    for number in PASSED_ON:
        signal.signal(number, note)
    try:
        yield interrupted
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _workers(run: Run, count: int) -> Iterator[Crew | None]:
    if not count:
        yield None
        return
    with crew(run.pool, _shares(run.concurrency, count)) as members:
        yield members


def _shares(calls: int, workers: int) -> list[int]:
    return shares(calls, min(calls, workers)) if workers else []


def _start(options: dict[str, Any], say: Callable[..., None]) -> Run:
    workspace = _workspace(options["workspace"])
    forms = [_subject(given, workspace) for given in options["revision"]]
    if len({form.label for form in forms}) != len(forms):
        raise Invalid(
            "The same revision is given twice.", "Give each one once; --samples repeats conversations."
        )
    model = options["model"] or forms[0].params.get("model")
    if not model:
        raise Invalid("Neither --model nor the first revision names a model.", "Add --model.")
    return runs.create_run(
        workspace=workspace,
        suite_version=_suite(options["suite"], workspace, say),
        subjects=forms,
        model=model,
        samples=options["samples"],
        concurrency=options["concurrency"],
        prompt=prompt_of(forms),
        base_url=options["base_url"],
        cast=_cast(options, workspace),
        economy=options["economy"],
        account=_account(options, workspace),
        pool=(options["pool"] or f"command-{secrets.token_hex(8)}") if options["workers"] else "",
        ahead=sum(ahead(calls) for calls in _shares(options["concurrency"], options["workers"])),
    )


def _gone_on_with(pool: str) -> Run | None:
    """The run that a process before this one began, if it got so far. What it held is taken back at once."""
    run = Run.objects.filter(pool=pool).first() if pool else None
    if run is not None:
        leases.reclaim(run__pool=pool)
    return run


def _cast(options: dict[str, Any], workspace: Workspace) -> Cast:
    number = options["repeat_users"]
    repeats = Run.objects.filter(workspace=workspace, number=number).first() if number is not None else None
    if number is not None and repeats is None:
        raise Invalid(
            f"There is no run {number} in {workspace.name}.", "`--repeat-users` takes a run's number."
        )
    judge = "" if options["judge"] == "none" else options["judge"]
    return Cast(judge, options["user"], options["preferences"], repeats)


def _workspace(slug: str) -> Workspace:
    found = list(Workspace.objects.filter(slug=slug) if slug else Workspace.objects.all()[:2])
    if len(found) == 1:
        return found[0]
    if slug:
        raise Invalid(
            f'There is no workspace "{slug}".', "`--workspace` takes the word in the pages' addresses, /w/…/."
        )
    if found:
        known = ", ".join(Workspace.objects.values_list("slug", flat=True)[:10])
        raise Invalid("There are several workspaces.", f"Name one with --workspace: {known}.")
    return create_workspace(slug="command-line", name="Command line", playground=True)


def _account(options: dict[str, Any], workspace: Workspace) -> ProviderAccount | None:
    name = options["account"]
    if not name:
        return None
    if options["base_url"]:
        raise Invalid("--account and --base-url exclude each other.", "An account has its own address.")
    there = ProviderAccount.objects.filter(workspace=workspace, closed_at=None)
    found = there.filter(name=name).first()
    if found is None:
        known = ", ".join(there.values_list("name", flat=True)) or "none"
        raise Invalid(f"{workspace.name} has no provider account “{name}”.", f"It has: {known}.")
    return found


def _suite(given: str, workspace: Workspace, say: Callable[..., None]) -> SuiteVersion:
    path = Path(given)
    if suites.SLUG.fullmatch(given) and not path.is_file():
        return suites.newest_version(workspace, given)
    try:
        read = read_suite(path.read_bytes(), path.name)
    except OSError as error:
        raise Invalid(
            f"{given} cannot be read: {(error.strerror or str(error)).lower()}.", "Check the path."
        ) from None
    say(*(f"{given}: {note}" for note in read.notes))
    name = re.sub(r"[^a-z0-9]+", "-", path.stem.lower()).strip("-")[:50] or "scenarios"
    return suites.version_of_scenarios(
        workspace=workspace,
        slug=f"file-{name}",
        title=f"{path.name}, from the command line",
        scenarios=read.scenarios,
    )


def _subject(given: str, workspace: Workspace) -> SubjectForm:
    path, reference = Path(given), REFERENCE.fullmatch(given)
    if path.is_file() or reference is None:
        return subjects.of_file(path, workspace, label=given)
    return subjects.of_revision(revision_named(workspace, *reference.groups()), label=given)


def _exit_code(run: Run, fail_on: str | None) -> int:
    alone = run.subjects.count() == 1
    fail_on = fail_on or ("failures" if alone else "regressions")
    # The baseline is what is there already: only what is tested against it can fail.
    tested = run.conversations.all() if alone else run.conversations.filter(subject__position__gt=0)
    if fail_on == "failures" and tested.filter(verdict="fail").exists():
        return FAILED
    if fail_on == "regressions" and results.regressions(run):
        return FAILED
    complete = run.is_complete and not run.conversations.exclude(status="finished").exists()
    return PASSED if complete else INCOMPLETE


def _database_sentence(error: Exception) -> str:
    if isinstance(error, ProgrammingError):
        return "The database is not set up for this version: run `manage.py migrate` first."
    return f"The database cannot be used: {str(error).splitlines()[0]}. Check DATABASE_URL."
