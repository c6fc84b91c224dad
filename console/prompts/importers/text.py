"""Text: plain, Markdown, or with tags around its parts. The last reader, since every text is one.

Markdown files of prompts and agents often begin with a header between two lines ``---``: what it says is about the file.
It is read line by line, since such headers are seldom the YAML that they look like.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from console.prompts.importers.base import Left, Read
from console.prompts.importers.building import build

TITLE = "text"
_HEADER = re.compile(r"\s{0,200}---[ \t]*\n(.{1,20000}?)\n---[ \t]*(?:\n|$)", re.DOTALL)
_LINE = re.compile(r"([A-Za-z][\w-]{0,40}):(?:[ \t]+(.*))?$")
_NAMES = ("title", "name")
# With any other key the lines are taken for words of the prompt.
_KNOWN = frozenset(
    [
        "title",
        "name",
        "description",
        "model",
        "tools",
        "tags",
        "author",
        "version",
        "date",
        "created",
        "updated",
        "category",
        "color",
        "globs",
        "alwaysapply",
        "allowed-tools",
        "disallowed-tools",
        "disallowedtools",
        "argument-hint",
        "license",
        "metadata",
        "applyto",
        "mode",
        "agent",
        "temperature",
        "max_tokens",
        "permissionmode",
        "skills",
        "memory",
    ]
)


def recognises(name: str, data: Any) -> bool:
    return isinstance(data, str)


def read(name: str, data: Any) -> Iterator[Read]:
    found = _HEADER.match(data)
    header = _fields(found[1]) if found else {}
    if not found or not header:
        yield build("", system=data)
        return
    config = {"model": header["model"]} if header.get("model") else {}
    left = [
        Left(f"{key} of the file's header", "it is about the file, and no model reads it")
        for key in header
        if key not in (*_NAMES, *config)
    ]
    title = next((header[key] for key in _NAMES if header.get(key)), "")
    yield build("", name=title, system=data[found.end() :].lstrip("\n"), config=config, left=left)


def _fields(block: str) -> dict[str, str]:
    """The header's fields, each with the rest of its line; none where anything in it is no such field."""
    fields: dict[str, str] = {}
    for line in block.split("\n"):
        if found := _LINE.match(line):
            fields[found[1].lower()] = (found[2] or "").strip().strip("\"'")
        elif line.strip() and not (fields and line[0] in " \t-#"):
            return {}
    return fields if fields.keys() <= _KNOWN else {}
