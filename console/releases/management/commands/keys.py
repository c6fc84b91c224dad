"""``manage.py keys``: the public keys that verify bundles of this installation."""

from __future__ import annotations

import base64
import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from console.releases.keys import current_key, public_pem, rotate
from console.releases.models import SigningKey


class Command(BaseCommand):
    help = "Print the public keys that sign, or signed, releases; --rotate makes a new one first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--format", choices=["pem", "json"], default="pem", help="pem: the current key alone"
        )
        parser.add_argument(
            "--rotate", action="store_true", help="retire the current key and sign with a new one"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        key = rotate() if options["rotate"] else current_key()
        if options["format"] == "pem":
            self.stdout.write(public_pem(key), ending="")
            return
        rows = [
            {
                "keyid": key.keyid,
                "name": key.name,
                "state": key.state,
                "public": base64.standard_b64encode(bytes(key.public)).decode(),
                "created": key.created_at.isoformat(),
            }
            for key in SigningKey.objects.all()
        ]
        self.stdout.write(json.dumps(rows, indent=2))
