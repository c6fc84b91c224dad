"""Making folders and checking what was found: every failure is one sentence about the folder at fault."""

from __future__ import annotations

import os
import pwd
import shutil
from pathlib import Path

from console.embedded.layout import EmbeddedError, Places

ROOM = 150_000_000  # bytes: PostgreSQL's first files take 40 MB, its journal as much again


def make(path: Path, *, mode: int = 0o755, owner: pwd.struct_passwd | None = None) -> Path:
    """Make ``path`` (and its parents) unless it is there; a folder that is made gets ``mode`` and ``owner``."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=mode)
        path.chmod(mode)  # whatever the umask
        if owner is not None:
            os.chown(path, owner.pw_uid, owner.pw_gid)
    except FileExistsError:
        if not path.is_dir():
            raise EmbeddedError(
                f"{path} is in the way: a folder is needed there. Move the file away."
            ) from None
        return path
    except OSError as error:
        raise EmbeddedError(f"The folder {path} cannot be made: {reason(error)}") from error
    return path


def prepare(places: Places, owner: pwd.struct_passwd | None) -> None:
    """The folders that every start needs, or the sentence why they cannot be had."""
    make(places.data)
    _check_writable(places.data)
    if places.home != places.data:
        make(places.home.parent, mode=0o711)
    make(places.home, mode=0o711)
    # With a system user, the sockets' own folders inside are closed, and this one is passed through.
    make(places.run, mode=0o700 if owner is None else 0o711)
    _check_ours(places.run)
    make(places.logs, mode=0o700)
    for socket in (places.postgres_socket, places.broker_socket):
        make(socket.parent, mode=0o700, owner=owner)


def check_room(folder: Path) -> None:
    """Refuse to start the first time on a full disk, where PostgreSQL would stop half-way with a page of errors."""
    free = shutil.disk_usage(folder).free
    if free < ROOM:
        raise EmbeddedError(
            f"The disk that holds {folder} has {free // 1_000_000} MB free and {ROOM // 1_000_000} MB are needed: "
            "make room, or set REMIT_DATA to a folder on another disk."
        )


def reason(error: OSError) -> str:
    """What the system says of a failed call, and what to do about the usual ones."""
    said = (error.strerror or str(error)).lower()
    return f"{said}. Make it writable for you, or set REMIT_DATA to a folder that is."


def last_words(log: Path) -> str:
    """The end of a log, for a sentence."""
    try:
        lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    except FileNotFoundError:
        lines = []
    return " / ".join(lines[-3:]) or "it said nothing"


def _check_writable(data: Path) -> None:
    probe = data / f".write-{os.getpid()}"
    try:
        probe.write_bytes(b"x" * 4096)
    except OSError as error:
        raise EmbeddedError(f"The data folder {data} cannot be written: {reason(error)}") from error
    finally:
        probe.unlink(missing_ok=True)


def _check_ours(run: Path) -> None:
    # In /tmp anybody may have made a folder or a link of this name before us.
    status = run.lstat()
    if run.is_symlink() or status.st_uid != os.geteuid():
        raise EmbeddedError(
            f"{run} belongs to somebody else: remove it, or set REMIT_DATA to a shorter path."
        )
