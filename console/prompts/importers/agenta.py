"""Agenta: a prompt template as its SDK returns it, or inside what its API returns for an application's revision."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from console.prompts.importers.base import Left, Read
from console.prompts.importers.building import build
from console.prompts.importers.chat import are_messages
from console.prompts.importers.templates import Syntax

TITLE = "an Agenta prompt"
_SYNTAX: dict[str, Syntax] = {
    "curly": "mustache",
    "mustache": "mustache",
    "jinja2": "jinja",
    "fstring": "fstring",
}
_REVISIONS = ("application_revision", "workflow_revision", "variant_revision", "application_revision_commit")
_LISTS = ("application_revisions", "workflow_revisions")


def recognises(name: str, data: Any) -> bool:
    return next(_templates(data), None) is not None


def read(name: str, data: Any) -> Iterator[Read]:
    found = list(_templates(data))
    times = Counter(app for app, _, _ in found)
    for app, key, template in found:
        yield _read(f"{app} {key}".strip() if times[app] > 1 else app, template)


def _templates(data: Any) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """The application's name, the parameter's, and the template."""
    for app, parameters in _configurations(data):
        if _is_template(parameters):
            yield app, "", parameters
            continue
        for key, value in parameters.items():
            if _is_template(value):
                yield app, key, value


def _configurations(data: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for entry in data if isinstance(data, list) else [data]:
        if not isinstance(entry, Mapping):
            continue
        inside = [entry[key] for key in _REVISIONS if isinstance(entry.get(key), Mapping)]
        for key in _LISTS:
            inside += [row for row in entry.get(key) or () if isinstance(row, Mapping)]
        for revision in inside or [entry]:
            if isinstance(parameters := _parameters(revision), Mapping):
                yield _name(revision), parameters


def _parameters(revision: Mapping[str, Any]) -> Any:
    held = revision.get("data")
    if isinstance(held, Mapping):
        return held.get("parameters")
    return revision.get("params", revision.get("parameters", revision))


def _name(revision: Mapping[str, Any]) -> str:
    for key in ("application_ref", "variant_ref"):
        reference = revision.get(key)
        if isinstance(reference, Mapping) and isinstance(reference.get("slug"), str):
            return str(reference["slug"])
    found = revision.get("name") or revision.get("slug")
    return found if isinstance(found, str) and "data" in revision else ""


def _is_template(value: Any) -> bool:
    """Agenta's template names its format or keeps the model's parameters in ``llm_config``; its messages do not tell it apart."""
    if not isinstance(value, Mapping) or not ({"template_format", "llm_config"} & set(value)):
        return False
    return are_messages(value.get("messages")) or any(
        isinstance(value.get(key), str) for key in ("system_prompt", "user_prompt")
    )


def _read(name: str, template: Mapping[str, Any]) -> Read:
    messages = template.get("messages")
    if not are_messages(messages):
        messages = [
            {"role": role, "content": template.get(f"{role}_prompt") or ""} for role in ("system", "user")
        ]
    config = template.get("llm_config")
    left = [Left(key, "a draft names one model") for key in ("fallback_llm_configs",) if template.get(key)]
    return build(
        TITLE,
        name=name,
        messages=messages if isinstance(messages, list) else (),
        syntax=_SYNTAX.get(str(template.get("template_format", "curly")), "plain"),
        config=config if isinstance(config, Mapping) else {},
        own=("connection",),
        left=left,
    )
