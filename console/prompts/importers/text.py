"""Text: plain, Markdown, or with tags around its parts. The last reader, since every text is one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from console.prompts.importers.base import Read
from console.prompts.importers.building import build

TITLE = "text"


def recognises(name: str, data: Any) -> bool:
    return isinstance(data, str)


def read(name: str, data: Any) -> Iterator[Read]:
    yield build("", system=data)
