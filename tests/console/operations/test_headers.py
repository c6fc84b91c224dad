"""Every answer tells the browser how little it may do, whoever asks and whatever comes of it."""

from __future__ import annotations

import pytest
from django.contrib.auth.hashers import get_hasher, make_password
from django.test import Client
from django.urls import reverse

from tests.factories import make_member, make_workspace

pytestmark = pytest.mark.django_db


def directives(policy: str) -> dict[str, list[str]]:
    return {name: rest for name, *rest in (part.split() for part in policy.split(";") if part.strip())}


@pytest.mark.parametrize("what", ["log-in", "page", "absent", "refused", "file", "no form"])
def test_what_a_browser_is_told(what: str) -> None:
    member, client = make_member(make_workspace("meridian"), "auditor"), Client(enforce_csrf_checks=True)
    if what != "log-in":
        client.force_login(member.user)
    answer = {
        "log-in": lambda: client.get("/accounts/login/"),
        "page": lambda: client.get(reverse("home:index", args=["meridian"])),
        "absent": lambda: client.get("/w/nowhere/"),
        "refused": lambda: client.get(reverse("releases:webhooks", args=["meridian"])),
        "file": lambda: client.get(reverse("releases:checkpoints", args=["meridian"])),
        "no form": lambda: client.post(reverse("governance:bounds", args=["meridian"])),
    }[what]()
    told = {"log-in": 200, "page": 200, "absent": 404, "refused": 403, "file": 200, "no form": 403}
    assert answer.status_code == told[what]
    policy = directives(answer["Content-Security-Policy"])
    for name in ("script-src", "style-src", "default-src"):
        allowed = policy.get(name, policy["default-src"])
        assert not {"'unsafe-inline'", "'unsafe-eval'", "*", "data:", "http:", "https:"} & set(allowed), name
    assert policy["frame-ancestors"] == policy["default-src"] == ["'none'"] and "object-src" not in policy
    assert policy["base-uri"] == ["'none'"] and policy["img-src"] == ["'self'"]
    assert answer["X-Content-Type-Options"] == "nosniff" and answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin" and "no-store" in answer["Cache-Control"]
    assert answer["Cross-Origin-Opener-Policy"] == answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in answer["Permissions-Policy"]


def test_passwords_are_kept_by_argon2() -> None:
    from console import settings

    assert settings.PASSWORD_HASHERS[0].endswith("Argon2PasswordHasher")
    assert make_password("a long enough word", hasher="argon2").startswith("argon2$argon2id$")
    assert get_hasher("argon2").time_cost >= 2
