"""Many programs share one installation's services: the last one out stops them, whatever happened to the others."""

from __future__ import annotations

import signal

import pytest

import manage
from console.embedded.broker import Broker
from console.embedded.layout import Places
from console.embedded.postgres import Postgres
from console.embedded.processes import wait_until
from console.embedded.serving import embedded_names, start, using
from tests.embedded.conftest import RunPython

HOLD = """
import sys, time
from console.embedded.serving import serving
with serving({"postgres", "broker"}):
    print("here", flush=True)
    time.sleep(float(sys.argv[1]))
"""


@pytest.fixture
def servers(started_before: Places) -> Postgres:
    return Postgres(started_before)


def test_the_last_program_out_stops_the_services(python: RunPython, servers: Postgres, where: Places) -> None:
    long = python("-c", HOLD, "60")
    assert long.stdout is not None and long.stdout.readline() == "here\n"
    short = python("-c", HOLD, "0")
    short.communicate(timeout=120)
    assert servers.ready()
    long.send_signal(signal.SIGINT)
    long.communicate(timeout=120)
    assert not servers.running()


def test_services_left_by_a_killed_program_are_used_and_stopped_by_the_next(
    python: RunPython, servers: Postgres
) -> None:
    killed = python("-c", HOLD, "60")
    assert killed.stdout is not None and killed.stdout.readline() == "here\n"
    killed.kill()
    killed.communicate()
    assert servers.ready()
    next_one = python("-c", HOLD, "0")
    said, _ = next_one.communicate(timeout=120)
    assert said == "here\n" and next_one.returncode == 0
    assert not servers.running()


def test_eight_programs_that_start_at_once_start_one_server(python: RunPython, where: Places) -> None:
    programs = [python("-c", HOLD, "0.2") for _ in range(8)]
    for program in programs:
        said, _ = program.communicate(timeout=60)
        assert (said, program.returncode) == ("here\n", 0)
    assert wait_until(lambda: not Postgres(where).running(), within=5)


def test_a_polite_kill_of_a_command_stops_what_it_started(python: RunPython, servers: Postgres) -> None:
    command = python("manage.py", "shell", "-c", "import time; print('here'); time.sleep(60)")
    assert command.stdout is not None
    while "here" not in (line := command.stdout.readline()):
        assert line
    command.terminate()
    command.communicate(timeout=120)
    assert not servers.running()


def test_only_what_was_asked_for_is_started(where: Places) -> None:
    with using(where):
        start(where, ["broker"])
        assert Broker(where).ready()
        assert not Postgres(where).running()
    assert not Broker(where).running()


@pytest.mark.parametrize(
    ("line", "needed"),
    [
        ("", set()),
        ("help migrate", set()),
        ("validate draft.yaml", set()),
        ("validate - --workspace acme", {"postgres", "broker"}),
        ("compose draft.yaml", set()),
        ("pack list", set()),
        ("collectstatic --no-input", set()),
        ("migrate --help", set()),
        ("migrate", {"postgres", "broker"}),
        ("run_suite --suite s.jsonl", {"postgres", "broker", "rehearsal"}),
        ("run_suite --suite s.jsonl --base-url http://gateway", {"postgres", "broker"}),
    ],
)
def test_a_command_starts_what_it_needs(line: str, needed: set[str]) -> None:
    assert manage.services(line.split()) == needed


def test_servers_of_the_environment_are_not_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://somewhere/remit")
    monkeypatch.delenv("CELERY_BROKER_URL", raising=False)
    assert embedded_names(["postgres", "broker"]) == ["broker"]
