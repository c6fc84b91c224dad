"""``manage.py reseal``: after a new SECRET_KEY, seal every stored secret with it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from console.home.resealing import reseal_all
from console.problems import DomainError


class Command(BaseCommand):
    help = "Seal every stored secret with SECRET_KEY; REMIT_SECRET_KEY_FALLBACKS opens the old ones. Exit 0 done, 1 not."
    requires_system_checks: list[str] = []  # `check` does them: a second and a half

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = reseal_all()
        except DomainError as error:
            raise CommandError(f"{error.message} {error.what_to_do}".strip()) from error
        counts = ", ".join(f"{each.count} {each.what}" for each in done if each.count) or "nothing was there"
        self.stdout.write(f"Sealed anew: {counts}.")
        self.stdout.write("REMIT_SECRET_KEY_FALLBACKS can go once the sessions that it signed are over.")
