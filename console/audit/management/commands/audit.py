"""``manage.py audit verify``: check every link of every chain."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from console.audit.models import Chain
from console.audit.services import verify


class Command(BaseCommand):
    help = "Verify that nothing in the audit was altered. Exit 0 when it holds, 1 with the first bad entry."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", choices=["verify"])

    def handle(self, *args: Any, **options: Any) -> None:
        broken = [found for chain in Chain.objects.order_by("name") if (found := verify(chain))]
        for place in broken:
            self.stderr.write(f"{place.chain}: broken at entry {place.seq}: {place.why}.")
        if broken:
            raise CommandError("The audit does not hold.", returncode=1)
        for chain in Chain.objects.order_by("name"):
            self.stdout.write(f"{chain.name}: {chain.seq} entries, unbroken.")
