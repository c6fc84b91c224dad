"""What is asked and what the answer means, without a network: the same for both clients."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from remit_client.errors import Absent, Gone, Refused, RemitError, Unavailable
from remit_client.prompts import Prompt, parsed

LARGEST = 12_000_000  # bytes of an answer
_SLUG, _LABEL = re.compile(r"[a-z0-9-]{1,64}"), re.compile(r"[a-z][a-z0-9-]{0,39}")
_SECONDS = re.compile(r"(?:^|,)\s*(max-age|stale-while-revalidate)\s*=\s*\"?(\d{1,9})")


@dataclass(frozen=True, slots=True)
class Lifetime:
    """For how many seconds an answer is fresh, and for how many more it may be used while it is asked for again."""

    fresh: float
    usable: float


@dataclass(frozen=True, slots=True)
class Answer:
    """``prompt`` is None when nothing changed (304)."""

    prompt: Prompt | None
    etag: str
    lifetime: Lifetime


def address(base: str, slug: str, label: str) -> str:
    """Raises RemitError for names that no prompt or label has."""
    if not _SLUG.fullmatch(slug) or not _LABEL.fullmatch(label):
        raise RemitError(f"“{slug}@{label}” names no prompt: write it as aria and production.")
    return f"{base.rstrip('/')}/api/v1/prompts/{slug}/{label}"


def headers(token: str, etag: str) -> dict[str, str]:
    asked = {
        "Authorization": f"Bearer {token}",
        "Accept": "application/json",
        "User-Agent": "remit-client/0.1",
    }
    return {**asked, "If-None-Match": etag} if etag else asked


def check_base(url: str, token: str) -> str:
    """The token goes with every request: not in clear over a network."""
    parts = urlsplit(url)
    local = parts.hostname in {"localhost", "127.0.0.1", "::1"}
    if parts.scheme != "https" and not (parts.scheme == "http" and local):
        raise RemitError("Remit's address must start with https:// (http:// only on this machine).")
    if not token or not token.isascii() or any(sign.isspace() for sign in token):
        raise RemitError("The token is empty or no token.")
    return url


def meaning(status: int, given: Mapping[str, str], body: bytes, *, asked: str) -> Answer:
    """Raises Absent, Gone, Refused for definite answers, and Unavailable for what says nothing about the prompt."""
    if status in (200, 304):
        prompt = parsed(body) if status == 200 else None
        if prompt is not None and f"{prompt.slug}@{prompt.label}" != asked:
            raise Unavailable(f"What was answered is {prompt.slug}@{prompt.label}, not {asked}.")
        return Answer(prompt, given.get("etag", ""), _lifetime(given.get("cache-control", "")))
    detail = _detail(body)
    if status == 410:
        raise Gone(detail or f"{asked} was taken away.")
    if status == 404:
        raise Absent(detail or f"There is no {asked} that the token reaches.")
    if status in (401, 403):
        raise Refused(detail or "The token is not accepted.")
    raise Unavailable(detail or f"Remit answered {status}.", _seconds(given.get("retry-after", "")))


def _lifetime(cache_control: str) -> Lifetime:
    found = {name: float(seconds) for name, seconds in _SECONDS.findall(cache_control.lower())}
    return Lifetime(found.get("max-age", 0.0), found.get("stale-while-revalidate", 0.0))


def _seconds(retry_after: str) -> float | None:
    return float(retry_after) if retry_after.isdecimal() and len(retry_after) < 7 else None


def _detail(body: bytes) -> str:
    try:
        form = json.loads(body)
        return str(form["detail"])[:500]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
