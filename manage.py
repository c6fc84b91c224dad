#!/usr/bin/env python
"""Django's command line, with the embedded services started first where a command needs them."""

from __future__ import annotations

import os
import signal
import sys
from itertools import pairwise

from console.embedded import EmbeddedError
from console.embedded.dotenv import load
from console.trials import watcher

# What these do needs no server, and must work where none can be started.
ALONE = {
    "",
    "check",
    "collectstatic",
    "compose",
    "diffsettings",
    "findstatic",
    "help",
    "makemessages",
    "pack",
    "startapp",
    "test",
    "validate",
    "verify",
    "version",
}
# Commands that change tables run as the role that owns them.
AS_OWNER = {"flush", "migrate", "optimizemigration", "restore", "squashmigrations"}
# Commands that hold conversations need somebody to talk to.
TALKING = {"run_suite", "runserver", "seed"}


def services(arguments: list[str]) -> set[str]:
    """The embedded services that the command line needs."""
    command = next((word for word in arguments if not word.startswith("-")), "")
    if {"-h", "--help", "--version"} & set(arguments):
        return set()
    if command in ALONE and "--workspace" not in arguments:
        return set()
    return {"postgres", "broker"} | ({"rehearsal"} if _talks_to_it(command, arguments) else set())


def _talks_to_it(command: str, arguments: list[str]) -> bool:
    names_a_server = any(word == "--base-url" and value for word, value in pairwise(arguments))
    return command in TALKING and not names_a_server


def main() -> None:
    load()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
    if AS_OWNER & set(sys.argv[1:2]):
        os.environ["REMIT_AS_OWNER"] = "1"
    needed = services(sys.argv[1:])
    if not needed:
        execute()
        return
    from console.embedded.serving import serving

    # A polite kill unwinds too, else the services would stay behind.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    with serving(needed):
        if watcher.concerns(sys.argv[1:]):
            sys.exit(watcher.watch(sys.argv[1:]))
        execute()


def execute() -> None:
    try:
        from django.core.management import execute_from_command_line
    except ImportError:
        sys.exit(
            "Django is not installed for this Python: run `make up` once, then `.venv/bin/python manage.py …`."
        )
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    try:
        main()
    except EmbeddedError as problem:
        sys.exit(str(problem))
    except KeyboardInterrupt:
        sys.exit(130)
