"""A backup is one file: a tar of ``manifest.json`` and PostgreSQL's own dump; a restore puts back exactly that.

What is sealed in the database (provider keys, signing keys) opens only with the installation's secret, which is not in
the file unless somebody asks for it: then whoever has the file has everything.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from console.accounts.models import Workspace
from console.audit.acts import Act
from console.audit.models import Chain, Entry
from console.audit.services import INSTALLATION, SYSTEM, record, verify
from console.embedded.postgres import client_program
from console.embedded.processes import wait_until
from console.problems import DomainError, Invalid

FORMAT = 1
DUMP, MANIFEST = "database.dump", "manifest.json"
LEAVING = 2.0  # seconds that closed connections take to be gone
_LARGEST_MANIFEST = 1_000_000  # bytes


@dataclass(frozen=True, slots=True)
class Backup:
    """What a file says of itself. ``secret`` is a fingerprint; ``secret_key`` only where it was asked for."""

    created: str
    migrations: tuple[str, ...]
    workspaces: int
    entries: int
    secret: str
    secret_key: str = ""


def back_up(file: Path, *, with_secret: bool = False, replace: bool = False) -> Backup:
    """Write everything that the database holds to ``file`` (mode 0600). Raises DomainError; leaves no half file."""
    if file.exists() and not replace:
        raise Invalid(f"{file} exists already.", "Name another file, or add --replace.")
    with transaction.atomic():
        record(chain=INSTALLATION, actor=SYSTEM, act=Act.BACKED_UP, detail={"with_secret": with_secret})
    manifest = Backup(
        created=timezone.now().isoformat(),
        migrations=tuple(sorted(_applied())),
        workspaces=Workspace.objects.count(),
        entries=Entry.objects.count(),
        secret=_fingerprint(settings.SECRET_KEY),
        secret_key=settings.SECRET_KEY if with_secret else "",
    )
    part = file.with_name(f"{file.name}.part")
    try:
        with _folder() as folder:
            _postgres("pg_dump", "--format=custom", f"--file={folder / DUMP}")
            part.touch(mode=0o600)
            with tarfile.open(part, "w") as archive:
                _add(archive, MANIFEST, json.dumps({"format": FORMAT, **_form(manifest)}, indent=2).encode())
                archive.add(folder / DUMP, DUMP)
        part.replace(file)
    except OSError as error:
        raise DomainError(f"{file} can't be written: {error.strerror}.") from error
    finally:
        part.unlink(missing_ok=True)
    return manifest


def restore(file: Path, *, replace: bool = False) -> Backup:
    """Put a backup in place of what the database holds, whole or not at all, and migrate it to this version.

    Raises DomainError: for a file that is none, for data that would be lost without ``replace``, while somebody else is
    connected, and for a backup of a newer Remit.
    """
    with _folder() as folder:
        manifest = _read(file, folder)
        _refuse_newer(manifest)
        _refuse_loss(replace)
        _refuse_company()
        _postgres(
            "pg_restore", "--clean", "--if-exists", "--no-owner", "--single-transaction", "--exit-on-error",
            f"--dbname={_connection()['PGDATABASE']}", str(folder / DUMP),
        )  # fmt: skip
    _take_secret(manifest)
    _protect_audit()
    call_command("migrate", interactive=False, verbosity=0)
    broken = [f"{chain.name}" for chain in Chain.objects.all() if verify(chain)]
    if broken:
        raise DomainError(
            f"The data is restored, but its audit does not hold: {', '.join(broken)}.",
            "It was altered before or after the backup: see manage.py audit verify.",
        )
    with transaction.atomic():
        detail = {"created": manifest.created, "entries": manifest.entries}
        record(chain=INSTALLATION, actor=SYSTEM, act=Act.RESTORED, detail=detail)
    return manifest


def opens_secrets(manifest: Backup) -> bool:
    """Whether this installation can open what is sealed in the backup."""
    return _fingerprint(settings.SECRET_KEY) == manifest.secret or bool(manifest.secret_key)


def _form(manifest: Backup) -> dict[str, Any]:
    return {
        "created": manifest.created,
        "migrations": list(manifest.migrations),
        "workspaces": manifest.workspaces,
        "entries": manifest.entries,
        "secret": manifest.secret,
        "secret_key": manifest.secret_key,
    }


def _read(file: Path, folder: Path) -> Backup:
    """The manifest; the dump is left in ``folder``. Only the two names are looked at, and nothing else is unpacked."""
    try:
        with tarfile.open(file, "r:") as archive:
            form = json.loads(_member(archive, MANIFEST).read(_LARGEST_MANIFEST))
            with (folder / DUMP).open("wb") as dump:
                shutil.copyfileobj(_member(archive, DUMP), dump)
    except OSError as error:
        raise Invalid(f"{file} can't be read: {error.strerror or error}.") from error
    except (tarfile.TarError, KeyError, ValueError) as error:
        raise Invalid(f"{file} is no backup of Remit.", "Name a file that manage.py backup wrote.") from error
    if not isinstance(form, dict) or form.pop("format", None) != FORMAT:
        raise Invalid(f"{file} has a form that this version does not read.")
    try:
        return Backup(**{**form, "migrations": tuple(form["migrations"])})
    except (KeyError, TypeError) as error:
        raise Invalid(f"{file} is no backup of Remit: its manifest is not complete.") from error


def _member(archive: tarfile.TarFile, name: str) -> Any:
    member = archive.extractfile(archive.getmember(name))
    if member is None:
        raise KeyError(name)
    return member


def _refuse_newer(manifest: Backup) -> None:
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    unknown = sorted(set(manifest.migrations) - known)
    if unknown:
        raise Invalid(
            f"The backup was made by a newer Remit: {unknown[0]} is not known here.", "Update, then restore."
        )


def _refuse_loss(replace: bool) -> None:
    tables = connection.introspection.table_names()
    if replace or Workspace._meta.db_table not in tables:
        return
    count = Workspace.objects.count()
    if count:
        raise Invalid(
            f"The database holds {count} workspace{'s'[: count > 1]}, which would be lost.",
            "Back them up, then add --replace.",
        )


def _refuse_company() -> None:
    """Others would wait for the restore, or make it wait for them. Our own pool is closed first, and not counted."""
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]
    with psycopg.connect(settings.DATABASE_OWNER_URL, autocommit=True) as alone:
        if wait_until(lambda: not _others(alone), within=LEAVING, every=0.1):
            return
        others = _others(alone)
    raise DomainError(
        f"{others} other connection{'s'[: others > 1]} to the database {'are' if others > 1 else 'is'} open.",
        "Stop Remit (Ctrl-C in `make up`; web, worker and beat elsewhere), then restore.",
    )


def _others(alone: psycopg.Connection) -> int:
    row = alone.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    ).fetchone()
    return int(row[0]) if row else 0


def _protect_audit() -> None:
    """Rights by default are given anew to tables that are made anew; what the audit's migration took is taken again."""
    role = conninfo_to_dict(settings.DATABASE_URL).get("user")
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s AND rolname <> current_user", [role])
        if cursor.fetchone():
            cursor.execute(
                sql.SQL("REVOKE UPDATE, DELETE, TRUNCATE ON audit_entry FROM {}").format(
                    sql.Identifier(str(role))
                )
            )


