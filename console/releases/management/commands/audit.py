"""``manage.py audit verify``: check every link of every chain, and what was signed of it outside."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from console.audit.models import Chain
from console.audit.services import Broken, verify
from console.problems import DomainError
from console.releases import checkpoints
from console.releases.dsse import BadEnvelope
from console.releases.verification import known_in


class Command(BaseCommand):
    help = "Verify that nothing in the audit was altered. Exit 0 when it holds, 1 with the first bad entry; 2: unusable."
    requires_system_checks: list[str] = []  # `check` does them: a second and a half

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", choices=["verify", "checkpoint"])
        parser.add_argument(
            "--checkpoint",
            type=Path,
            action="append",
            default=[],
            metavar="FILE",
            help="checkpoints or a bundle, kept outside; may be given again",
        )
        parser.add_argument(
            "--key",
            type=Path,
            action="append",
            default=[],
            metavar="PUB",
            help="public key that was kept outside; default: those of this database, which its owner may replace",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["action"] == "checkpoint":
            self._sign()
            return
        points = self._points(options["checkpoint"], options["key"])
        broken = [found for chain in Chain.objects.order_by("name") if (found := verify(chain))]
        broken += [found for found in checkpoints.held_against(points) if found.chain not in _names(broken)]
        for place in broken:
            self.stderr.write(f"{place.chain}: broken at entry {place.seq}: {place.why}.")
        if broken:
            raise CommandError("The audit does not hold.", returncode=1)
        signed = {name: max(p.count for p in points if p.chain == name) for name in {p.chain for p in points}}
        for chain in Chain.objects.order_by("name"):
            more = f", as signed up to {signed[chain.name]}" if chain.name in signed else ""
            self.stdout.write(f"{chain.name}: {chain.seq} entries, unbroken{more}.")

    def _sign(self) -> None:
        """A checkpoint of every chain now, on standard output too."""
        for chain in Chain.objects.order_by("name"):
            row = checkpoints.make(chain.name)
            self.stdout.write(checkpoints.line_of(row) if row else f"{chain.name}: signed already.")

    def _points(self, files: list[Path], key_files: list[Path]) -> list[checkpoints.Point]:
        try:
            keys = known_in([path.read_bytes() for path in key_files]).usable if key_files else None
            found = []
            for path in files:
                found += checkpoints.read_points(
                    checkpoints.read_file(path), keys or checkpoints.known_keys()
                )
        except (DomainError, BadEnvelope) as error:
            raise CommandError(str(error), returncode=2) from error
        except OSError as error:
            raise CommandError(f"{error.filename} can't be read: {error.strerror}.", returncode=2) from error
        return found


def _names(broken: list[Broken]) -> set[str]:
    return {place.chain for place in broken}
