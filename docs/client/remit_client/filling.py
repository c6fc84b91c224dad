"""The one rule by which values are put into a prompt, the same that Remit tests with.

One pass from left to right replaces ``{{name}}`` by the value of a declared variable; the result is not read again, so
that braces and backslashes in a value are text. What nobody declared stays as it is. In the value of an untrusted
variable every ``</`` becomes ``&lt;/``, so that no value can close the block that holds it.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from typing import Any, TypeAlias

from remit_client.errors import FillError

Plain: TypeAlias = str | int | float | bool | None
_PLACEHOLDER = re.compile(r"\{\{[ \t]*([A-Za-z_][A-Za-z0-9_]{0,63})[ \t]*\}\}")


def filled(text: str, values: Mapping[str, Plain], variables: Mapping[str, Mapping[str, Any]]) -> str:
    """The text with its values. Raises FillError."""
    for name in values:
        if name not in variables:
            raise FillError(
                f'The variable "{name}" is not declared; there are {", ".join(variables) or "none"}.'
            )
    texts = {name: _text(name, declared, values.get(name)) for name, declared in variables.items()}
    return _PLACEHOLDER.sub(lambda match: texts.get(match[1], match[0]), text)


def _text(name: str, declared: Mapping[str, Any], value: Plain) -> str:
    if value is None:
        value = declared.get("default")
        if value is None and declared.get("required", True):
            raise FillError(f'The variable "{name}" needs a value.')
    elif problem := _refused(declared, value):
        raise FillError(f'The value of the variable "{name}" {problem}')
    text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return text if declared.get("trusted", False) else text.replace("</", "&lt;/")


def _refused(declared: Mapping[str, Any], value: Plain) -> str:
    """Why a value does not fit, as the end of a sentence."""
    kind, longest = declared.get("type", "string"), declared.get("max_length", 2_000)
    if kind == "string":
        if not isinstance(value, str):
            return "must be text."
        return f"is longer than {longest:,} characters." if len(value) > longest else ""
    if kind == "boolean":
        return "" if isinstance(value, bool) else "must be true or false."
    if kind == "date":
        return "" if _is_date(value) else "must be a date such as 2026-01-31."
    whole = kind == "integer"
    fits = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
    return "" if fits else "must be a whole number." if whole else "must be a number."


def _is_date(value: Plain) -> bool:
    try:
        return isinstance(value, str) and len(value) == 10 and bool(datetime.date.fromisoformat(value))
    except ValueError:
        return False
