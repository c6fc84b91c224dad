"""Which line of a draft's file an entry stands on, for tools that show a finding beside the file."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import yaml

from policies.sources import MAX_BYTES


def line_at(text: str, path: str) -> int:
    """The line, from 1, of what ``path`` (``settings.behavior.creativity``, ``tools.0.name``) leads to in YAML or JSON.

    Of a path that leads further than the file, the line of the last entry that is there; 1 where it cannot be read.
    """
    node = _composed(text) if len(text) <= MAX_BYTES else None
    return _walk(node, path.split("."), 1) if node else 1


@lru_cache(maxsize=1)  # one file has many findings
def _composed(text: str) -> yaml.Node | None:
    try:
        return yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, RecursionError, ValueError):
        return None


def _walk(node: yaml.Node, parts: Sequence[str], line: int) -> int:
    if not parts or not isinstance(node, yaml.MappingNode | yaml.SequenceNode):
        return line
    if isinstance(node, yaml.SequenceNode):
        entry = _entry(node, parts[0])
        return _walk(entry, parts[1:], entry.start_mark.line + 1) if entry else line
    for length in range(len(parts), 0, -1):  # a key may hold dots: behavior.creativity
        wanted = ".".join(parts[:length])
        for key, value in node.value:
            if key.value == wanted:
                return _walk(value, parts[length:], key.start_mark.line + 1)
    return line


def _entry(node: yaml.SequenceNode, name: str) -> yaml.Node | None:
    """By its place, or as sections are named: by its id."""
    if name.isdecimal():
        return node.value[int(name)] if int(name) < len(node.value) else None
    return next(
        (entry for entry in node.value if isinstance(entry, yaml.MappingNode) and _id(entry) == name), None
    )


def _id(entry: yaml.MappingNode) -> str:
    return next((str(value.value) for key, value in entry.value if key.value == "id"), "")
