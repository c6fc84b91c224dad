"""The second factor: who has one, whether it was shown a moment ago, and how its secrets are kept."""

from __future__ import annotations

import time
from base64 import b64decode, b64encode
from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.reauthentication import suspend_request
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from console.accounts.models import User
from console.sealed import seal, unseal

FRESH = 300  # seconds in which one factor serves for several decisions
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


class MFAAdapter(DefaultMFAAdapter):
    """Secrets of authenticator apps are sealed as the provider's keys are."""

    def encrypt(self, text: str) -> str:
        return b64encode(seal(text.encode())).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(b64decode(encrypted_text)).decode()

    def get_totp_issuer(self) -> str:
        return "Remit"

    def get_totp_label(self, user: AbstractBaseUser) -> str:
        return user.get_username()


def has_factor(user: User) -> bool:
    """Recovery codes alone are none: they only replace one."""
    return Authenticator.objects.filter(user_id=user.pk, type__in=FACTORS).exists()


def is_fresh(request: HttpRequest) -> bool:
    """Whether this session showed a second factor in the last minutes; a password shown again does not count."""
    shown = [
        each["at"] for each in get_authentication_records(request, request.user) if each["method"] == "mfa"
    ]
    return bool(shown) and time.time() - shown[-1] < FRESH


def lead_to_setup(request: HttpRequest, workspace: str) -> HttpResponseBase:
    messages.warning(request, f"{workspace} asks for a second factor. Set one up, then go on.")
    return _to(request, reverse("mfa_index"))


View = Callable[..., HttpResponseBase]


def fresh_factor(view: View) -> View:
    """Below ``member_view``, for what counts: in a workspace that requires it, a POST shows a second factor first.

    The request waits in the session and is done after the factor was shown, so that nothing typed is lost.
    """

    @wraps(view)
    def wrapped(request: Any, **rest: Any) -> HttpResponseBase:
        asked = request.method == "POST" and request.member.workspace.requires_mfa
        if not asked or is_fresh(request):
            return view(request, **rest)
        app = Authenticator.objects.filter(user_id=request.user.pk, type=Authenticator.Type.TOTP).exists()
        page = reverse("mfa_reauthenticate" if app else "mfa_reauthenticate_webauthn")
        return _to(request, suspend_request(request, page)["Location"])

    return wrapped


def _to(request: Any, url: str) -> HttpResponseBase:
    return HttpResponseClientRedirect(url) if request.htmx else redirect(url)
