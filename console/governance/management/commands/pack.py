"""``manage.py pack check|list|diff``: the engine's command."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from typing import Any

from django.core.management.base import BaseCommand

from policies.command_line import add_pack, execute


class Command(BaseCommand):
    help = "Check, list and compare policy packs. Exit 0 usable, 1 not, 2 unusable input."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_pack(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        sys.exit(execute(Namespace(**options)))
