"""Templates: values of variables put where they are used, strings joined."""

from __future__ import annotations

import re
from collections.abc import Iterator

import re2

from policies.text.encodings import Edit
from policies.text.fold import Folded
from policies.text.lexicon import Lexicon

_DEFAULT = re.compile(r"\{\{-?\s*[\w.]+\s*\|\s*default:?\(?\s*[\"']([^\"'\n]{1,400})[\"']\s*\)?\s*-?\}\}")
_SET = re.compile(
    r"(?:\{%-?\s*set\s+|^\s*(?:let |const |var |set |\$)?)([A-Za-z_]\w{0,30})\s*[=:]+\s*[\"']([^\"'\n]{1,200})[\"']",
    re.MULTILINE,
)
_ASSIGNS = re2.compile(r"[A-Za-z0-9_]\s*[=:]+\s*[\"'][^\"'\n]")
_USE = re.compile(r"\{\{-?\s*([A-Za-z_]\w{0,30})\s*-?\}\}|\$\{([A-Za-z_]\w{0,30})\}|\{([A-Za-z_]\w{0,30})\}")
_CONCAT = re.compile(r"[\"']\s*[+~.&]\s*[\"']")


def filled_in(text: str) -> Folded:
    """Values that a text gives to variables, put where it uses them, however far apart."""
    return Folded(text, len(text)).replaced(_used(text))


def template_text(text: str, lexicon: Lexicon) -> Iterator[Edit]:
    """Defaults and values of variables put where they are used; strings joined."""
    edits = [(m.start(), m.end(), m.group(1)) for m in _DEFAULT.finditer(text)]
    taken = {edit[0] for edit in edits}
    edits += [edit for edit in _used(text) if edit[0] not in taken]
    edits += [(m.start(), m.end(), "") for m in _CONCAT.finditer(text)]
    yield from edits


def _used(text: str) -> list[Edit]:
    if "{" not in text or not _ASSIGNS.search(text):
        return []
    found = [(m, m.group(1) or m.group(2) or m.group(3)) for m in _USE.finditer(text)]
    values = {m.group(1): m.group(2) for m in _SET.finditer(text)} if found else {}
    return [(m.start(), m.end(), values[name]) for m, name in found if name in values]
