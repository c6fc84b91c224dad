"""A Python that forks itself into the parts that tests start, with the libraries loaded that it loaded for those before.

A worker spends three of its first four seconds on loading Celery, Django and the SDK, and a run of the tests starts
dozens. A fork is as alone as a program begun anew: it has a session, an environment and an output of its own, and loads
the console itself, since that reads its settings from the environment.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import runpy
import signal
import subprocess
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path

import psutil

from console.embedded.layout import REPOSITORY

# By the module that is run: nothing of ours, and nothing that asks for Django's settings when it is loaded.
DJANGO = (
    "django.core.management",
    "django.core.wsgi",
    "django.db.models",
    "django.forms",
    "django.test.signals",
    "jsonschema",
    "psycopg_pool",
    "requests",
)
LIBRARIES = {
    "granian": ("granian.cli", "granian.server", *DJANGO),
    "celery": ("anthropic", "celery.apps.beat", "celery.apps.worker", "kombu.transport.redis", *DJANGO),
}


def fork(arguments: list[str], environment: dict[str, str], log: Path) -> psutil.Process:
    """``python *arguments`` in the repository, in a session of its own, printing to ``log``.

    It is no child of this process, so that nobody learns its exit code; what ended is gone at once.
    """
    parent = _parent()
    assert parent.stdin and parent.stdout
    parent.stdin.write(
        json.dumps({"arguments": arguments, "environment": environment, "log": str(log)}) + "\n"
    )
    parent.stdin.flush()
    said = parent.stdout.readline()
    assert said, "tests/forks.py ended: why is printed above"
    return psutil.Process(int(said))


@cache
def _parent() -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.forks"]
    parent = subprocess.Popen(
        command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    atexit.register(parent.kill)
    return parent


def _serve() -> None:
    """Fork for each line that asks for it, until nobody can ask any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for pytest
    signal.signal(signal.SIGCHLD, _let_go)
    for line in sys.stdin:
        asked = json.loads(line)
        _load(LIBRARIES.get(asked["arguments"][1], ()))
        child = os.fork()
        if not child:
            _become(asked)
            return
        print(child, flush=True)


def _let_go(*_signal: object) -> None:
    """Of those that ended nobody asks for the exit code."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _load(libraries: tuple[str, ...]) -> None:
    gc.disable()
    for name in libraries:
        importlib.import_module(name)
    gc.freeze()  # what forks share stays shared
    gc.enable()
    django = sys.modules.get("django.conf")
    assert not (django and django.settings.configured), (
        "a library has read the settings before they are known"
    )


def _become(asked: dict[str, object]) -> None:
    arguments, environment = asked["arguments"], asked["environment"]
    assert isinstance(arguments, list) and isinstance(environment, dict) and arguments[0] == "-m"
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    nothing, log = os.open(os.devnull, os.O_RDONLY), os.open(str(asked["log"]), os.O_WRONLY | os.O_APPEND)
    for source, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = arguments[1:]
    runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _serve()
