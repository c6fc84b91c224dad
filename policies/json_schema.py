"""The JSON Schema (2020-12) of a form, from the annotations that ``forms.read`` reads by."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Literal, Union

from policies.forms import Between, Custom, Items, Length, Match, fields_of, mark, peel


def json_schema(form: type, title: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a dataclass form, its parts under ``$defs``."""
    parts: dict[str, Any] = {}
    body = _form_schema(form, parts)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, **body, "$defs": parts}


def _form_schema(form: type, parts: dict[str, Any]) -> dict[str, Any]:
    fields = fields_of(form)
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {name: _schema(annotation, (), parts) for name, (annotation, _) in fields.items()},
        "additionalProperties": False,
    }
    if required := [name for name, (_, needed) in fields.items() if needed]:
        schema["required"] = required
    if form.__doc__ and not form.__doc__.startswith(f"{form.__name__}("):
        schema["description"] = " ".join(form.__doc__.split("\n\n")[0].split())
    return schema


def _schema(annotation: Any, marks: tuple[Any, ...], parts: dict[str, Any]) -> dict[str, Any]:
    inner, own = peel(annotation)
    marks += own
    if custom := mark(marks, Custom):
        return custom.schema()
    origin = typing.get_origin(inner)
    arguments = typing.get_args(inner)
    if inner is Any:
        return {}
    if origin in (Union, types.UnionType):
        options = [_schema(option, marks, parts) for option in arguments if option is not type(None)]
        options += [{"type": "null"}] * (type(None) in arguments)
        return {"anyOf": options}
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin is tuple:
        items = mark(marks, Items)
        return {"type": "array", "items": _schema(arguments[0], (), parts)} | (
            {"maxItems": items.highest} if items else {}
        )
    if origin in (Mapping, dict):
        return _table_schema(arguments, marks, parts)
    if isinstance(inner, type) and issubclass(inner, StrEnum):
        return {"enum": [member.value for member in inner]}
    if dataclasses.is_dataclass(inner) and isinstance(inner, type):
        if inner.__name__ not in parts:
            parts[inner.__name__] = {}
            parts[inner.__name__] = _form_schema(inner, parts)
        return {"$ref": f"#/$defs/{inner.__name__}"}
    return _scalar_schema(inner, marks)


def _table_schema(
    arguments: tuple[Any, ...], marks: tuple[Any, ...], parts: dict[str, Any]
) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object", "additionalProperties": _schema(arguments[1], (), parts)}
    key = _scalar_schema(*peel(arguments[0]))
    if len(key) > 1:
        schema["propertyNames"] = key
    if items := mark(marks, Items):
        schema["maxProperties"] = items.highest
    return schema


def _scalar_schema(kind: Any, marks: tuple[Any, ...]) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": {str: "string", int: "integer", float: "number", bool: "boolean"}[kind]}
    if length := mark(marks, Length):
        schema |= {"minLength": length.lowest, "maxLength": length.highest}
    if match := mark(marks, Match):
        schema |= {"pattern": f"^(?:{match.pattern})$", "description": f"Must be {match.says}."}
    if between := mark(marks, Between):
        schema |= {"minimum": between.lowest, "maximum": between.highest}
    return schema
