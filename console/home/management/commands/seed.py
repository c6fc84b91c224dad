"""``manage.py seed``: two logins and an example workspace, once; nothing when they are there."""

from __future__ import annotations

import os
from typing import Any

from django.core.management.base import BaseCommand

from console.home.seeding import Logins, seed


class Command(BaseCommand):
    help = "Make the example workspace and its two logins, and print them. Does nothing when somebody is there already."
    requires_system_checks: list[str] = []  # `check` does them: a second and a half

    def handle(self, *args: Any, **options: Any) -> None:
        logins: Logins | None = seed(password=os.environ.get("REMIT_FIRST_PASSWORD", ""))
        if logins is None:
            self.stdout.write("The console has people already; nothing was added.")
            return
        self.stdout.write(
            "An example workspace was made: two prompts, a suite and a finished comparison each."
        )
        self.stdout.write(
            f"login: {logins.author} password: {logins.author_password}   "
            f"reviewer: {logins.reviewer} password: {logins.reviewer_password}"
        )
