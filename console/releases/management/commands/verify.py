"""``manage.py verify BUNDLE --key PUB``: is this what was approved? Needs no database and no network."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from console.releases.dsse import BadEnvelope
from console.releases.verification import check_bundle, known_in

_LARGEST = 12_000_000  # bytes


class Command(BaseCommand):
    help = "Verify a bundle offline. Exit 0: good; 1: not; 2: a file can't be read."
    requires_system_checks: list[str] = []  # `check` does them: a second and a half

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("bundle", type=Path)
        parser.add_argument(
            "--key",
            type=Path,
            required=True,
            action="append",
            help="public key in PEM form, or the list that “keys --format json” prints, which knows what is revoked; "
            "may be given again",
        )
        parser.add_argument(
            "--at-least",
            type=int,
            default=0,
            metavar="N",
            help="the newest release that was seen: an older one is refused as put back",
        )
        parser.add_argument(
            "--accept-broken-glass",
            action="store_true",
            help="accept what was released although its review did not stand",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        text, pems = self._read(options["bundle"]), [self._read(path) for path in options["key"]]
        try:
            report = check_bundle(
                text,
                known_in(pems),
                accept_broken_glass=options["accept_broken_glass"],
                at_least=options["at_least"],
            )
        except BadEnvelope as error:
            raise CommandError(str(error)) from error
        self.stdout.write("\n".join(report.lines))

    def _read(self, path: Path) -> bytes:
        try:
            if path.stat().st_size > _LARGEST:
                raise CommandError(f"{path} is larger than {_LARGEST:,} bytes: no bundle is.", returncode=2)
            return path.read_bytes()
        except OSError as error:
            raise CommandError(f"{path} can't be read: {error.strerror}.", returncode=2) from error
