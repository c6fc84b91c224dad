"""``manage.py keys``: the public keys that verify bundles of this installation."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from console.problems import DomainError
from console.releases.keys import current_key, listed, public_pem, revoke, rotate
from console.releases.models import SigningKey


class Command(BaseCommand):
    help = "Print the public keys that sign, or signed, releases; --rotate makes a new one, --revoke ends the trust in one."
    requires_system_checks: list[str] = []  # `check` does them: a second and a half

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--format", choices=["pem", "json"], default="pem", help="pem: the current key alone"
        )
        parser.add_argument(
            "--rotate", action="store_true", help="retire the current key and sign with a new one"
        )

        parser.add_argument(
            "--revoke", metavar="NAME", default="", help="say that a key must not be trusted any more"
        )
        parser.add_argument("--reason", default="", help="of the revocation: everybody who verifies reads it")

    def handle(self, *args: Any, **options: Any) -> None:
        key = self._current(options)
        if options["format"] == "pem":
            self.stdout.write(public_pem(key), ending="")
            return
        self.stdout.write(json.dumps(listed(), indent=2))

    def _current(self, options: dict[str, Any]) -> SigningKey:
        if options["revoke"]:
            try:
                revoke(name=options["revoke"], reason=options["reason"])
            except DomainError as error:
                raise CommandError(f"{error.message} {error.what_to_do}".strip()) from error
        return rotate() if options["rotate"] else current_key()
