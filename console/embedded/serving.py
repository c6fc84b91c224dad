"""Start the services a program needs, for as long as somebody needs them.

Any number of programs may share the services of one installation (several `manage.py` commands, a test run,
`make up`). Each holds a shared lock; the last one to let go stops what runs. Locks are the kernel's, so that a killed
program lets go too.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import IO

from console.embedded import folders
from console.embedded.broker import Broker
from console.embedded.layout import Places, places, system_user
from console.embedded.postgres import Postgres
from console.embedded.rehearsal import Rehearsal
from console.embedded.service import Service

SERVICES: dict[str, type[Service]] = {service.name: service for service in (Postgres, Broker, Rehearsal)}


def embedded_names(wanted: Collection[str]) -> list[str]:
    """Those of ``wanted`` for which the environment names no server."""
    given = {"postgres": "DATABASE_URL", "broker": "CELERY_BROKER_URL", "rehearsal": "REMIT_REHEARSAL_URL"}
    return [name for name in wanted if not os.environ.get(given[name])]


@contextmanager
def serving(wanted: Collection[str]) -> Iterator[None]:
    """Have the named services answer inside the block."""
    names = embedded_names(wanted)
    if not names:
        yield
        return
    where = places()
    folders.prepare(where, system_user())
    with using(where):
        start(where, names)
        yield


@contextmanager
def using(where: Places) -> Iterator[None]:
    """Keep whatever runs from being stopped by others; on leaving, stop it if nobody else uses it."""
    with (where.run / "users.lock").open("a") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        try:
            yield
        finally:
            with _starting(where):
                fcntl.flock(users, fcntl.LOCK_UN)
                if _nobody_uses(users):
                    stop(where)


def start(where: Places, names: Collection[str]) -> None:
    """Start those of ``names`` that do not answer. The caller holds ``using``."""
    services = [SERVICES[name](where) for name in names]
    if all(service.ready() for service in services):
        return
    with _starting(where):
        for service in services:
            if not service.ready():
                service.start()


def stop(where: Places) -> None:
    for service in SERVICES.values():
        service(where).stop()


def stop_if_unused(where: Places) -> None:
    """Stop services that a killed program left running, unless somebody works with them."""
    with (where.run / "users.lock").open("a") as users, _starting(where):
        if _nobody_uses(users):
            stop(where)


@contextmanager
def _starting(where: Places) -> Iterator[None]:
    """One at a time: starts and stops of one installation."""
    with (where.run / "start.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _nobody_uses(users: IO[str]) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
