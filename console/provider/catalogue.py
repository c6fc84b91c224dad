"""The models that an endpoint offers, with their lifecycle and what they can do."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

from console.provider.client import provider_errors, sdk_client
from console.provider.endpoints import CLOUDS, Endpoint
from console.provider.errors import ProviderError

if TYPE_CHECKING:
    from anthropic.types import ModelInfo

KEEP_SECONDS = 300.0
DEADLINE = 15.0
PAGE, MOST_PAGES = 1000, 10
EFFORTS = ("low", "medium", "high", "xhigh", "max")
THINKING = ("adaptive", "enabled", "between_tools", "disabled")
# Answers to asking for the list that only say that there is none: such a server may still answer messages.
WITHOUT_LIST = frozenset({"not_found", "malformed", "bad_request"})

_kept: dict[str, tuple[float, tuple[Model, ...]]] = {}
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Model:
    """A model as the provider describes it; empty tuples and None where it says nothing."""

    id: str
    name: str
    lifecycle: str
    created_at: datetime | None = None
    deprecated_at: datetime | None = None
    retires_at: datetime | None = None
    max_input_tokens: int | None = None
    max_tokens: int | None = None
    effort: tuple[str, ...] = ()
    thinking: tuple[str, ...] = ()
    structured_outputs: bool | None = None
    described: bool = False  # whether the provider says what it can do


def list_models(endpoint: Endpoint, *, anew: bool = False) -> tuple[Model, ...]:
    """Active and deprecated models, newest first, kept for five minutes a process. Raises ProviderError."""
    with _lock:
        kept = _kept.get(endpoint.key)
    if kept and not anew and time.monotonic() - kept[0] < KEEP_SECONDS:
        return kept[1]
    models = _fetch(endpoint)
    with _lock:
        _kept[endpoint.key] = (time.monotonic(), models)
    return models


def find_model(endpoint: Endpoint, model_id: str) -> Model | None:
    """The model of that name, or None where the endpoint does not list it. Raises ProviderError."""
    return next((model for model in list_models(endpoint) if model.id == model_id), None)


def lifecycle_warning(model: Model) -> str:
    """A sentence about a model that will not be there for long, or ""."""
    if model.lifecycle not in ("deprecated", "retired"):
        return ""
    until = f", and is retired on {model.retires_at:%-d %B %Y}" if model.retires_at else ""
    return f"{model.name} is {model.lifecycle}{until}: what you learn about it will soon hold for no model."


def _fetch(endpoint: Endpoint) -> tuple[Model, ...]:
    if endpoint.kind in CLOUDS and not endpoint.problem:  # their models are named by hand
        return ()
    with provider_errors():
        try:
            page = sdk_client(endpoint).models.list(limit=PAGE, timeout=DEADLINE)
        except (AttributeError, TypeError) as error:  # what the SDK stumbles over when the body is no page
            raise _no_list() from error
        # Not validated by the SDK: a server that answers something else must not look like one without models.
        if not isinstance(getattr(page, "data", None), list):
            raise _no_list()
        pages = islice(page.iter_pages(), MOST_PAGES)  # a server may say forever that there are more
        listed = [
            info for one in pages for info in one.data or () if isinstance(getattr(info, "id", None), str)
        ]
        return tuple({info.id: _model(info) for info in listed}.values())


def _no_list() -> ProviderError:
    return ProviderError("malformed", detail="its answer is not a list of models")


def _model(info: ModelInfo) -> Model:
    abilities = info.capabilities
    return Model(
        id=info.id,
        name=getattr(info, "display_name", None) or info.id,
        lifecycle=getattr(info, "lifecycle", None) or "active",
        created_at=getattr(info, "created_at", None),
        deprecated_at=info.deprecated_at,
        retires_at=info.retires_at,
        max_input_tokens=info.max_input_tokens,
        max_tokens=info.max_tokens,
        effort=_supported(getattr(abilities, "effort", None), EFFORTS),
        thinking=_supported(getattr(getattr(abilities, "thinking", None), "types", None), THINKING),
        structured_outputs=getattr(getattr(abilities, "structured_outputs", None), "supported", None),
        described=getattr(abilities, "effort", None) is not None,
    )


def _supported(ability: object, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in names if getattr(getattr(ability, name, None), "supported", False))
