"""Where calls go: an account of the workspace, else the deployment's configuration, else the rehearsal."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Exists, OuterRef

from console.accounts.models import Workspace
from console.problems import DomainError, Invalid
from console.provider.addresses import check_origin, is_listed
from console.provider.models import ProviderAccount
from console.repeated import Repeated
from console.sealed import unseal

ANTHROPIC = "https://api.anthropic.com"
NO_KEY = "none"  # the SDK insists on a key; servers without keys ignore it
Kind = ProviderAccount.Kind
CLOUDS = frozenset({Kind.BEDROCK, Kind.VERTEX, Kind.FOUNDRY})


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a workspace lets an account call one model; None: as fast as the provider allows."""

    requests: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A server that speaks the Messages API. ``base_url``: http(s)://…, or ``unix:/path/to.sock``."""

    name: str
    base_url: str
    api_key: str = field(repr=False)
    rehearsal: bool = False
    kind: str = Kind.MESSAGES
    region: str = ""
    project: str = ""
    account: int | None = None
    pace: Pace = Pace()
    # A workspace named the address: its name is looked up here, and may lead to public machines only.
    guarded: bool = False
    problem: str = ""  # why no call can be made, where that is known before one is

    @property
    def key(self) -> str:
        """A fingerprint for limits, ledgers and caches; nobody can tell the key from it.

        An account keeps its own when its key is changed, so that what was learned of its limits holds on.
        """
        named = f"account {self.account}" if self.account else f"{self.base_url}\0{self.api_key}"
        return hashlib.sha256(named.encode()).hexdigest()[:24]


_DEFAULT = Repeated(lambda workspace: ProviderAccount.objects.filter(workspace=workspace, is_default=True))


def endpoint_for(workspace: Workspace | None = None, account: ProviderAccount | None = None) -> Endpoint:
    """The endpoint that a workspace's calls go to: the one door.

    An account that cannot be used breaks no page that only names it: its calls fail with the reason.
    """
    if account is None and workspace is not None:
        account = _DEFAULT.first(workspace.pk)
    if account is None:
        return deployed()
    try:
        return endpoint_of(account)
    except DomainError as error:
        problem = f"{error.message} {error.what_to_do}".strip()
        return Endpoint(account.name, "", NO_KEY, kind=account.kind, account=account.pk, problem=problem)


def with_provider() -> Exists:
    """Whether a workspace has an account of its own for its calls, to annotate a query of workspaces with."""
    return Exists(ProviderAccount.objects.filter(workspace=OuterRef("pk"), is_default=True))


def deployed() -> Endpoint:
    """What the deployment configures, else the rehearsal."""
    key, address = settings.ANTHROPIC_API_KEY, settings.ANTHROPIC_BASE_URL
    if key or address:
        return endpoint_at(address or ANTHROPIC, api_key=key)
    return endpoint_at(settings.REMIT_REHEARSAL_URL)


def endpoint_of(account: ProviderAccount) -> Endpoint:
    """An account's endpoint, held against the installation's list as it is now. Raises Invalid and Unsealable."""
    if account.closed_at is not None:
        raise Invalid(f"The account {account.name} is closed.", "Choose another account.")
    if account.kind in CLOUDS and not account.has_key and not settings.REMIT_CLOUD_CREDENTIALS:
        raise Invalid(
            f"The account {account.name} has no key.",
            "Give it one, or have the installation lend its own credentials (REMIT_CLOUD_CREDENTIALS).",
        )
    address = account.base_url if account.kind == Kind.MESSAGES else ""
    if address:
        check_origin(address)
    shown = urlsplit(address).netloc if address else account.get_kind_display()
    return Endpoint(
        name=f"{account.name} ({shown})",
        base_url=address or _PLATFORM_URLS[Kind(account.kind)].format(account),
        api_key=unseal(bytes(account.key)).decode() if account.has_key else NO_KEY,
        kind=account.kind,
        region=account.region,
        project=account.project,
        account=account.pk,
        pace=Pace(
            account.requests_per_minute, account.input_tokens_per_minute, account.output_tokens_per_minute
        ),
        guarded=bool(address) and not is_listed(address),
    )


_PLATFORM_URLS = {
    Kind.ANTHROPIC: ANTHROPIC,
    Kind.BEDROCK: "https://bedrock-runtime.{0.region}.amazonaws.com",
    Kind.VERTEX: "",  # the SDK knows: it differs by region
    Kind.FOUNDRY: "https://{0.project}.services.ai.azure.com/anthropic",
    Kind.MESSAGES: "",
}


def endpoint_at(base_url: str, *, api_key: str = "") -> Endpoint:
    """The endpoint at an address that the person at the machine's own command line gave."""
    address = checked(base_url)
    if address == settings.REMIT_REHEARSAL_URL.rstrip("/"):
        return Endpoint("Rehearsal", address, NO_KEY, rehearsal=True)
    name = "Anthropic" if address == ANTHROPIC else urlsplit(address).netloc or address
    return Endpoint(name, address, api_key or NO_KEY)


def checked(base_url: str, what_to_do: str = "Correct ANTHROPIC_BASE_URL or --base-url.") -> str:
    """The address without its last slash, or Invalid: a wrong one may send the key elsewhere."""
    try:
        parts = urlsplit(base_url)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError:
        raise _unusable(base_url, "it is not an address", what_to_do) from None
    if parts.scheme == "unix" and parts.path.startswith("/"):
        return base_url
    if parts.scheme not in {"http", "https"} or not parts.hostname or not port_is_fine:
        raise _unusable(base_url, "it must start with https:// or http:// and name a host", what_to_do)
    if parts.username is not None or parts.password is not None:
        raise _unusable(base_url, "it must not hold a user name or password", what_to_do)
    if parts.query or parts.fragment:
        raise _unusable(base_url, "it must not hold a query or fragment", what_to_do)
    return base_url.rstrip("/")


def _unusable(base_url: str, why: str, what_to_do: str) -> Invalid:
    shown = re.sub(r"//[^/]*@", "//", base_url)  # whatever stands there may be a secret
    return Invalid(f"The provider's address {shown!r} cannot be used: {why}.", what_to_do)
