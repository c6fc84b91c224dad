"""How allauth behaves here: nobody signs up without an invitation, and log-ins are recorded, the refused ones too."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve

from console.accounts.invitations import Gone, invitation_of
from console.accounts.models import User
from console.audit.acts import Act
from console.audit.services import INSTALLATION, SYSTEM, Subject, record


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """Who comes from the identity provider is known by the address, or holds an invitation; nobody else gets in."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """The invitation is where they go next: its page sent them to log in."""
        try:
            page = resolve(sociallogin.state.get("next") or "")
            return page.view_name == "invitation" and bool(invitation_of(page.kwargs["secret"]))
        except (Resolver404, Gone):
            return False


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def post_login(self, request: HttpRequest, user: AbstractBaseUser, **about: Any) -> HttpResponse:
        assert isinstance(user, User)
        with transaction.atomic():
            record(chain=INSTALLATION, actor=user.actor, act=Act.LOGIN)
        return super().post_login(request, user, **about)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """The name is kept as it was typed, the password is not looked at."""
        name = str(credentials.get("username") or credentials.get("email") or "")[:150]
        with transaction.atomic():
            record(
                chain=INSTALLATION, actor=SYSTEM, act=Act.LOGIN_REFUSED, subject=Subject("login", "", name)
            )