def _take_secret(manifest: Backup) -> None:
    if manifest.secret_key and "SECRET_KEY" not in os.environ:
        path = settings.DATA_DIR / "secret_key"
        path.touch(mode=0o600)
        path.write_text(manifest.secret_key)


def _applied() -> set[str]:
    loader = MigrationLoader(connection)
    return {f"{app}.{name}" for app, name in loader.applied_migrations}


def _fingerprint(secret: str) -> str:
    return hashlib.sha256(b"remit backup:" + secret.encode()).hexdigest()[:16]


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(content), 0o600
    archive.addfile(info, io.BytesIO(content))


def _postgres(program: str, *arguments: str) -> None:
    """Run a program of PostgreSQL as the owner of the tables; the password travels in the environment, not the list."""
    done = subprocess.run(  # noqa: S603
        [_program(program), "--no-password", *arguments],
        env=os.environ | _connection(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        words = [line for line in done.stderr.splitlines() if line.strip()]
        raise DomainError(
            f"{program} failed: {words[0] if words else done.returncode}", "Nothing was changed."
        )


def _program(name: str) -> str:
    """The one of the embedded PostgreSQL, else the machine's."""
    found = client_program(name) or shutil.which(name)
    if found is None:
        raise DomainError(f"{name} is missing.", "Install PostgreSQL's client programs.")
    return str(found)


def _connection() -> dict[str, str]:
    given = conninfo_to_dict(settings.DATABASE_OWNER_URL)
    names = {
        "host": "PGHOST",
        "port": "PGPORT",
        "user": "PGUSER",
        "password": "PGPASSWORD",
        "dbname": "PGDATABASE",
    }
    return {name: str(given[key]) for key, name in names.items() if given.get(key)}


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="remit-backup-") as folder:
        yield Path(folder)
