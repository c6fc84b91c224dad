"""The input of a tool, filled from what was said and from what other tools answered."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from console.provider.rehearsal.dates import dates_in, hours_in
from console.provider.rehearsal.scene import Scene

STOP = {
    "a",
    "an",
    "the",
    "my",
    "me",
    "it",
    "that",
    "this",
    "to",
    "for",
    "some",
    "please",
    "pls",
    "money",
    "him",
    "her",
    "them",
    "us",
}


@dataclass(frozen=True, slots=True)
class Filled:
    """``choices``: where several values fit, the items to choose from. ``missing``: what nobody said."""

    input: Mapping[str, Any] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    choices: Mapping[str, list[Mapping[str, Any]]] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        return not self.missing and not self.choices


def fill(schema: Mapping[str, Any], said: tuple[str, ...], scene: Scene) -> Filled:
    """The required properties of an object schema; the last words count before the earlier ones."""
    given: dict[str, Any] = {}
    missing: list[str] = []
    choices: dict[str, list[Mapping[str, Any]]] = {}
    for name in schema.get("required", ()):
        kind = schema.get("properties", {}).get(name, {})
        items = list(_items_with(name, scene)) if _is_id(name) else []
        if len(items) > 1:
            fitting = _fitting(items, said)
            if len(fitting) == 1:
                given[name] = fitting[0][name]
            else:
                choices[name] = fitting or items
            continue
        value = items[0][name] if items else _value(name, kind, said)
        if value is None:
            missing.append(name)
        else:
            given[name] = value
    return Filled(given, tuple(missing), choices)


def _is_id(name: str) -> bool:
    return name == "id" or name.endswith("_id")


def _items_with(name: str, scene: Scene) -> Iterator[Mapping[str, Any]]:
    """What the latest tool answered that holds such an id."""
    for answer in reversed(scene.talk.answers):
        found = [item for item in flatten(answer.content) if name in item]
        if found and not answer.failed:
            yield from found
            return


def flatten(value: Any) -> Iterator[Mapping[str, Any]]:
    """Every object in a JSON value, however deep."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from flatten(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from flatten(inner)


def _fitting(items: list[Mapping[str, Any]], said: tuple[str, ...]) -> list[Mapping[str, Any]]:
    """The items that share most words or hours with what was said last; all of them where nothing tells them apart."""
    for text in reversed(said):
        scores = [_overlap(item, text) for item in items]
        best = max(scores)
        if best and scores.count(best) < len(items):
            return [item for item, score in zip(items, scores, strict=True) if score == best]
    return items


def _overlap(item: Mapping[str, Any], text: str) -> int:
    written = " ".join(str(value) for value in item.values())
    words = set(re.findall(r"[a-zà-ÿ]{3,}", text.lower())) & set(re.findall(r"[a-zà-ÿ]{3,}", written.lower()))
    return len(words) + 2 * len(hours_in(text) & hours_in(written))


def _value(name: str, kind: Mapping[str, Any], said: tuple[str, ...]) -> Any:
    for text in reversed(said):
        value = _from_text(name, kind, text)
        if value is not None:
            return value
    options = kind.get("enum", ())
    return options[0] if options else None


def _from_text(name: str, kind: Mapping[str, Any], text: str) -> Any:
    if "enum" in kind:
        return next(
            (option for option in kind["enum"] if re.search(rf"\b{re.escape(str(option))}\b", text, re.I)),
            None,
        )
    if kind.get("type") in {"number", "integer"}:
        return _number(kind, text)
    if kind.get("type") == "boolean":
        return None
    if kind.get("format") == "date" or name in {"day", "date"} or name.endswith(("_date", "_day")):
        days = dates_in(text)
        return days[-1].isoformat() if days else None
    if "pattern" in kind:
        return _matching(kind["pattern"], text)
    return _string(name, kind, text)


def _number(kind: Mapping[str, Any], text: str) -> int | float | None:
    for written in re.findall(r"(?<![\w:.-])(\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?)(?![\w:.-]*\d)", text):
        number = float(written.replace(",", ""))
        if kind.get("minimum", number) <= number <= kind.get("maximum", number):
            return int(number) if number.is_integer() else number
    return None


def _matching(pattern: str, text: str) -> str | None:
    try:
        found = re.search(rf"(?<!\w){pattern.removeprefix('^').removesuffix('$')}(?!\w)", text[:2000])
    except re.error:
        return None
    return found.group(0) if found else None


def _string(name: str, kind: Mapping[str, Any], text: str) -> str | None:
    if re.search(r"ref|number|code|order|ticket|iban", name):
        found = re.search(r"\b[A-Z]{1,4}-?\d{2,}[A-Z0-9-]*\b|\b\d{4,}\b", text)
        return found.group(0) if found else None
    if re.search(r"name|payee|who|person|recipient", name):
        return _who(text)
    if re.search(r"text|message|reason|query|question|description|summary|note|topic|subject", name):
        return " ".join(text.split())[: kind.get("maxLength", 200)]
    return None


def _who(text: str) -> str | None:
    capitals = re.search(r"(?<![.!?] )(?<!^)\b[A-Z][a-z]+(?: [A-Z][a-z]+)*", text)
    if capitals:
        return capitals.group(0)
    after = re.findall(r"\b(?:send|pay|to|for|called|named)\s+([a-z]{2,})", text, re.I)
    return next((word for word in after if word.lower() not in STOP), None)
