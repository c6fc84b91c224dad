"""Where the embedded services keep their files and sockets.

``data`` is ``REMIT_DATA``. ``home`` holds what PostgreSQL and the broker own; it is ``data`` unless root starts Remit in
a folder that no other user may enter: PostgreSQL refuses to run as root, and we open no folder that is not ours.
``run`` holds sockets and locks; it moves to ``/tmp`` when the path is too long for a socket.
"""

from __future__ import annotations

import functools
import hashlib
import os
import pwd
import re
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
SYSTEM_HOME = Path("/var/lib/remit")
# Never a login user's account; the first that exists. REMIT_SYSTEM_USER names another.
SYSTEM_USERS = ("postgres", "daemon", "nobody")
# sockaddr_un holds 107 bytes on Linux and 103 on macOS; PostgreSQL adds its own file name to ours.
LONGEST_SOCKET = 100


class EmbeddedError(Exception):
    """One sentence for the person at the terminal: what is wrong, where, what to do."""


@dataclass(frozen=True, slots=True)
class Places:
    data: Path
    home: Path
    run: Path

    @property
    def postgres(self) -> Path:
        return self.home / "postgres"

    @property
    def postgres_socket(self) -> Path:
        return self.run / "postgres" / ".s.PGSQL.5432"

    @property
    def broker(self) -> Path:
        return self.home / "broker"

    @property
    def broker_socket(self) -> Path:
        return self.run / "broker" / "broker.sock"

    @property
    def rehearsal_socket(self) -> Path:
        return self.run / "rehearsal.sock"

    @property
    def logs(self) -> Path:
        return self.data / "logs"


def places() -> Places:
    """The places of this ``REMIT_DATA`` (read at each call: tests have their own)."""
    return _places(Path(os.environ.get("REMIT_DATA") or REPOSITORY / "var").absolute())


@functools.lru_cache
def _places(data: Path) -> Places:
    home = _home(data)
    return Places(data=data, home=home, run=_run(home))


def system_user() -> pwd.struct_passwd | None:
    """Whom PostgreSQL and the broker run as when root starts them; None for everyone else."""
    if os.geteuid() != 0:
        return None
    for name in filter(None, (os.environ.get("REMIT_SYSTEM_USER"), *SYSTEM_USERS)):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        if user.pw_uid != 0:
            return user
    raise EmbeddedError(
        "PostgreSQL does not run as root and no system user was found to run it: set REMIT_SYSTEM_USER to one."
    )


def may_enter(path: Path, user: pwd.struct_passwd) -> bool:
    """Whether ``user`` may pass through ``path`` and every folder above it; what does not exist yet is ours to make."""
    return all(_passable(folder.stat(), user) for folder in (path, *path.parents) if folder.exists())


def _passable(status: os.stat_result, user: pwd.struct_passwd) -> bool:
    if status.st_uid == user.pw_uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == user.pw_gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)


def _home(data: Path) -> Path:
    user = system_user()
    if user is None:
        return data
    # Written down once: a folder that is opened or closed later must not seem to have lost its data.
    note = data / "home"
    try:
        return data / note.read_text().strip()
    except FileNotFoundError:
        pass
    home = (
        data if may_enter(data, user) and not _closed_by_umask(data) else SYSTEM_HOME / secrets.token_hex(6)
    )
    try:
        data.mkdir(parents=True, exist_ok=True)
        return data / _write_first(note, "." if home == data else str(home))
    except OSError:
        return home  # a folder that cannot be written: whoever starts something there says so


def _write_first(path: Path, text: str) -> str:
    """Write ``text``, unless another process was first; the text that stands."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.write_text(text)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text()


def _closed_by_umask(data: Path) -> bool:
    """Whether a data folder made now would be closed to the system user."""
    if data.exists():
        return False
    mask = os.umask(0o022)
    os.umask(mask)
    return bool(mask & stat.S_IXOTH)


def _run(home: Path) -> Path:
    run = home / "run"
    longest = run / "postgres" / ".s.PGSQL.5432.lock"
    # Celery reads the broker's path out of a URL: odd characters go the way of long paths.
    if len(os.fsencode(longest)) <= LONGEST_SOCKET and re.fullmatch(r"[\w./+-]+", str(run), re.ASCII):
        return run
    return Path("/tmp") / f"remit-{os.geteuid()}-{hashlib.sha256(os.fsencode(home)).hexdigest()[:12]}"  # noqa: S108
