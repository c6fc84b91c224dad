"""``manage.py import``: existing prompts from files become prompts of a workspace, and a report says how each stands."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from console.accounts.models import Membership, Workspace
from console.accounts.permissions import Action, can
from console.accounts.services import workspace_named
from console.problems import DomainError, Invalid
from console.prompts.import_batch import keep_all, look_at
from console.prompts.import_report import Entry, as_dict, as_lines, totals
from console.prompts.importers import Read, read_prompts, too_large
from policies.report import visible
from policies.sources import MAX_BYTES

BLOCKED, UNUSABLE = 1, 2


class Command(BaseCommand):
    help = (
        "Read prompts (text, Markdown, tags, drafts, promptfoo, Langfuse, Agenta, Humanloop, requests to the Messages and "
        "OpenAI APIs) into a workspace. Exit 0: all pass, 1: something is blocked (its draft is kept all the same), "
        "2: unusable, and nothing is kept."
    )
    requires_system_checks: list[str] = []  # `check` does them: a second and a half

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", metavar="FILE", nargs="+", help="files, or - for standard input")
        parser.add_argument("--workspace", metavar="SLUG", help="default: the only one")
        parser.add_argument("--dry-run", action="store_true", help="report, and keep nothing")
        parser.add_argument("--format", choices=("text", "json"), default="text")
        parser.add_argument("--domain", help="default: the draft's, else general")
        parser.add_argument("--slug", help="of a single prompt; default: made of its name, numbered if taken")
        parser.add_argument("--title", help="of a single prompt; default: its name")
        parser.add_argument(
            "--as", dest="member", metavar="LOGIN", help="whose act it is; default: the first author"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            entries = _import(options)
        except DomainError as error:
            raise CommandError(f"{error.message} {error.what_to_do}".strip(), returncode=UNUSABLE) from error
        counts = totals(entries)
        if options["format"] == "json":
            report = {"dry_run": options["dry_run"], "prompts": list(map(as_dict, entries)), "totals": counts}
            self.stdout.write(json.dumps(report, ensure_ascii=False, indent=2))
        else:
            for entry in entries:
                self.stdout.write("\n".join(as_lines(entry)))
            self.stdout.write(_summary(counts, options["dry_run"]))
        if counts["blocked"]:
            sys.exit(BLOCKED)


def _import(options: dict[str, Any]) -> list[Entry]:
    """Everything is read before anything is kept, so that a file that cannot be used leaves nothing half done."""
    member = _author(workspace_named(options["workspace"] or ""), options["member"])
    read = [(file, entry) for file in options["files"] for entry in _read(file)]
    entries = look_at(
        member,
        read,
        domain=options["domain"] or "",
        slug=options["slug"] or "",
        title=options["title"] or "",
    )
    if not options["dry_run"]:
        keep_all(member, entries)
    return entries


def _read(file: str) -> tuple[Read, ...]:
    try:
        return read_prompts(_bytes(file), name="" if file == "-" else file)
    except Invalid as error:
        raise Invalid(f"{visible(file)}: {error.message}", error.what_to_do) from error


def _bytes(file: str) -> bytes:
    """The file, or as much of it as shows that it is too large."""
    try:
        if file == "-":
            source = sys.stdin.buffer.read(MAX_BYTES + 1)
            size = len(source)
        else:
            with Path(file).open("rb") as stream:
                source, size = stream.read(MAX_BYTES + 1), Path(file).stat().st_size
    except OSError as error:
        raise Invalid(f"It can't be read: {error.strerror or error}.") from error
    if len(source) > MAX_BYTES:
        raise too_large(size)
    return source


def _summary(counts: dict[str, int], dry_run: bool) -> str:
    total = counts["pass"] + counts["blocked"]
    said = f"{total} prompt{'s' * (total != 1)} {'read, nothing kept' if dry_run else 'imported'}"
    parts = [f"{counts['pass']} pass{'es' * (counts['pass'] == 1)}", f"{counts['blocked']} blocked"]
    if counts["not_taken"]:
        parts.append(f"{counts['not_taken']} not taken")
    return f"{said}: {', '.join(parts)}."


def _author(workspace: Workspace, login: str | None) -> Membership:
    """The member who imports: by login, else the first who may edit."""
    members = (
        Membership.objects.select_related("user", "workspace").filter(workspace=workspace).order_by("pk")
    )
    if login:
        members = members.filter(user__username=login)
    found = next((member for member in members if can(member, Action.EDIT)), None)
    if found is None:
        who = f"{login} is no author of {workspace.name}." if login else f"{workspace.name} has no author."
        raise Invalid(who, "Name one with --as.")
    return found
