"""Suites as files: `suite export SLUG --format csv`, `suite import FILE --slug NAME`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from console.accounts.models import Workspace
from console.problems import DomainError, Invalid
from console.trials import suites
from console.trials.scenarios import ScenarioProblems
from console.trials.suite_files import FORMATS, read_suite

UNUSABLE = 2


class Command(BaseCommand):
    help = __doc__
    requires_system_checks: list[str] = []  # `check` does them: a second and a half

    def add_arguments(self, parser: CommandParser) -> None:
        parts = parser.add_subparsers(dest="what", required=True)
        out = parts.add_parser("export", help="write the newest version of a suite")
        out.add_argument("slug")
        out.add_argument("--format", choices=tuple(FORMATS), default="jsonl")
        into = parts.add_parser("import", help="make a suite, or the next version of one")
        into.add_argument("file", help="JSON lines, CSV or a promptfoo configuration")
        into.add_argument("--slug", required=True, help="small letters, digits and hyphens")
        into.add_argument("--title", default="")
        for part in (out, into):
            part.add_argument("--workspace", default="", metavar="SLUG", help="default: the only one")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            workspace = _workspace(options["workspace"])
            (self._export if options["what"] == "export" else self._import)(workspace, options)
        except ScenarioProblems as problems:
            for problem in problems.problems:
                self.stderr.write(f"{options['file']}: {problem}")
            sys.exit(UNUSABLE)
        except DomainError as error:
            self.stderr.write(f"{error} {error.what_to_do}".strip())
            sys.exit(UNUSABLE)

    def _export(self, workspace: Workspace, options: dict[str, Any]) -> None:
        version = suites.newest_version(workspace, options["slug"])
        self.stdout.write(FORMATS[options["format"]].write(version), ending="")

    def _import(self, workspace: Workspace, options: dict[str, Any]) -> None:
        path = Path(options["file"])
        try:
            read = read_suite(path.read_bytes(), path.name)
        except OSError as error:
            words = (error.strerror or str(error)).lower()
            raise Invalid(f"{path} cannot be read: {words}.", "Check the path.") from None
        for note in read.notes:
            self.stderr.write(f"{path}: {note}")
        version = suites.version_of_scenarios(
            workspace=workspace,
            slug=options["slug"],
            title=options["title"] or options["slug"],
            scenarios=read.scenarios,
        )
        self.stdout.write(f"{version}: {len(version.scenarios)} scenarios, digest {version.digest}")


def _workspace(slug: str) -> Workspace:
    found = list(Workspace.objects.filter(slug=slug) if slug else Workspace.objects.all()[:2])
    if len(found) == 1:
        return found[0]
    known = ", ".join(Workspace.objects.values_list("slug", flat=True)[:10]) or "none yet"
    raise Invalid(
        f'There is no workspace "{slug}".' if slug else "It is not clear which workspace is meant.",
        f"Name one with --workspace: {known}.",
    )
