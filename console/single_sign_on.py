"""The organisation's identity provider as allauth's settings have it: OpenID Connect, SAML, or neither.

It is the operators' own: an address that it calls verified names the account here.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

# Where identity providers put what is asked of a person; REMIT_SAML_ATTRIBUTES names others.
_CLAIMS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
_ATTRIBUTES = {
    "uid": ["urn:oasis:names:tc:SAML:attribute:subject-id"],
    "email": ["urn:oid:0.9.2342.19200300.100.1.3", f"{_CLAIMS}emailaddress", "email", "mail"],
    "first_name": ["urn:oid:2.5.4.42", f"{_CLAIMS}givenname", "first_name", "firstName", "givenName"],
    "last_name": ["urn:oid:2.5.4.4", f"{_CLAIMS}surname", "last_name", "lastName", "sn"],
    "email_verified": [],
}


def origin(url: str) -> str:
    return "{0.scheme}://{0.netloc}".format(urlsplit(url))


def oidc_provider(*, issuer: str, client: str, secret: str, name: str) -> dict[str, Any]:
    """allauth's entry for one OpenID Connect issuer, found by its discovery document; none while it is unset."""
    if not (issuer and client):
        return {}
    app = {"provider_id": "oidc", "name": name, "client_id": client, "secret": secret}
    settings = {"server_url": issuer, "oauth_pkce_enabled": True, "email_authentication": True}
    return {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [{**app, "settings": settings}]}}


def saml_provider(
    *, entity_id: str, metadata: str, sso_url: str, certificate: str, attributes: str, name: str
) -> dict[str, Any]:
    """allauth's entry for one SAML identity provider, by its metadata's address or by what stands in them.

    ``attributes``: ``email=mail uid=employeeNumber``. An identity provider that sends no ``email_verified`` vouches for
    every address that it sends; where that is mapped, only for those that it says it of.
    """
    if not entity_id or not (metadata or (sso_url and certificate)):
        return {}
    idp = {"entity_id": entity_id, "metadata_url": metadata}
    if not metadata:
        idp = {"entity_id": entity_id, "sso_url": sso_url, "x509cert": _certificate(certificate)}
    mapping = {**_ATTRIBUTES, **_mapped(attributes)}
    settings = {
        "idp": idp,
        "attribute_mapping": mapping,
        "email_authentication": True,
        "verified_email": not mapping["email_verified"],
        "advanced": {"allow_single_label_domains": True},  # http://remit/ inside a company
    }
    # People are known by the provider's id and their own there: another provider's "17" is somebody else.
    app = {"provider_id": entity_id, "name": name, "client_id": "saml", "settings": settings}
    return {"saml": {"APPS": [app]}}


def saml_problem(*, entity_id: str, metadata: str, sso_url: str, certificate: str, attributes: str) -> str:
    """Why SAML as it is set cannot work, one sentence; empty when it can, or is off."""
    if not any((entity_id, metadata, sso_url, certificate)):
        return ""
    if find_spec("onelogin") is None or find_spec("xmlsec") is None:
        return "REMIT_SAML_* is set, but its packages are missing: pip install --require-hashes -r requirements-saml.lock."
    if not entity_id or not (metadata or (sso_url and certificate)):
        return "SAML needs REMIT_SAML_ENTITY_ID, and REMIT_SAML_METADATA or both REMIT_SAML_SSO_URL and REMIT_SAML_CERTIFICATE."
    if metadata and not metadata.startswith("https://"):
        return "REMIT_SAML_METADATA is no https address: whoever is on the way could name another identity provider."
    if not metadata and "CERTIFICATE" not in _certificate(certificate):
        return "REMIT_SAML_CERTIFICATE is neither a certificate in PEM nor a file that holds one."
    if unknown := sorted(set(_mapped(attributes)) - set(_ATTRIBUTES)):
        return f"REMIT_SAML_ATTRIBUTES maps {', '.join(unknown)}; known are {', '.join(_ATTRIBUTES)}."
    return ""


def _certificate(given: str) -> str:
    """PEM as it is, or out of the file that is named; nothing where neither is found."""
    if "CERTIFICATE" in given:
        return given
    try:
        return Path(given).read_text("ascii")
    except (OSError, ValueError):
        return ""


def _mapped(attributes: str) -> dict[str, list[str]]:
    pairs = [pair.partition("=") for pair in attributes.split()]
    return {name: [value] for name, _, value in pairs}
