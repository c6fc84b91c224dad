"""Where calls go. The address comes from the deployment's configuration only, never from a request."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django.conf import settings

from console.accounts.models import Workspace
from console.problems import Invalid

ANTHROPIC = "https://api.anthropic.com"
NO_KEY = "none"  # the SDK insists on a key; servers without keys ignore it


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A server that speaks the Messages API. ``base_url``: http(s)://…, or ``unix:/path/to.sock``."""

    name: str
    base_url: str
    api_key: str = field(repr=False)
    rehearsal: bool = False

    @property
    def key(self) -> str:
        """A fingerprint for limits, ledgers and caches; nobody can tell the key from it."""
        return hashlib.sha256(f"{self.base_url}\0{self.api_key}".encode()).hexdigest()[:24]


def endpoint_for(workspace: Workspace | None = None) -> Endpoint:
    """The endpoint that a workspace's calls go to: the configured provider, else the rehearsal.

    The one door: accounts of a workspace's own will be looked up here.
    """
    key, address = settings.ANTHROPIC_API_KEY, settings.ANTHROPIC_BASE_URL
    if key or address:
        return endpoint_at(address or ANTHROPIC, api_key=key)
    return endpoint_at(settings.REMIT_REHEARSAL_URL)


def endpoint_at(base_url: str, *, api_key: str = "") -> Endpoint:
    """The endpoint at an address that the person at the machine's own command line gave."""
    address = checked(base_url)
    if address == settings.REMIT_REHEARSAL_URL.rstrip("/"):
        return Endpoint("Rehearsal", address, NO_KEY, rehearsal=True)
    name = "Anthropic" if address == ANTHROPIC else urlsplit(address).netloc or address
    return Endpoint(name, address, api_key or NO_KEY)


def checked(base_url: str) -> str:
    """The address without its last slash, or Invalid: a wrong one may send the key elsewhere."""
    try:
        parts = urlsplit(base_url)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError:
        raise _unusable(base_url, "it is not an address") from None
    if parts.scheme == "unix" and parts.path.startswith("/"):
        return base_url
    if parts.scheme not in {"http", "https"} or not parts.hostname or not port_is_fine:
        raise _unusable(base_url, "it must start with https:// or http:// and name a host")
    if parts.username is not None or parts.password is not None:
        raise _unusable(base_url, "it must not hold a user name or password")
    if parts.query or parts.fragment:
        raise _unusable(base_url, "it must not hold a query or fragment")
    return base_url.rstrip("/")


def _unusable(base_url: str, why: str) -> Invalid:
    shown = re.sub(r"//[^/]*@", "//", base_url)  # whatever stands there may be a secret
    return Invalid(
        f"The provider's address {shown!r} cannot be used: {why}.",
        "Correct ANTHROPIC_BASE_URL or --base-url.",
    )
