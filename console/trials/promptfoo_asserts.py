"""Asserts of promptfoo as expectations. What no expectation stands for raises NoEquivalent, and is named to whoever imports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import re2

from console.trials import graders
from console.trials.promptfoo_templates import PLACE
from policies.sources import SourceError, read_data

# Looked for without regard to upper and lower case here, which promptfoo does only for the kinds that begin with an i.
CASELESS = frozenset({"contains", "not-contains", "contains-all", "contains-any", "not-contains-any"})


class NoEquivalent(Exception):
    """An assert that no expectation stands for; says why, as a parenthesis, or nothing."""


def expectations(type_: str, value: Any, threshold: Any = None) -> list[tuple[str, Any]]:
    """(kind, value) of each expectation that an assert comes to, all of which graders take."""
    if isinstance(value, str) and value.startswith(("file://", "package:")):
        raise NoEquivalent(" (its value is in another file)")
    found = _expectations(type_, value, threshold)
    if not found:
        raise NoEquivalent(" (it names nothing to look for)")
    for kind, wanted in found:
        if wrong := graders.wrong_value(kind, wanted):
            raise NoEquivalent(f" (its value {wrong})")
    return found


def _seconds(threshold: Any) -> float:
    """promptfoo counts in milliseconds."""
    if isinstance(threshold, bool) or not isinstance(threshold, int | float):
        raise NoEquivalent(" (it has no threshold)")
    return threshold / 1000


def _expectations(type_: str, value: Any, threshold: Any) -> list[tuple[str, Any]]:
    match type_:
        case "contains" | "icontains":
            return [("contains", _text(value))]
        case "not-contains" | "not-icontains":
            return [("not_contains", _text(value))]
        case "contains-all" | "icontains-all":
            return [("contains", one) for one in _texts(value)]
        case "contains-any" | "icontains-any":
            texts = _texts(value)
            return [("regex", "(?i)" + "|".join(map(_escaped, texts)))] if texts else []
        case "not-contains-any" | "not-icontains-any":
            return [("not_contains", one) for one in _texts(value)]
        case "equals":
            return [("regex", rf"(?s)\A\s*{_escaped(_text(value))}\s*\z")]
        case "starts-with":
            return [("regex", rf"\A{_escaped(_text(value))}")]
        case "regex":
            return [("regex", _text(value))]
        case "is-refusal":
            return [("refusal", True)]
        case "not-is-refusal":
            return [("no_refusal", True)]
        case "is-json":
            return [("json_schema", _schema(value))]
        case "llm-rubric" | "g-eval" | "model-graded-closedqa":
            return [("judge", " ".join(map(_text, value)) if isinstance(value, list) else _text(value))]
        case "factuality" | "model-graded-factuality":
            return [("judge", f"Pass if the reply agrees in its facts with: {_text(value)}")]
        case "word-count":
            return [("max_words", _most_words(value))]
        case "latency":
            return [("max_seconds", _seconds(threshold))]
        case _:
            raise NoEquivalent


def _text(value: Any) -> str:
    """As JavaScript would write it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value).removesuffix(".0")
    raise NoEquivalent(" (its value is no text)")


def _escaped(text: str) -> str:
    """A pattern of a text as it is, which it could not be once a matrix filled something in."""
    if PLACE.search(text):
        raise NoEquivalent(" (a matrix would fill in a pattern)")
    return str(re2.escape(text))


def _texts(value: Any) -> list[str]:
    """A list, or texts with commas between them."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return [_text(one) for one in value] if isinstance(value, list) else []


def _schema(value: Any) -> Mapping[str, Any]:
    if isinstance(value, str):
        try:
            value = read_data(value)
        except SourceError:
            raise NoEquivalent(" (its schema cannot be read)") from None
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise NoEquivalent(" (its schema cannot be read)")
    return value


def _most_words(value: Any) -> int:
    most = value.get("max") if isinstance(value, Mapping) else value
    if (isinstance(value, Mapping) and set(value) - {"max"}) or type(most) is not int:
        raise NoEquivalent(" (only a highest number of words has)")
    return most
