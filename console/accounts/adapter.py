"""How allauth behaves here: nobody signs up without an invitation, and log-ins are recorded, the refused ones too."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import AbstractBaseUser
from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve

from console.accounts.hooks import record_account
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
            if page.view_name == "invitation" and invitation_of(page.kwargs["secret"]):
                return True
        except (Resolver404, Gone):
            pass
        record_refused(sociallogin.user.email)
        return False

    def authenticate_by_email(self, sociallogin: Any) -> tuple[AbstractBaseUser, str] | None:
        """Whoever typed the address into an account did not prove that it is theirs. One that the provider knows is another
        person's; and allauth takes from this one its password and sessions, not what else opens it.
        """
        found = super().authenticate_by_email(sociallogin)
        if found is None:
            return None
        user, provider = found[0], sociallogin.account.provider
        known = SocialAccount.objects.filter(user=user)
        if known.filter(provider=provider).exists():
            return None
        with transaction.atomic():
            known.delete()
            for factor in Authenticator.objects.filter(user=user):
                record_account(user, Act.FACTOR_REMOVED, kind=str(factor.type))
                factor.delete()
        return found

    def on_authentication_error(self, request: HttpRequest, provider: Any, **about: Any) -> None:
        # Anybody may knock with an answer that he made up, all day: once a minute is said.
        if cache.add(f"refused-by:{provider.id}", 1, 60):
            record_refused(provider.name)


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
        record_refused(str(credentials.get("username") or credentials.get("email") or ""))


@transaction.atomic
def record_refused(name: str) -> None:
    record(chain=INSTALLATION, actor=SYSTEM, act=Act.LOGIN_REFUSED, subject=Subject("login", "", name[:150]))
