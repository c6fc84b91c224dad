"""``manage.py import``: an existing prompt from a file becomes a prompt of a workspace."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.text import slugify

from console.accounts.models import Membership, Workspace
from console.accounts.permissions import Action, can
from console.accounts.services import workspace_named
from console.problems import DomainError
from console.prompts.drafts import create_prompt, free_slug
from console.prompts.importers import read_prompt
from console.prompts.imports import preview


class Command(BaseCommand):
    help = "Read a prompt (text, Markdown, tags, a draft, a request as JSON) into a workspace. Exit 2: unusable input."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help="a file, or - for standard input")
        parser.add_argument("--workspace", metavar="SLUG", help="default: the only one")
        parser.add_argument("--slug", help="default: the draft's, else made from the title")
        parser.add_argument("--title", help="default: the draft's, the first heading, else the file's name")
        parser.add_argument("--domain", help="default: the draft's, else general")
        parser.add_argument(
            "--as", dest="member", metavar="LOGIN", help="whose act it is; default: the first author"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._import(options)
        except DomainError as error:
            raise CommandError(f"{error.message} {error.what_to_do}".strip(), returncode=2) from error

    def _import(self, options: dict[str, Any]) -> None:
        member = _author(workspace_named(options["workspace"] or ""), options["member"])
        name = options["file"]
        imported = read_prompt(_read(name), name=name)
        content = preview(member.workspace, imported, domain=options["domain"] or "").content
        title = (
            options["title"]
            or content.get("title")
            or (Path(name).stem if name != "-" else "Imported prompt")
        )
        slug = options["slug"] or content.get("slug") or slugify(title)[:64] or "prompt"
        if not options["slug"]:
            slug = free_slug(member, slug)
        prompt = create_prompt(
            member=member, slug=slug, title=title, content=content, imported_from=imported.form
        )
        blocks = prompt.drafts.get().blocks
        self.stdout.write(f"{prompt.slug}: {prompt.title}, read as {imported.form}.")
        for note in imported.notes:
            self.stdout.write(note)
        self.stdout.write(f"{blocks} findings block it." if blocks else "Nothing blocks it.")


def _read(name: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise CommandError(f"{name} can't be read: {error.strerror or error}.", returncode=2) from error


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
        raise CommandError(f"{who} Name one with --as.", returncode=2)
    return found
