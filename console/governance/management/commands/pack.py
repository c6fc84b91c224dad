"""``manage.py pack check|list|diff|source|use``: the engine's command, with the policies that a workspace published."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from console.accounts.models import Workspace
from console.accounts.services import workspace_named
from console.governance.packs import load, refs
from console.governance.services import switch_pack
from console.problems import DomainError, Invalid
from policies.command_line import NOWHERE, Surroundings, add_pack, execute


class Command(BaseCommand):
    help = "Check, list and compare policy packs. Exit 0 usable, 1 not, 2 unusable input."
    requires_system_checks: list[str] = []  # `check` does them: a second and a half

    def add_arguments(self, parser: ArgumentParser) -> None:
        commands = add_pack(parser)
        source = commands.add_parser("source", help="the very bytes of a policy that a workspace published")
        source.add_argument("name", metavar="NAME@VERSION")
        source.set_defaults(run=None, do=_write_source)
        use = commands.add_parser(
            "use", help="put a policy in force, without the look at what it would change"
        )
        use.add_argument("name", metavar="NAME@VERSION")
        use.set_defaults(run=None, do=_use)
        for command in commands.choices.values():
            command.add_argument(
                "--workspace", metavar="SLUG", help="with the policies that this workspace published"
            )

    def handle(self, *args: Any, **options: Any) -> None:
        slug = options["workspace"]
        try:
            if options["run"] is None:
                return options["do"](options["name"], workspace_named(slug or ""))
            around = _around(workspace_named(slug)) if slug else NOWHERE
        except DomainError as error:
            raise CommandError(f"{error.message} {error.what_to_do}".strip(), returncode=2) from error
        sys.exit(execute(Namespace(**options), around))


def _around(workspace: Workspace) -> Surroundings:
    return Surroundings(load=partial(load, workspace), listed=partial(refs, workspace))


def _write_source(ref: str, workspace: Workspace) -> None:
    name, _, version = ref.partition("@")
    row = workspace.packs.filter(name=name, version=version).first()
    if row is None:
        raise Invalid(
            f"{workspace.name} published no policy {ref[:80]}.", "See manage.py pack list --workspace SLUG."
        )
    sys.stdout.buffer.write(bytes(row.source))
    sys.stdout.flush()


def _use(ref: str, workspace: Workspace) -> None:
    name, _, version = ref.partition("@")
    row = switch_pack(workspace=workspace, name=name, version=version)
    sys.stdout.write(f"{row} is in force in {workspace.name}.\n")
