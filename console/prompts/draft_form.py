"""The Compose form and a draft's content: which field is what, in both directions.

``section.ID.text``, ``behavior.x``, ``variable.N.name`` … : every part of a draft is an ordinary form control, so that the
page works as a plain form. Whatever was typed is kept, valid or not: the findings say what is wrong with it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from django.http import QueryDict

from console.problems import Invalid
from policies import CanonicalError, Effective, EffectiveSetting, SectionKind, read_json

KINDS = tuple(kind.value for kind in SectionKind)
VARIABLE_TYPES = ("string", "number", "integer", "boolean", "date")
MARK = "whole"  # a hidden field: the form holds the whole draft, so what it does not name is gone
Content = dict[str, Any]


def read_form(data: QueryDict, *, shown: Mapping[str, Any], effective: Effective) -> Content:
    """The content that the form says. ``shown`` is the content that it was rendered from, under ``effective``.

    Raises Invalid where a content cannot even hold what was typed (two variables of one name).
    """
    if MARK not in data:
        raise Invalid(
            "The form arrived incomplete, so nothing was saved.",
            "Reload the page; what you typed is kept in it.",
        )
    content: Content = {
        "draft": 1,
        "slug": shown.get("slug", ""),
        "title": _line(data, "title")[:200],
        "model": _line(data, "model")[:200],
        "domain": _line(data, "domain") or "general",
        "audience": data.getlist("audience") or ["public"],
        "folder": _line(data, "folder")[:200],
        "tags": [tag.strip() for tag in _line(data, "tags").split(",") if tag.strip()],
        "sections": [_section(data, id) for id in dict.fromkeys(data.getlist("section"))],
        "variables": _variables(data),
        "tools": [_tool(data, number) for number in dict.fromkeys(data.getlist("tool"))],
        "settings": _settings(data, shown, effective),
        "grants": _grants(data, shown),
        "parameters": _parameters(data, shown, effective),
    }
    return {key: value for key, value in content.items() if value or key == "sections"}


def _line(data: QueryDict, name: str) -> str:
    return data.get(name, "").strip()


def _text(data: QueryDict, name: str) -> str:
    """A text area's value: browsers send its line breaks as CR LF."""
    return data.get(name, "").replace("\r\n", "\n")


def _section(data: QueryDict, id: str) -> Content:
    kind, title = _line(data, f"section.{id}.kind") or "free", _line(data, f"section.{id}.title")
    section: Content = {"id": id, "kind": kind} | ({"title": title} if title else {})
    if f"section.{id}.include" in data:
        snippet, _, at = _line(data, f"section.{id}.include").partition("@")
        return section | {"include": {"snippet": snippet, "at": int(at) if at.isdecimal() else at}}
    return section | {"text": _text(data, f"section.{id}.text")}


# --- variables and tools --------------------------------------------------------------------------------------------


def _variables(data: QueryDict) -> Content:
    variables: Content = {}
    for number in dict.fromkeys(data.getlist("variable")):
        name, spec = _line(data, f"variable.{number}.name"), _variable(data, f"variable.{number}")
        if not name and not spec.get("description") and "default" not in spec:
            continue  # a row that nobody filled in yet
        if name in variables:
            raise Invalid(
                f"Two variables are called “{name}”.", "Rename one of them; nothing else was changed."
            )
        variables[name] = spec
    return variables


def _variable(data: QueryDict, field: str) -> Content:
    kind = _line(data, f"{field}.type") or "string"
    length = _line(data, f"{field}.max_length")
    spec: Content = {
        "type": kind,
        "required": f"{field}.required" in data,
        "trusted": f"{field}.trusted" in data,
        "max_length": int(length) if length.isdecimal() else length or 2_000,
    }
    if description := _line(data, f"{field}.description"):
        spec["description"] = description
    default = _text(data, f"{field}.default")
    return spec | ({"default": _value(kind, default)} if default else {})


def _value(kind: str, typed: str) -> str | int | float | bool:
    """A default in its variable's type; as it was typed where it does not fit."""
    if kind == "boolean" and typed.lower() in ("true", "false"):
        return typed.lower() == "true"
    try:
        return int(typed) if kind == "integer" else float(typed) if kind == "number" else typed
    except ValueError:
        return typed


def _tool(data: QueryDict, number: str) -> Content:
    field = f"tool.{number}"
    schema = _text(data, f"{field}.input_schema").strip()
    try:
        parsed: Any = read_json(schema) if schema else {"type": "object"}
    except CanonicalError:
        parsed = schema
    return {
        "name": _line(data, f"{field}.name"),
        "description": _text(data, f"{field}.description"),
        "input_schema": parsed,
        "reversible": f"{field}.reversible" in data,
        "requires_confirmation": f"{field}.requires_confirmation" in data,
    }


def schema_text(schema: Any) -> str:
    """A tool's schema as its field shows it: what was typed, where that is no JSON."""
    return schema if isinstance(schema, str) else json.dumps(schema, indent=2, ensure_ascii=False)


# --- settings: what equals the default stays unsaid, so that it follows the policy ------------------------------------


def _settings(data: QueryDict, shown: Mapping[str, Any], effective: Effective) -> Content:
    stated: Mapping[str, Any] = shown.get("settings", {})
    settings: Content = {id: value for id, value in stated.items() if id not in data}
    for setting in _controls(data, effective, "behavior."):
        value, when = _line(data, setting.id), _line(data, f"{setting.id}.when")
        before = stated.get(setting.id, {})
        if before and (str(before.get("value")), before.get("when") or "") == (value, when):
            settings[setting.id] = before
        elif value != str(setting.default) or when:
            settings[setting.id] = {"value": value} | ({"when": when} if when else {})
    return settings


def _grants(data: QueryDict, shown: Mapping[str, Any]) -> Content:
    offered = set(data.getlist("grants"))
    grants: Content = {
        id: list(values) for id, values in shown.get("grants", {}).items() if id not in offered
    }
    return grants | {id: values for id in sorted(offered) if (values := data.getlist(f"grant.{id}"))}


def _parameters(data: QueryDict, shown: Mapping[str, Any], effective: Effective) -> Content:
    stated: Mapping[str, Any] = shown.get("parameters", {})
    parameters: Content = {
        name: value
        for name, value in stated.items()
        if f"parameter.{name}" not in data and name != "stop_sequences"
    }
    for setting in _controls(data, effective, "parameter."):
        name, value = setting.id.partition(".")[2], _line(data, setting.id)
        before = stated.get(name)
        if before is not None and value == _spoken(before):
            parameters[name] = before
        elif value and value != str(setting.default):
            parameters[name] = _parameter(name, value)
    stops = [line for line in _text(data, "stop_sequences").split("\n") if line.strip()]
    return parameters | ({"stop_sequences": stops} if stops else {})


def _controls(data: QueryDict, effective: Effective, prefix: str) -> Iterator[EffectiveSetting]:
    return (setting for setting in effective.settings if setting.id.startswith(prefix) and setting.id in data)


def _spoken(value: Any) -> str:
    """A stated parameter as its control shows it: thinking may be a table."""
    return str(value.get("type", "")) if isinstance(value, Mapping) else str(value)


def _parameter(name: str, value: str) -> Any:
    if name == "max_tokens":
        return int(value) if value.isdecimal() else value
    if name == "thinking" and value == "enabled":
        return {"type": "enabled", "budget_tokens": 2048}
    return value
