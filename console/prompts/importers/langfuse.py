"""Langfuse: a prompt of its API (text or chat), as sent to or got from ``/api/public/v2/prompts``, or a list of such."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from console.prompts.importers.base import Left, Read, Skipped
from console.prompts.importers.building import build
from console.prompts.importers.chat import are_messages

TITLE = "a Langfuse prompt"
_SIGNS = frozenset(["labels", "version", "config", "commitMessage", "tags", "isActive", "resolutionGraph"])


def recognises(name: str, data: Any) -> bool:
    entries = _entries(data)
    return bool(entries) and all(_is_prompt(entry) or _is_listed(entry) for entry in entries)


def read(name: str, data: Any) -> Iterator[Read]:
    """One prompt a name: of several versions the one in production, else the newest."""
    entries = _entries(data)
    versions: dict[str, list[Mapping[str, Any]]] = {}
    for entry in entries:
        versions.setdefault(entry["name"], []).append(entry)
    for found in versions.values():
        yield _read(max(found, key=_rank), len(found))


def _entries(data: Any) -> list[Any]:
    if isinstance(data, Mapping):
        inside = next((data[key] for key in ("data", "prompts") if isinstance(data.get(key), list)), None)
        return [data] if inside is None else inside
    return data if isinstance(data, list) else []


def _is_prompt(entry: Any) -> bool:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("name"), str):
        return False
    words = entry.get("prompt")
    if not isinstance(words, str) and not are_messages(words):
        return False
    return entry.get("type") in ("text", "chat") or bool(_SIGNS & set(entry))


def _is_listed(entry: Any) -> bool:
    """An entry of the API's list of prompts, which has their names but not their words."""
    return (
        isinstance(entry, Mapping)
        and isinstance(entry.get("name"), str)
        and isinstance(entry.get("versions"), list)
        and "prompt" not in entry
    )


def _rank(entry: Mapping[str, Any]) -> tuple[bool, int]:
    version = entry.get("version")
    return "production" in _texts(entry.get("labels")), version if type(version) is int else 0


def _read(entry: Mapping[str, Any], versions: int) -> Read:
    name, words = entry["name"], entry.get("prompt")
    if words is None:
        why = "Langfuse's list of prompts has names only: export the prompt itself, by its name and version."
        return Skipped(name, why)
    config = entry.get("config")
    return build(
        TITLE if isinstance(words, str) else "a Langfuse chat prompt",
        name=name,
        system=words if isinstance(words, str) else "",
        messages=() if isinstance(words, str) else words,
        syntax="mustache",
        config=config if isinstance(config, Mapping) else {},
        left=_left(entry, versions),
        tags=[tag[:200] for tag in _texts(entry.get("tags"))][:32],
    )


def _left(entry: Mapping[str, Any], versions: int) -> list[Left]:
    left = []
    if labels := _texts(entry.get("labels")):
        shown = ", ".join(label[:40] for label in labels[:5])
        left.append(Left(f"the labels {shown}", "a label points to a release here, and this is a draft"))
    if versions > 1:
        left.append(
            Left(
                f"{versions - 1} other version{'s' if versions > 2 else ''}",
                "a prompt begins with one: production's, or the newest",
            )
        )
    if "@@@langfusePrompt:" in str(entry.get("prompt")):
        why = "import the prompt that it names as a snippet, and include that"
        left.append(Left("a reference @@@langfusePrompt:…@@@, as text", why))
    return left


def _texts(value: Any) -> list[str]:
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []
