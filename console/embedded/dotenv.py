"""Settings from the file ``.env`` beside the Makefile, for those who do not set an environment of their own."""

from __future__ import annotations

import os
import re

from console.embedded.layout import REPOSITORY, EmbeddedError

LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)")


def load() -> None:
    """Take each ``NAME=value`` of ``.env`` that the environment has not set. Values are text: nothing is expanded."""
    path = REPOSITORY / ".env"
    if not path.exists():
        return
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        name, value = _parse(line.strip(), f"{path}:{number}")
        if name:
            os.environ.setdefault(name, value)


def _parse(line: str, place: str) -> tuple[str, str]:
    if not line or line.startswith("#"):
        return "", ""
    found = LINE.fullmatch(line)
    if found is None:
        raise EmbeddedError(
            f"{place}: not of the form NAME=value. Write one setting a line, comments after a #."
        )
    value = found[2]
    if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
        return found[1], value[1:-1]
    return found[1], value.split(" #")[0].rstrip()
