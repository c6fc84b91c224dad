"""`manage.py account NAME …`: help somebody in who lost the password or the phone, or close an account."""

from __future__ import annotations

import secrets
from argparse import ArgumentParser
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.core.management import BaseCommand, CommandError
from django.db import transaction

from console.accounts.models import User
from console.audit.acts import Act
from console.audit.services import INSTALLATION, SYSTEM, Subject, record


class Command(BaseCommand):
    help = "Resets a person's password or second factor, ends their sessions, closes or opens the account."
    requires_system_checks: list[str] = []  # `check` does them: a second and a half

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="the login")
        parser.add_argument("--new-password", action="store_true", help="make one up and print it")
        parser.add_argument(
            "--drop-factors", action="store_true", help="take apps, passkeys and recovery codes away"
        )
        parser.add_argument("--end-sessions", action="store_true", help="log them out everywhere")
        parser.add_argument("--close", action="store_true", help="nobody logs in with it any more")
        parser.add_argument("--open", action="store_true", help="the opposite of --close")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["name"]).first()
        if user is None:
            raise CommandError(f"Nobody has the login {options['name']!r}.")
        if options["close"] and options["open"]:
            raise CommandError("Choose one of --close and --open.")
        done = [word for word in STEPS if options[word]]
        if not done:
            raise CommandError(
                "Say what to do: --new-password, --drop-factors, --end-sessions, --close or --open."
            )
        for word in done:
            self.stdout.write(STEPS[word](user))
        record(
            chain=INSTALLATION,
            actor=SYSTEM,
            act=Act.ACCOUNT_CHANGED,
            subject=Subject("account", str(user.pk), user.shown_name),
            detail={"changed": done},
        )


def _new_password(user: User) -> str:
    word = secrets.token_urlsafe(12)
    user.set_password(word)
    user.save(update_fields=["password"])
    return f"password: {word}"


def _drop_factors(user: User) -> str:
    deleted, _ = Authenticator.objects.filter(user=user).delete()
    return f"{deleted} factors taken away"


def _end_sessions(user: User) -> str:
    sessions = list(UserSession.objects.filter(user=user))
    for session in sessions:
        session.end()
    return f"{len(sessions)} sessions ended"


def _close(user: User) -> str:
    User.objects.filter(pk=user.pk).update(is_active=False)
    return f"closed; {_end_sessions(user)}"


def _open(user: User) -> str:
    User.objects.filter(pk=user.pk).update(is_active=True)
    return "open"


STEPS = {
    "new_password": _new_password,
    "drop_factors": _drop_factors,
    "end_sessions": _end_sessions,
    "close": _close,
    "open": _open,
}
