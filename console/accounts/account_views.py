"""One's own account: name, e-mail, password, second factor, sessions, and where one is a member."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from allauth.account.decorators import reauthentication_required
from allauth.mfa.models import Authenticator
from allauth.usersessions.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.timesince import timesince
from django.views.decorators.http import require_http_methods

from console.accounts.hooks import record_account
from console.accounts.models import Membership, User
from console.audit.acts import Act


class AccountForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ("name", "email")
        labels = {"name": "Name", "email": "E-mail"}
        help_texts = {"name": "how others see you", "email": "for messages, and to log in with"}

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        taken = User.objects.filter(email__iexact=email).exclude(pk=self.instance.pk)
        if email and taken.exists():
            raise forms.ValidationError("Another account has this address already.")
        return email


@require_http_methods(["GET", "HEAD", "POST"])
def account(request: Any) -> HttpResponseBase:
    form = AccountForm(request.POST or None, instance=User.objects.get(pk=request.user.pk))
    if request.method == "POST" and form.is_valid():
        return _change(request, form=form) if "email" in form.changed_data else _save(request, form)
    return render(
        request, "accounts/account.html", _context(request, form), status=422 if form.errors else 200
    )


@reauthentication_required(app="remit")
def _change(request: HttpRequest, form: AccountForm) -> HttpResponseBase:
    """Whoever reads the address may set a new password by it: the old one is asked for first."""
    return _save(request, form)


def _save(request: HttpRequest, form: AccountForm) -> HttpResponseBase:
    if form.has_changed():
        user = form.save()
        record_account(user, Act.ACCOUNT_CHANGED, changed=sorted(form.changed_data))
        messages.success(request, "Your account is saved.")
    return redirect("account")


@require_http_methods(["GET", "HEAD", "POST"])
def sessions(request: HttpRequest) -> HttpResponseBase:
    """Where one is logged in. POST ends the named session, or all but this one."""
    assert isinstance(request.user, User)
    current = request.session.session_key
    found = UserSession.objects.purge_and_list(request.user)
    if request.method == "POST":
        named = request.POST.get("session", "")
        ended = [each for each in found if each.session_key != current and named in ("", str(each.pk))]
        get_adapter().end_sessions(ended)
        messages.success(request, f"{len(ended)} session{'' if len(ended) == 1 else 's'} ended.")
        return redirect("usersessions_list")
    now = timezone.now()
    context = {
        "sessions": sorted(found, key=lambda each: each.last_seen_at, reverse=True),
        "current": current,
        "idle": timesince(now - timedelta(seconds=settings.REMIT_SESSION_IDLE), now),
        "most": timesince(now - timedelta(seconds=settings.REMIT_SESSION_MOST), now),
    }
    return render(request, "accounts/sessions.html", context)


def _context(request: HttpRequest, form: AccountForm) -> dict[str, Any]:
    assert isinstance(request.user, User)
    factors = Authenticator.objects.filter(user=request.user)
    return {
        "form": form,
        "factors": [each.wrap() for each in factors if each.type == Authenticator.Type.WEBAUTHN],
        "app": any(each.type == Authenticator.Type.TOTP for each in factors),
        "codes": next(
            (
                len(f.wrap().get_unused_codes())
                for f in factors
                if f.type == Authenticator.Type.RECOVERY_CODES
            ),
            None,
        ),
        "sessions": UserSession.objects.filter(user=request.user).count(),
        "memberships": Membership.objects.filter(user=request.user).select_related("workspace"),
    }
