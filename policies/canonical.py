"""Canonical JSON (RFC 8785) and digests: the same content gives the same bytes everywhere.

A digest is the SHA-256 of the canonical bytes, written as 64 lower-case hex digits without a prefix, which is
the form that in-toto subjects carry and that pages shorten.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

import rfc8785

MAX_DEPTH = 64
MAX_INTEGER = 2**53 - 1
_SCALARS = (str, bool, int, float, type(None))
_OBJECTS = (dict, Mapping)  # the plain one first: to ask an abstract class costs ten times as much


class CanonicalError(ValueError):
    """The value has no canonical form, or the text is not strict JSON; says why in one sentence."""


def canonical_json(value: Any) -> bytes:
    """The RFC 8785 bytes of a JSON value; mappings and tuples count as objects and arrays."""
    try:
        return rfc8785.dumps(plain(value))
    except rfc8785.CanonicalizationError as error:
        raise CanonicalError(f"The value has no canonical form: {error}.") from error


def digest(value: Any) -> str:
    """SHA-256 over the canonical JSON of a value, as 64 hex digits."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


def plain(value: Any, depth: int = 0) -> Any:
    """A copy made of dict, list and scalars only, so that read-only mappings serialise too."""
    if depth > MAX_DEPTH:
        raise CanonicalError(f"The value is nested more than {MAX_DEPTH} levels deep.")
    if isinstance(value, _SCALARS):
        return value
    if isinstance(value, _OBJECTS):
        return {_text_key(key): plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item, depth + 1) for item in value]
    return value


def read_json(source: str | bytes) -> Any:
    """Parse strict JSON: no duplicate keys, no NaN, no integer beyond 2**53, no half of a surrogate pair."""
    try:
        text = source.decode("utf-8-sig") if isinstance(source, bytes) else source.removeprefix("\ufeff")
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_number,
            parse_constant=_constant,
        )
    except json.JSONDecodeError as error:
        message = f"The JSON is not valid at line {error.lineno}, column {error.colno}: {error.msg}."
        raise CanonicalError(message) from error
    except UnicodeDecodeError as error:
        raise CanonicalError(f"The JSON is not UTF-8: byte {error.start} fits no character.") from error
    except RecursionError as error:
        raise CanonicalError(f"The JSON is nested more than {MAX_DEPTH} levels deep.") from error
    refuse_unstorable(value)
    return value


def refuse_unstorable(value: Any, *, nul: bool = True) -> None:
    """Refuse what no JSON document holds, nesting beyond ``MAX_DEPTH``, and (``nul=False``) NUL characters,
    which no database text holds."""
    for item, depth in _walk(value):
        if depth > MAX_DEPTH:
            raise CanonicalError(f"The content is nested more than {MAX_DEPTH} levels deep.")
        if isinstance(item, str):
            _refuse_text(item, nul)
        elif isinstance(item, int) and abs(item) > MAX_INTEGER:
            said = f" {item}" if item.bit_length() < 128 else f" of {item.bit_length():,} bits"
            raise CanonicalError(f"The integer{said} is beyond 2**53 and would not survive other readers.")
        elif isinstance(item, float) and not math.isfinite(item):
            raise CanonicalError(f"{item} is not a number that JSON has.")
        elif not isinstance(item, (*_SCALARS, *_OBJECTS, list, tuple)):
            raise CanonicalError(f"A value of the type {type(item).__name__} has no JSON form.")


def _refuse_text(text: str, nul: bool) -> None:
    if not text.isascii():
        _refuse_surrogates(text)
    if not nul and "\0" in text:
        raise CanonicalError("The content holds a NUL character; remove it.")


def _walk(value: Any) -> Iterator[tuple[Any, int]]:
    """Every value with its depth; a stack of its own, so that depth cannot exhaust the interpreter's."""
    stack = [(value, 0)]
    while stack:
        item, depth = stack.pop()
        yield item, depth
        if depth > MAX_DEPTH or isinstance(item, _SCALARS):
            continue
        if isinstance(item, _OBJECTS):
            stack.extend((_text_key(key), depth + 1) for key in item)
            stack.extend((part, depth + 1) for part in item.values())
        elif isinstance(item, list | tuple):
            stack.extend((part, depth + 1) for part in item)


def _refuse_surrogates(text: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        half = f"U+{ord(text[error.start]):04X}"
        raise CanonicalError(f"The text holds {half}, half of a surrogate pair: save it as UTF-8.") from error


def _text_key(key: Any) -> str:
    if not isinstance(key, str):
        raise CanonicalError(f"A key must be text, and {key!r} is not.")
    return key


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise CanonicalError(f'The key "{twice}" stands twice in one object: keep one of them.')
    return result


def _integer(digits: str) -> int:
    # The length first: int() of very many digits is itself an attack.
    if len(digits) > 17 or abs(int(digits)) > MAX_INTEGER:
        raise CanonicalError(
            f"The integer {digits[:24]} is beyond 2**53 and would not survive other readers."
        )
    return int(digits)


def _number(digits: str) -> float:
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        raise CanonicalError(f"The number {digits[:24]} is too large.")
    return value


def _constant(name: str) -> NoReturn:
    raise CanonicalError(f"{name} is not a JSON value.")
