"""What of a prompt's parameters its model has: the others are not sent, and the run says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from console.provider.catalogue import WITHOUT_LIST, Model, list_models
from console.provider.endpoints import Endpoint
from console.provider.errors import ProviderError
from console.trials.subjects import SubjectForm


def known_models(endpoint: Endpoint) -> tuple[Model, ...]:
    """The endpoint's list, empty for a server that has none. Raises ProviderError."""
    try:
        return list_models(endpoint)
    except ProviderError as error:
        if error.kind in WITHOUT_LIST:
            return ()
        raise


def fitted(form: SubjectForm, model: Model | None) -> SubjectForm:
    """The subject with the parameters that ``model`` has; nothing is left out for a model that nobody describes."""
    if model is None:
        return form
    params, left_out = dict(form.params), []
    effort = params.get("output_config", {}).get("effort")
    if model.described and effort is not None and effort not in model.effort:
        params["output_config"] = {k: v for k, v in params["output_config"].items() if k != "effort"}
        left_out.append(f"effort {effort}: {model.name} has {_listed(model.effort, 'no effort to set')}")
    thinking = params.get("thinking")
    if model.described and isinstance(thinking, Mapping) and thinking.get("type") not in model.thinking:
        del params["thinking"]
        left_out.append(
            f"thinking {thinking.get('type')}: {model.name} has {_listed(model.thinking, 'none to set')}"
        )
    most = params.get("max_tokens")
    if model.max_tokens is not None and isinstance(most, int) and most > model.max_tokens:
        params["max_tokens"] = model.max_tokens
        left_out.append(f"max_tokens {most:,}: {model.name} gives at most {model.max_tokens:,}")
    return replace(form, params=params, left_out=tuple(left_out))


def _listed(names: tuple[str, ...], none: str) -> str:
    return ", ".join(names) if names else none


def model_named(models: tuple[Model, ...], name: Any) -> Model | None:
    return next((model for model in models if model.id == name), None)
