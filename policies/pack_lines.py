"""Where in a TOML text a problem of a pack is: the reader of the standard library tells no lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_PARTS = ("behaviors", "parameters", "rules", "domains", "audiences", "specialties")  # that ids are found in
_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(
    r"""^\s*((?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+)(?:\s*\.\s*(?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+))*)\s*="""
)
_PART = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*\.?""")
_ID = re.compile(r"""=\s*["']([^"']+)["']""")


def lines_of(source: str) -> dict[str, int]:
    """Line numbers, from 1, by path: of tables, of keys, and of list entries by position and by id."""
    lines: dict[str, int] = {}
    names: dict[str, str] = {}  # a list entry by position -> by id
    counts: dict[str, int] = {}
    here = ""
    for number, line in _outside(source):
        if header := _HEADER.match(line):
            here = _resolved(_parts(header[2]), counts, entry=header[1] == "[[")
            for depth in range(here.count(".") + 1):
                lines.setdefault(here.rsplit(".", depth)[0], number)
        elif key := _KEY.match(line):
            path = ".".join(filter(None, (here, *_parts(key[1]))))
            lines.setdefault(path, number)
            if key[1] in {"id", "tag", "name"} and (named := _ID.search(line)):
                names[here] = named[1]
    return lines | _by_id(lines, names)


def line_of(path: str, lines: Mapping[str, int], data: Mapping[str, Any]) -> int | None:
    """The line that a problem's path leads to, or the nearest one around it; None where the text has none.

    ``data`` are the merged tables: positions in them are not those of a text that was laid over another pack.
    """
    named = by_name(path, data)
    candidates = [named, *(f"{part}.{named}" for part in _PARTS)]
    for candidate in candidates:
        while "." in candidate or candidate == named:
            if candidate in lines:
                return lines[candidate]
            candidate = candidate.rpartition(".")[0]
    return None


def by_name(path: str, data: Mapping[str, Any]) -> str:
    """A path with a list entry's id instead of its position."""
    part, _, rest = path.partition(".")
    at, _, after = rest.partition(".")
    entries = data.get(part)
    if at.isdecimal() and isinstance(entries, list) and int(at) < len(entries):
        entry = entries[int(at)]
        if isinstance(entry, Mapping) and isinstance(entry.get("id"), str):
            return ".".join(filter(None, (part, entry["id"], after)))
    return path


def _outside(source: str) -> Iterator[tuple[int, str]]:
    """Lines that do not stand inside a text of several lines."""
    inside = ""
    for number, line in enumerate(source.splitlines(), 1):
        if not inside:
            yield number, line
        for mark in ('"""', "'''"):
            if inside in ("", mark) and line.count(mark) % 2:
                inside = "" if inside else mark


def _parts(dotted: str) -> list[str]:
    return ["".join(filter(None, found)) for found in _PART.findall(dotted)]


def _resolved(parts: list[str], counts: dict[str, int], *, entry: bool) -> str:
    """A header's path with the positions of the list entries that it stands in."""
    path = ""
    for number, part in enumerate(parts):
        path = f"{path}.{part}" if path else part
        last = number == len(parts) - 1
        if last and entry:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = f"{path}.{counts[path]}"
    return path


def _by_id(lines: Mapping[str, int], names: Mapping[str, str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for path, number in lines.items():
        entry = path
        while entry:
            part, _, position = entry.rpartition(".")
            if entry in names and position.isdecimal():
                found.setdefault(f"{part}.{names[entry]}{path[len(entry) :]}", number)
            entry = part
    return found
