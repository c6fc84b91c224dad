"""``manage.py export SLUG[@LABEL]``: what was approved, in the form that the reader needs."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from console.accounts.services import workspace_named
from console.audit.services import SYSTEM
from console.problems import DomainError
from console.releases.exporting import export, find_release, format_named, labels_list
from console.releases.exports import FORMATS


class Command(BaseCommand):
    help = "Export an approved release. What is not approved, or blocked, is refused: exit 1."
    requires_system_checks: list[str] = []  # `check` does them: a second and a half

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("prompt", nargs="?", metavar="SLUG[@LABEL]", help="default label: production")
        parser.add_argument("--format", default="json", metavar="FORMAT", help=", ".join(FORMATS))
        parser.add_argument("--list", action="store_true", help="list the labels instead")
        parser.add_argument("--workspace", default="", metavar="SLUG", help="default: the only one")
        parser.add_argument("--out", type=Path, metavar="FILE", help="default: standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            text = self._list(options) if options["list"] else self._export(options)
        except DomainError as error:
            raise CommandError(f"{error.message} {error.what_to_do}".strip()) from error
        if options["out"] is None:
            self.stdout.write(text, ending="")
            return
        try:
            options["out"].write_text(text, encoding="utf-8")
        except OSError as error:
            raise CommandError(
                f"{options['out']} can't be written: {error.strerror}.", returncode=2
            ) from error

    def _export(self, options: dict[str, Any]) -> str:
        if not options["prompt"]:
            raise CommandError(
                "Say which prompt: SLUG or SLUG@LABEL; --list shows what there is.", returncode=2
            )
        chosen = format_named(options["format"])
        release, label = find_release(workspace_named(options["workspace"]), options["prompt"])
        return export(release=release, label=label, format=chosen, actor=SYSTEM)

    def _list(self, options: dict[str, Any]) -> str:
        rows = labels_list(workspace_named(options["workspace"]))
        if options["format"] == "json":
            return json.dumps(rows, indent=2) + "\n"
        return "".join(
            f"{row['slug']}  release {row['release']}  {', '.join(row['labels'])}  {row['digest']}\n"  # type: ignore[arg-type]
            for row in rows
        )
