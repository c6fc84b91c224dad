"""How tests of readers read: a file of a name, from text or from data that is written as JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest

from console.problems import Invalid
from console.prompts.importers import Imported, Read, Skipped, read_prompts


def read(source: Any, name: str = "") -> tuple[Read, ...]:
    return read_prompts(source if isinstance(source, str | bytes) else json.dumps(source), name=name)


def one(source: Any, name: str = "") -> Imported:
    """The only prompt of a file; what was skipped beside it does not count."""
    (found,) = (entry for entry in read(source, name) if isinstance(entry, Imported))
    return found


def skipped(source: Any, name: str = "") -> dict[str, str]:
    return {entry.name: entry.why for entry in read(source, name) if isinstance(entry, Skipped)}


def text(imported: Imported) -> str:
    return "\n\n".join(section["text"] for section in imported.content["sections"])


def left(imported: Imported) -> dict[str, str]:
    return {entry.what: entry.why for entry in imported.left}


def refusal(source: Any, name: str = "") -> str:
    """The one sentence that refuses; what to do is said too."""
    with pytest.raises(Invalid) as error:
        read(source, name)
    assert error.value.what_to_do
    assert "\n" not in error.value.message
    return error.value.message
