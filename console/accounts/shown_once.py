"""A secret that the next page shows and no other: kept sealed in the session between a form and the page after it."""

from __future__ import annotations

import base64

from django.http import HttpRequest

from console.sealed import Unsealable, seal, unseal


def keep(request: HttpRequest, what: str, secret: str) -> None:
    request.session[_key(what)] = base64.b64encode(seal(secret.encode())).decode()


def take(request: HttpRequest, what: str) -> str:
    """The secret, once; nothing where there is none, or where it can't be opened any more."""
    kept = request.session.pop(_key(what), "")
    try:
        return unseal(base64.b64decode(kept)).decode() if kept else ""
    except Unsealable:
        return ""


def _key(what: str) -> str:
    return f"once:{what}"
