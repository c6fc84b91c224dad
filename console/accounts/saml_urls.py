"""Where a SAML identity provider sends people; allauth looks the addresses up by these names."""

from __future__ import annotations

from django.urls import path

from console.accounts import saml

urlpatterns = [
    path("login/", saml.login, name="saml_login"),
    path("acs/", saml.acs, name="saml_acs"),
    path("acs/finish/", saml.finish_acs, name="saml_finish_acs"),
    path("sls/", saml.sls, name="saml_sls"),
    path("metadata/", saml.metadata, name="saml_metadata"),
]
