from __future__ import annotations

from io import StringIO

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.core.management import CommandError, call_command
from django.urls import reverse

from console.audit.models import Entry
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db


def test_somebody_who_lost_everything_is_helped_in_and_it_is_recorded(client):
    user = make_user("ada")
    client.post(reverse("account_login"), {"login": "ada", "password": PASSWORD})
    TOTP.activate(user, "JBSWY3DPEHPK3PXP")
    out = StringIO()
    call_command("account", "ada", "--new-password", "--drop-factors", "--end-sessions", stdout=out)
    assert client.get(reverse("account")).status_code == 302
    word = out.getvalue().split("password: ")[1].split()[0]
    client.post(reverse("account_login"), {"login": "ada", "password": word})
    assert client.get(reverse("account")).status_code == 200
    changed = Entry.objects.get(act="account:changed")
    assert changed.detail == {"changed": ["new_password", "drop_factors", "end_sessions"]}
    assert word not in str(changed.detail)


@pytest.mark.parametrize("arguments", [["nobody", "--close"], ["ada"], ["ada", "--close", "--open"]])
def test_what_cannot_be_done_is_said(arguments):
    make_user("ada")
    with pytest.raises(CommandError):
        call_command("account", *arguments)
