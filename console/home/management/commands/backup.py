"""``manage.py backup FILE``: everything that the database holds, in one file."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from console.home.backups import back_up
from console.problems import DomainError


class Command(BaseCommand):
    help = "Write a backup. Works while Remit runs. Exit 0 written, 1 not."
    requires_system_checks: list[str] = []  # `check` does them: a second and a half

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--replace", action="store_true", help="overwrite FILE")
        parser.add_argument(
            "--with-secret",
            action="store_true",
            help="put the installation's secret in: FILE then opens everything",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = back_up(options["file"], with_secret=options["with_secret"], replace=options["replace"])
        except DomainError as error:
            raise CommandError(f"{error} {error.what_to_do}".strip()) from error
        size = options["file"].stat().st_size / 1_000_000
        self.stdout.write(
            f"{options['file']}: {done.workspaces} workspaces, {done.entries} audit entries, {size:.1f} MB."
        )
        self.stdout.write(
            "It holds the installation's secret: keep it where you keep passwords."
            if done.secret_key
            else "Provider and signing keys in it open only with this installation's SECRET_KEY, which is not in the file."
        )
