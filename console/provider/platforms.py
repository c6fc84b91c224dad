"""The SDK's own client for each kind of endpoint. What a cloud needs beyond the SDK is an optional extra."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from console.provider.endpoints import NO_KEY, Endpoint, Kind
from console.provider.errors import ProviderError

if TYPE_CHECKING:
    import anthropic
    import httpx2

# Without a key of its own an account uses the credentials of this machine, and these need more than the SDK brings.
NEEDS = {Kind.BEDROCK: ("botocore", "bedrock"), Kind.VERTEX: ("google.auth", "vertex")}


def missing_extra(kind: str, *, has_key: bool) -> str:
    """The extra that is not installed and without which such an account cannot call, or ""."""
    module, extra = NEEDS.get(Kind(kind), ("", ""))
    return "" if has_key or not module or _is_there(module) else extra


def _is_there(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # of "google.auth", when there is no "google"
        return False


def open_platform(endpoint: Endpoint, http_client: httpx2.Client, base_url: str) -> anthropic.Anthropic:
    """The client; every kind goes through our transport. Raises ProviderError where it cannot be opened."""
    if extra := missing_extra(endpoint.kind, has_key=endpoint.api_key != NO_KEY):
        raise ProviderError("not_installed", detail=f"it needs the extra “{extra}” when it has no key")
    if endpoint.account is not None:
        with _without_our_headers():
            return _opened(endpoint, http_client, base_url)
    return _opened(endpoint, http_client, base_url)


@contextmanager
def _without_our_headers() -> Iterator[None]:
    """The SDK sends what ANTHROPIC_CUSTOM_HEADERS says to every server: the deployment's secrets are none of an
    account's. Clients are opened one at a time (client.sdk_client), so that nobody else misses the variable.
    """
    ours = os.environ.pop("ANTHROPIC_CUSTOM_HEADERS", None)
    try:
        yield
    finally:
        if ours is not None:
            os.environ["ANTHROPIC_CUSTOM_HEADERS"] = ours


def _opened(endpoint: Endpoint, http_client: httpx2.Client, base_url: str) -> anthropic.Anthropic:
    import anthropic

    try:
        # The platforms' clients share what we call with Anthropic's, and no base class that says so.
        return cast("anthropic.Anthropic", _client(endpoint, http_client, base_url))
    except (anthropic.AnthropicError, ValueError) as error:
        raise ProviderError("not_installed", detail=str(error)) from error


def _client(endpoint: Endpoint, http_client: httpx2.Client, base_url: str) -> Any:
    import anthropic

    common: dict[str, Any] = {"max_retries": 0, "open_telemetry": False, "http_client": http_client}
    key = None if endpoint.api_key == NO_KEY else endpoint.api_key
    if endpoint.kind == Kind.BEDROCK:
        return anthropic.AnthropicBedrock(
            api_key=key, aws_region=endpoint.region, base_url=base_url, **common
        )
    if endpoint.kind == Kind.VERTEX:
        project = endpoint.project
        return anthropic.AnthropicVertex(
            region=endpoint.region, project_id=project, access_token=key, base_url=base_url or None, **common
        )
    if endpoint.kind == Kind.FOUNDRY:
        return anthropic.AnthropicFoundry(api_key=key, base_url=base_url, **common)
    return anthropic.Anthropic(api_key=endpoint.api_key, base_url=base_url, **common)
