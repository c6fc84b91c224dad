"""What was last heard of an endpoint's models, for somebody who waits before a chat: asking takes as long as a first word."""

from __future__ import annotations

import threading
import time

from console.provider.catalogue import KEEP_SECONDS, Model, list_models
from console.provider.endpoints import Endpoint
from console.provider.errors import ProviderError

Heard = tuple[float, tuple[Model, ...]]

_heard: dict[str, Heard] = {}
_asking: set[str] = set()
_lock = threading.Lock()


def models_at_hand(endpoint: Endpoint) -> tuple[Model, ...]:
    """Empty for a server that has no list, or could not be asked. Waits only where nobody has asked yet."""
    heard = _heard.get(endpoint.key)
    return heard[1] if heard else _ask(endpoint)


def ask_beside(endpoint: Endpoint) -> None:
    """Have a list at hand that is not old, soon: another thread asks for it."""
    with _lock:
        heard = _heard.get(endpoint.key)
        if endpoint.key in _asking or (heard and heard[0] > time.monotonic() - KEEP_SECONDS):
            return
        _asking.add(endpoint.key)
    threading.Thread(target=_ask, args=(endpoint,), name="models", daemon=True).start()


def _ask(endpoint: Endpoint) -> tuple[Model, ...]:
    models: tuple[Model, ...] = ()
    try:
        models = list_models(endpoint)
    except ProviderError:
        pass  # whoever cannot do without the list asks for it, and is told
    finally:
        with _lock:
            _heard[endpoint.key] = time.monotonic(), models
            _asking.discard(endpoint.key)
    return models
