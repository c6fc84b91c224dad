"""An organisation's pack laid over a built-in one: what it adds, and what it states anew, by id."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from policies.forms import Problem

# Lists whose entries are known by a key: an entry of the same key is changed in place, another one is added.
_KEYS = {
    "tiers": "id",
    "rules": "id",
    "behaviors": "id",
    "parameters": "id",
    "domains": "id",
    "audiences": "id",
    "specialties": "id",
    "probes": "id",
    "patterns": "id",
    "blocks": "tag",
    "values": "name",
}
_OWN = ("name", "version", "title", "published")  # what makes it another pack
_NOT_INHERITED = ("renamed", "notes", "follows")  # they compare the built-in pack with its own former version


def missing(additions: Mapping[str, Any]) -> Iterator[Problem]:
    """What an extension must say itself, and what it cannot say."""
    for key in _OWN:
        if key not in additions:
            yield Problem(key, "is missing: a pack that extends another has a name and version of its own.")
    for key in ("lexicon", "lexicon_of"):
        if key in additions:
            yield Problem(key, "cannot be given beside extends: the phrases stay; write [[patterns]].")
    for key, name in _KEYS.items():
        entries = additions.get(key)
        ids = (
            [entry.get(name) for entry in entries if isinstance(entry, Mapping)]
            if isinstance(entries, list)
            else []
        )
        for id, count in Counter(id for id in ids if isinstance(id, str)).items():
            if count > 1:
                yield Problem(f"{key}.{id}", "stands twice; an id is given once.")


def laid_over(base: Mapping[str, Any], additions: Mapping[str, Any]) -> dict[str, Any]:
    """The merged data. Tables are merged by key, lists of known entries by id; any other value replaces."""
    kept = {key: value for key, value in base.items() if key not in _NOT_INHERITED}
    return _table(kept, additions)


def _table(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        was = merged.get(key)
        if isinstance(was, Mapping) and isinstance(value, Mapping) and not _is_bound(value):
            merged[key] = _table(was, value)
        elif key in _KEYS and isinstance(was, list) and isinstance(value, list):
            merged[key] = _entries(was, value, _KEYS[key])
        else:
            merged[key] = value
    return merged


def _is_bound(table: Mapping[str, Any]) -> bool:
    """A bound is one statement: half of an old one and half of a new one would be neither."""
    return bool({"kind", "permitted", "lowest", "highest", "max_length"} & table.keys())


def _entries(base: list[Any], over: list[Any], key: str) -> list[Any]:
    merged = list(base)
    at = {entry.get(key): index for index, entry in enumerate(base) if isinstance(entry, Mapping)}
    for entry in over:
        id = entry.get(key) if isinstance(entry, Mapping) else None
        if isinstance(id, str) and id in at:
            merged[at[id]] = _table(merged[at[id]], entry)
        else:
            merged.append(entry)
    return merged
