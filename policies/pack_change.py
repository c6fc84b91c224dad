"""One line of what a new version of a pack changes."""

from __future__ import annotations

from dataclasses import dataclass

WAYS = ("stricter", "looser", "new", "removed", "renamed", "reworded")


@dataclass(frozen=True, slots=True)
class PackChange:
    """``way`` is stricter, looser, new, removed, renamed or reworded; ``why`` is what the new version says of it."""

    way: str
    id: str
    sentence: str
    why: str = ""
