"""``manage.py compose``: the engine's command, with a workspace's policy, bounds and snippets where one is named."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from console.problems import DomainError
from console.prompts.surroundings import surroundings_of
from policies.command_line import add_compose, execute


class Command(BaseCommand):
    help = "Compile a draft into the prompt and the request that it stands for."
    requires_system_checks: list[str] = []  # `check` does them: a second and a half

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_compose(parser)
        parser.add_argument(
            "--workspace", metavar="SLUG", help="with this workspace's policy, bounds and snippets"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            surroundings = surroundings_of(options["workspace"])
        except DomainError as error:
            raise CommandError(f"{error.message} {error.what_to_do}".strip(), returncode=2) from error
        sys.exit(execute(Namespace(**options), surroundings))
