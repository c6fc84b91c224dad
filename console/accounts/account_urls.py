"""Logging in, one's own account, and invitations: addresses outside of any workspace."""

from __future__ import annotations

from django.urls import include, path
from django.views.generic import RedirectView

from console.accounts import account_views, invitation_views

urlpatterns = [
    path("account/", account_views.account, name="account"),
    # The account's page changes the address; allauth's own page of addresses is not used.
    path("accounts/email/", RedirectView.as_view(pattern_name="account"), name="account_email"),
    path("invitations/<str:secret>/", invitation_views.invitation, name="invitation"),
    # Instead of allauth's page, which ends all others or none.
    path("accounts/sessions/", account_views.sessions, name="usersessions_list"),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("accounts/3rdparty/", include("allauth.socialaccount.urls")),
    path("accounts/", include("allauth.socialaccount.providers.openid_connect.urls")),
    path("accounts/saml/<str:organization_slug>/", include("console.accounts.saml_urls")),
    path("accounts/", include("allauth.account.urls")),
]
