"""Templates: values of variables put where they are used, strings joined."""

from __future__ import annotations

import re
from collections.abc import Iterator

from policies.text.encodings import Edit
from policies.text.lexicon import Lexicon

_DEFAULT = re.compile(r"\{\{-?\s*[\w.]+\s*\|\s*default:?\(?\s*[\"']([^\"'\n]{1,400})[\"']\s*\)?\s*-?\}\}")
_SET = re.compile(
    r"(?:\{%-?\s*set\s+|^\s*(?:let |const |var |set |\$)?)([A-Za-z_]\w{0,30})\s*[=:]+\s*[\"']([^\"'\n]{1,200})[\"']",
    re.MULTILINE,
)
_USE = re.compile(r"\{\{-?\s*([A-Za-z_]\w{0,30})\s*-?\}\}|\$\{([A-Za-z_]\w{0,30})\}|\{([A-Za-z_]\w{0,30})\}")
_CONCAT = re.compile(r"[\"']\s*[+~.&]\s*[\"']")


def template_text(text: str, lexicon: Lexicon) -> Iterator[Edit]:
    """Defaults and values of variables put where they are used; strings joined."""
    values = {m.group(1): m.group(2) for m in _SET.finditer(text)} if "=" in text or ":" in text else {}
    edits = [(m.start(), m.end(), m.group(1)) for m in _DEFAULT.finditer(text)]
    taken = {edit[0] for edit in edits}
    if values:
        for match in _USE.finditer(text):
            name = match.group(1) or match.group(2) or match.group(3)
            if name in values and match.start() not in taken:
                edits.append((match.start(), match.end(), values[name]))
    edits += [(m.start(), m.end(), "") for m in _CONCAT.finditer(text)]
    yield from edits
