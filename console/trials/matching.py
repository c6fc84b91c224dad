"""A text that matches a regular expression: short, and the same for the same draw."""

from __future__ import annotations

import random
import re
import string
from collections.abc import Iterator
from re import _parser as parser  # type: ignore[attr-defined]  # what the standard library itself parses with
from typing import Any

MORE = 2  # repetitions beyond the fewest
MOST = 400  # characters
PRINTABLE = string.ascii_lowercase + string.digits + string.ascii_uppercase + "-_ .,:/"
CLASSES = {
    "CATEGORY_DIGIT": string.digits,
    "CATEGORY_WORD": string.ascii_lowercase + string.digits,
    "CATEGORY_SPACE": " ",
    "CATEGORY_NOT_DIGIT": string.ascii_lowercase,
    "CATEGORY_NOT_WORD": "- ",
    "CATEGORY_NOT_SPACE": string.ascii_lowercase,
}


def matching_text(pattern: str, draw: random.Random) -> str:
    """Raises ValueError for a pattern that it cannot read; whoever calls checks the text against the pattern."""
    try:
        return "".join(_texts(parser.parse(pattern), draw))[:MOST]
    except (re.error, RecursionError, OverflowError):
        raise ValueError("not a pattern that can be read") from None


def _texts(parts: Any, draw: random.Random) -> Iterator[str]:
    for kind, value in parts:
        name = str(kind)
        if name == "LITERAL":
            yield chr(value)
        elif name in ("IN", "NOT_LITERAL", "ANY"):
            yield draw.choice(_choices(name, value))
        elif name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            lowest, highest, repeated = value
            for _ in range(min(MOST, draw.randint(lowest, min(int(highest), lowest + MORE)))):
                yield from _texts(repeated, draw)
        elif name == "SUBPATTERN":
            yield from _texts(value[-1], draw)
        elif name == "BRANCH":
            yield from _texts(draw.choice(value[1]), draw)
        elif name != "AT":
            raise re.error(f"{name} is not known here")


def _choices(name: str, value: Any) -> str:
    if name == "ANY":
        return string.ascii_lowercase
    if name == "NOT_LITERAL":
        return "".join(char for char in PRINTABLE if ord(char) != value)
    named = {char for kind, item in value for char in _named(str(kind), item)}
    negated = any(str(kind) == "NEGATE" for kind, _ in value)
    found = [char for char in PRINTABLE if char not in named] if negated else sorted(named)
    if not found:
        raise re.error("nothing is left to choose from")
    return "".join(found)


def _named(kind: str, item: Any) -> str:
    if kind == "LITERAL":
        return chr(item)
    if kind == "RANGE":
        return "".join(map(chr, range(item[0], min(item[1], item[0] + 200) + 1)))
    return CLASSES.get(str(item), "") if kind == "CATEGORY" else ""
