"""`make up`: everything from a fresh clone to the line that says where Remit is, and on until Ctrl-C."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from console.embedded import assets, folders, parts, processes
from console.embedded.layout import REPOSITORY, EmbeddedError, Places, places, system_user
from console.embedded.prepared import is_prepared, mark_prepared
from console.embedded.serving import SERVICES, embedded_names, stop, stop_if_unused, using
from console.embedded.supervisor import Program, Supervisor

PROGRAMS = (
    Program("postgres", 10, stop_by="INT", stop_within=20, at_once=True),
    Program("broker", 10, at_once=True),
    Program("rehearsal", 20, at_once=True),
    Program("worker", 30),
    Program("beat", 30),
    Program("web", 40),
)
CONSOLE = tuple(program.name for program in PROGRAMS if not program.at_once)
PARENT = os.getppid()
START_WITHIN = 90.0  # seconds
FAILING_AFTER = 8.0  # seconds of a part that ends as soon as it starts


class Stopped(Exception):
    """Somebody asked to stop."""


# Beside the exception: Python swallows one that is raised while an object is being destroyed.
_asked_to_stop = threading.Event()


def up() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _raise_stopped)
    where = places()
    try:
        folders.prepare(where, system_user())
        with _only_one(where):
            _end_leftovers(where)
            stop_if_unused(where)
            _check_port()
            with using(where):
                _run(where)
    except Stopped:
        pass
    say("Stopped. All data is kept.")


def _run(where: Places) -> None:
    supervisor = Supervisor(where, _programs())
    try:
        _start(where, supervisor)
        _watch(where, supervisor)
    finally:
        # A second Ctrl-C must not leave half of the parts behind.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        say("Stopping …")
        supervisor.stop()
        _end_leftovers(where)


def say(line: str) -> None:
    print(line, flush=True)  # noqa: T201


def _start(where: Places, supervisor: Supervisor) -> None:
    user = system_user()
    if where.home != where.data and user is not None:
        say(
            f"PostgreSQL and the broker keep their data in {where.home} and run as {user.pw_name}: PostgreSQL refuses root."
        )
    say("Starting PostgreSQL, the broker and the rehearsal endpoint …")
    _build(where)
    _wait_for_services(where, supervisor)
    if not is_prepared(where):
        say("Preparing the database …")
        _prepare_database(where)
        mark_prepared(where)
    say("Starting worker, beat and web …")
    supervisor.start_rest()
    _wait_for(supervisor, lambda: parts.web_answers(parts.port()) and supervisor.all_run(), "web", where)
    logins = where.data / "first-logins"
    words = logins.read_text().strip() if logins.exists() else ""
    say(f"Remit is ready at {parts.address()}   {words}".rstrip())
    logins.unlink(missing_ok=True)


def _build(where: Places) -> None:
    with assets.locked(where.run / "assets.lock"):
        if not assets.bundles_are_built():
            say("Building the scripts of the pages …")
            assets.build_bundles()
        assets.collect(Path(os.environ.get("REMIT_STATIC") or where.data / "static"))


def _wait_for_services(where: Places, supervisor: Supervisor) -> None:
    for name in embedded_names(SERVICES):
        _wait_for(supervisor, SERVICES[name](where).ready, name, where)


def _wait_for(supervisor: Supervisor, condition: Callable[[], bool], name: str, where: Places) -> None:
    """Wait until ``condition`` holds, unless a part keeps failing."""
    started = time.monotonic()
    while not condition():
        waited = time.monotonic() - started
        failing = supervisor.failing() if waited > FAILING_AFTER else []
        if failing or waited > START_WITHIN or not supervisor.alive:
            culprit = failing[0] if failing else name if supervisor.alive else "supervisor"
            log = where.logs / f"{culprit}.log"
            raise EmbeddedError(f"{culprit} does not start: {folders.last_words(log)} (whole log: {log})")
        supervisor.nudge()
        time.sleep(0.05)


def _prepare_database(where: Places) -> None:
    _manage("migrate", "--no-input", "--verbosity=0", "--skip-checks", REMIT_AS_OWNER="1")
    words = [line for line in _manage("seed").splitlines() if line.startswith("login: ")]
    if words:
        # Kept until they were shown: a start that fails after this must not lose them.
        file = where.data / "first-logins"
        file.touch(mode=0o600)
        file.write_text(words[-1])


def _manage(*arguments: str, **environment: str) -> str:
    done = subprocess.run(  # noqa: S603
        [sys.executable, "manage.py", *arguments],
        cwd=REPOSITORY,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip() or "it said nothing").splitlines()
        # Of a traceback its last line, of a message all of it.
        words = " ".join(said[-1:] if said[0].startswith("Traceback") else said[-4:])
        raise EmbeddedError(f"`manage.py {arguments[0]}` failed: {words}")
    return done.stdout


def _watch(where: Places, supervisor: Supervisor) -> None:
    """Say what stopped and came back, until somebody stops us."""
    known = supervisor.running()
    while not _asked_to_stop.is_set() and not _make_is_gone():
        time.sleep(1)
        if not supervisor.alive:
            say("The supervisor was killed: starting everything again …")
            _restart(where, supervisor)
            known = supervisor.running()
        for name, process in supervisor.running().items():
            if known.get(name) != process:
                known[name] = process
                say(f"{name} had stopped and was started again (its log: {where.logs / name}.log)")


def _make_is_gone() -> bool:
    """Whether the `make` that started us was killed: then nobody can press Ctrl-C any more, and we go along."""
    return "MAKELEVEL" in os.environ and os.getppid() != PARENT


def _restart(where: Places, supervisor: Supervisor) -> None:
    _end_leftovers(where)
    stop(where)
    supervisor.start()
    _wait_for_services(where, supervisor)
    supervisor.start_rest()
    _wait_for(supervisor, supervisor.all_run, "web", where)


def _programs() -> list[Program]:
    ours = embedded_names(SERVICES)
    return [program for program in PROGRAMS if program.name in ours or not program.at_once]


def _end_leftovers(where: Places) -> None:
    """End what a killed run left. The supervisor first, or it would start the others again."""
    for name, by in (("supervisor", signal.SIGKILL), *((name, signal.SIGTERM) for name in CONSOLE)):
        processes.end(processes.marked(where.run, name), by=by)


@contextmanager
def _only_one(where: Places) -> Iterator[None]:
    with (where.run / "up.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise EmbeddedError(
                f"Remit is already running from this folder ({lock.read().strip() or 'it is just starting'}): stop that "
                "one with Ctrl-C, or give this one its own REMIT_DATA and PORT."
            ) from None
        lock.truncate(0)
        lock.write(f"process {os.getpid()}, {parts.address()}\n")
        lock.flush()
        yield


def _check_port() -> None:
    host, port = parts.host(), parts.port()
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise EmbeddedError(
                f"Port {port} of {host} cannot be had ({(error.strerror or str(error)).lower()}): stop the program that "
                f"uses it, or take another: PORT={port + 1 if port < 65535 else 8000} make up."
            ) from error


def _raise_stopped(number: int, frame: FrameType | None) -> None:
    _asked_to_stop.set()
    raise Stopped
