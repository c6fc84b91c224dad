"""JSON Schemas that people write: checked when they come in, and never able to hang a worker."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import re2
from jsonschema import Draft202012Validator, ValidationError, validators
from jsonschema.exceptions import SchemaError

from policies.canonical import canonical_json, plain, read_json

LONGEST_PATTERN = 2_000


@lru_cache(maxsize=512)
def compiled(pattern: str) -> Any:
    """A regular expression in RE2, whose time is linear in the text. Raises re2.error."""
    options = re2.Options()
    options.log_errors = False
    return re2.compile(pattern, options)


def wrong_pattern(value: Any) -> str:
    """What is wrong with a regular expression, as the end of a sentence, or ""."""
    if not isinstance(value, str) or not value:
        return "must be a regular expression"
    if len(value) > LONGEST_PATTERN:
        return f"must be at most {LONGEST_PATTERN:,} characters long"
    try:
        compiled(value)
    except re2.error as error:
        words = error.args[0] if error.args else "it does not parse"
        said = words.decode(errors="replace") if isinstance(words, bytes) else str(words)
        return f"is not a regular expression that RE2 reads ({said}; it has no look-around and no back-references)"
    return ""


def wrong_schema(value: Any) -> str:
    """What is wrong with a JSON Schema, as the end of a sentence, or ""."""
    if not isinstance(value, Mapping):
        return "must be a JSON Schema"
    schema = plain(value)
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        return f"is not a JSON Schema: {error.message[:200]}"
    for keyword, pattern in _patterns(schema):
        if keyword == "$ref" and not pattern.startswith("#"):
            return f'may not refer to "{pattern[:80]}": only to a part of itself, as in "#/$defs/…"'
        if keyword != "$ref" and (wrong := wrong_pattern(pattern)):
            return f"has a pattern that {wrong}"
    return ""


def first_problem(schema: Mapping[str, Any], data: Any) -> str:
    """The first thing in ``data`` that does not fit ``schema``, as a sentence's end, or ""."""
    validator = _validator(canonical_json(schema))
    problem = next(
        iter(sorted(validator.iter_errors(data), key=lambda error: list(map(str, error.path)))), None
    )
    if problem is None:
        return ""
    where = ".".join(map(str, problem.path))
    return f"{where}: {problem.message[:200]}" if where else problem.message[:200]


@lru_cache(maxsize=256)
def _validator(schema: bytes) -> Any:
    return _Validator(read_json(schema))


def _pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not compiled(pattern).search(instance):
        yield ValidationError(f"{instance[:80]!r} does not match {pattern!r}")


def _pattern_properties(validator: Any, tables: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    for pattern, part in tables.items():
        for key, value in instance.items() if isinstance(instance, dict) else ():
            if compiled(pattern).search(key):
                yield from validator.descend(value, part, path=key, schema_path=pattern)


# Python's own regular expressions may take for ever on a text made for it.
_Validator = validators.extend(  # type: ignore[no-untyped-call]
    Draft202012Validator, {"pattern": _pattern, "patternProperties": _pattern_properties}
)


def _patterns(schema: Any) -> Iterator[tuple[str, str]]:
    if isinstance(schema, list):
        for item in schema:
            yield from _patterns(item)
    elif isinstance(schema, dict):
        for key, item in schema.items():
            if key in ("pattern", "$ref") and isinstance(item, str):
                yield key, item
            elif key == "patternProperties" and isinstance(item, dict):
                yield from ((key, pattern) for pattern in item)
            yield from _patterns(item)
