"""A value that a JSON Schema accepts, for requests that ask for structured output or force a tool."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from console.provider.rehearsal.scene import Scene

PLACEHOLDER = "rehearsal"


def instance(schema: Mapping[str, Any], scene: Scene, name: str = "") -> Any:
    """The plainest value of the schema; where it lets one choose, the request's digest chooses."""
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return scene.pick(schema["enum"], name)
    for key in ("anyOf", "oneOf"):
        if schema.get(key):
            return instance(schema[key][0], scene, name)
    kind = schema.get("type", "object" if "properties" in schema else "string")
    kind = kind[0] if isinstance(kind, list) else kind
    return _of_kind(kind, schema, scene, name)


def _of_kind(kind: str, schema: Mapping[str, Any], scene: Scene, name: str) -> Any:
    if kind == "object":
        wanted = schema.get("required", schema.get("properties", {}))
        known = schema.get("properties", {})
        return {key: instance(known.get(key, {}), scene, f"{name}.{key}") for key in wanted}
    if kind == "array":
        count = max(schema.get("minItems", 0), 1 if schema.get("items") else 0)
        return [instance(schema.get("items", {}), scene, f"{name}.{index}") for index in range(count)]
    if kind in {"integer", "number"}:
        return _number(schema)
    if kind == "boolean":
        return scene.roll(name) % 2 == 0
    return None if kind == "null" else _string(schema)


def _number(schema: Mapping[str, Any]) -> int | float:
    lowest = schema.get("minimum", schema.get("exclusiveMinimum", 0))
    number = lowest + 1 if "exclusiveMinimum" in schema else lowest
    return min(number, schema.get("maximum", number))


def _string(schema: Mapping[str, Any]) -> str:
    by_format = {
        "date": "2026-01-01",
        "date-time": "2026-01-01T00:00:00Z",
        "email": "rehearsal@example.org",
        "uri": "https://example.org/",
    }
    text = by_format.get(schema.get("format", ""), PLACEHOLDER)
    return text[: schema.get("maxLength", len(text))].ljust(schema.get("minLength", 0), ".")
