"""``manage.py restore FILE``: a backup in place of what the database holds, whole or not at all."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from console.home.backups import opens_secrets, restore
from console.problems import DomainError


class Command(BaseCommand):
    help = "Restore a backup while Remit is stopped. Exit 0 restored and verified, 1 not."
    requires_system_checks: list[str] = []  # `check` does them: a second and a half

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--replace", action="store_true", help="give up what the database holds now")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = restore(options["file"], replace=options["replace"])
        except DomainError as error:
            raise CommandError(f"{error} {error.what_to_do}".strip()) from error
        self.stdout.write(
            f"Restored the backup of {done.created[:16]}: {done.workspaces} workspaces, audit unbroken."
        )
        if not opens_secrets(done):
            self.stderr.write(
                "Its provider and signing keys were sealed with another SECRET_KEY: set that one, or enter the keys anew."
            )
