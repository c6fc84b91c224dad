"""Results of simulated tools for which nobody wrote a fixture: true to a JSON Schema, and the same for the same call."""

from __future__ import annotations

import random
import re
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from console.trials.matching import matching_text
from console.trials.schemas import first_problem
from policies.canonical import canonical_json, digest

DEEPEST = 12  # levels of a schema that refers to itself
LARGEST = 2_000  # values in one result, and characters in one text
EPOCH = datetime(2026, 1, 1, 9, tzinfo=UTC)
WORDS = ("example", "sample", "simulated", "placeholder", "specimen", "stand-in")


class CannotGenerate(ValueError):
    """No value true to the schema was found."""


def generate(schema: Mapping[str, Any], *, tool: str, given: Mapping[str, Any]) -> Any:
    """A value true to ``schema``. What was ``given`` is repeated where a property has its name. Raises CannotGenerate."""
    seed = digest({"tool": tool, "given": given})
    for attempt in range(4):
        draw = random.Random(f"{seed}/{attempt}")  # noqa: S311 (must repeat, need not surprise)
        try:
            value = _Maker(schema, given, draw).make(schema)
        except RecursionError:
            break
        if not first_problem(schema, value):
            return value
    raise CannotGenerate


class _Maker:
    def __init__(self, root: Mapping[str, Any], given: Mapping[str, Any], draw: random.Random) -> None:
        self._root, self._given, self._draw = root, given, draw
        self._left = LARGEST

    def make(self, schema: Any, name: str = "", depth: int = 0) -> Any:
        self._left -= 1
        if self._left < 0:
            raise CannotGenerate
        if not isinstance(schema, Mapping):
            return None
        schema = self._whole(schema, depth)
        if "const" in schema:
            return schema["const"]
        if name in self._given and not first_problem(self._closed(schema), self._given[name]):
            return self._given[name]
        for choices in ("enum", "examples"):
            if schema.get(choices):
                return self._draw.choice(schema[choices])
        return self._of_type(schema, name, depth)

    def _of_type(self, schema: Mapping[str, Any], name: str, depth: int) -> Any:
        kind = _type(schema)
        if kind == "object":
            return self._object(schema, depth)
        if kind == "array":
            return self._array(schema, name, depth)
        if kind in ("integer", "number"):
            return self._number(schema, whole=kind == "integer")
        if kind == "boolean":
            return self._draw.random() < 0.5
        return None if kind == "null" else self._text(schema, name)

    def _whole(self, schema: Mapping[str, Any], depth: int) -> Mapping[str, Any]:
        """With what it refers to, what all of allOf say, and one of the alternatives merged in."""
        if depth > DEEPEST:
            raise CannotGenerate
        parts: list[Any] = [self._referred(schema["$ref"])] if "$ref" in schema else []
        parts += schema.get("allOf", ())
        for alternatives in ("anyOf", "oneOf"):
            if schema.get(alternatives):
                parts.append(self._draw.choice(schema[alternatives]))
        if not parts:
            return schema
        merged = {key: item for key, item in schema.items() if key not in _COMBINING}
        for part in parts:
            for key, item in self._whole(part, depth + 1).items() if isinstance(part, Mapping) else ():
                merged[key] = _merged(key, merged[key], item) if key in merged else item
        return merged

    def _referred(self, reference: str) -> Any:
        found: Any = self._root
        for key in reference.removeprefix("#").strip("/").split("/") if reference != "#" else ():
            found = found[key.replace("~1", "/").replace("~0", "~")] if isinstance(found, Mapping) else None
        return found

    def _closed(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """A part of the schema that can be checked alone: what it refers to is in the root."""
        return {**schema, **{key: self._root[key] for key in ("$defs", "definitions") if key in self._root}}

    def _object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        properties = schema.get("properties", {})
        required = set(schema.get("required", ()))
        # Deep inside, only what must be there: a schema that refers to itself would never end.
        names = [name for name in properties if depth < 3 or name in required]
        names += [name for name in sorted(required) if name not in properties]
        more = schema.get("additionalProperties", True)
        made = {
            name: self.make(properties.get(name, more if isinstance(more, Mapping) else {}), name, depth + 1)
            for name in names
        }
        while len(made) < schema.get("minProperties", 0) and more is not False:
            made[f"field_{len(made) + 1}"] = self.make(
                more if isinstance(more, Mapping) else {}, "", depth + 1
            )
        return made

    def _array(self, schema: Mapping[str, Any], name: str, depth: int) -> list[Any]:
        first = schema.get("prefixItems", ())
        lowest, highest = schema.get("minItems", 0), schema.get("maxItems")
        wanted = max(lowest, len(first), 2 if depth < 4 else 0)
        count = wanted if highest is None else min(wanted, highest)
        made: list[Any] = []
        for index in range(count * (5 if schema.get("uniqueItems") else 1)):
            if len(made) == count:
                break
            item = self.make(first[index] if index < len(first) else schema.get("items", {}), name, depth + 1)
            if not schema.get("uniqueItems") or canonical_json(item) not in map(canonical_json, made):
                made.append(item)
        return made

    def _number(self, schema: Mapping[str, Any], *, whole: bool) -> int | float:
        step = schema.get("multipleOf", 1 if whole else 0.01)
        lowest = schema.get("minimum", schema.get("exclusiveMinimum"))
        highest = schema.get("maximum", schema.get("exclusiveMaximum"))
        if lowest is None:
            lowest = 0 if highest is None or highest >= 0 else highest - 100 * step
        highest = lowest + 100 * step if highest is None else highest
        low = -(-lowest // step) + (schema.get("exclusiveMinimum") == lowest and lowest % step == 0)
        high = highest // step - (schema.get("exclusiveMaximum") == highest and highest % step == 0)
        if low > high:
            raise CannotGenerate
        number = self._draw.randint(int(low), int(high)) * step
        return int(number) if whole else round(number, 6)

    def _text(self, schema: Mapping[str, Any], name: str) -> str:
        if "pattern" in schema:
            return matching_text(schema["pattern"], self._draw)
        if "format" in schema:
            return self._formatted(str(schema["format"]), name)
        lowest, highest = schema.get("minLength", 0), schema.get("maxLength")
        if lowest > LARGEST:
            raise CannotGenerate
        text = f"{self._draw.choice(WORDS)} {re.sub(r'[_-]+', ' ', name)}".strip()
        while len(text) < lowest:
            text += f" {self._draw.choice(WORDS)}"
        if highest is None:
            return text
        return text[: max(highest, 0)] if len(text) > highest else text

    def _formatted(self, form: str, name: str) -> str:
        moment = EPOCH + timedelta(minutes=self._draw.randrange(500_000))
        made = {
            "date": moment.date().isoformat(),
            "date-time": moment.isoformat(),
            "time": moment.time().isoformat() + "Z",
            "email": f"{self._draw.choice(WORDS)}@example.com",
            "uri": f"https://example.com/{self._draw.randrange(10_000)}",
            "hostname": "example.com",
            "ipv4": f"192.0.2.{self._draw.randrange(1, 255)}",
            "ipv6": f"2001:db8::{self._draw.randrange(1, 9_999)}",
            "uuid": str(uuid.UUID(int=self._draw.getrandbits(128), version=4)),
        }
        return made.get(form, f"simulated {name}".strip())


_COMBINING = frozenset({"$ref", "allOf", "anyOf", "oneOf"})
_TYPICAL = {
    "object": {"properties", "required", "additionalProperties", "minProperties"},
    "array": {"items", "prefixItems", "minItems", "maxItems", "uniqueItems"},
    "number": {"minimum", "maximum", "multipleOf", "exclusiveMinimum", "exclusiveMaximum"},
}


def _type(schema: Mapping[str, Any]) -> str:
    """The type that is made; where several are allowed the first that says something."""
    kinds = schema.get("type")
    if isinstance(kinds, str):
        return kinds
    if kinds:
        return next((kind for kind in kinds if kind != "null"), "null")
    return next((kind for kind, words in _TYPICAL.items() if words & set(schema)), "string")


def _merged(key: str, one: Any, other: Any) -> Any:
    if key == "properties":
        return {**one, **other}
    if key == "required":
        return [*one, *(name for name in other if name not in one)]
    if key in ("minimum", "minLength", "minItems"):
        return max(one, other)
    if key in ("maximum", "maxLength", "maxItems"):
        return min(one, other)
    return other
