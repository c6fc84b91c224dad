"""Drafts to start from: one file each in ``starters/``, in a draft's exchanged form."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from policies import Draft, parse_draft

_FOLDER = Path(__file__).with_name("starters")
_ORDER = ("support", "clinical", "internal", "coding", "fiction")


@cache
def starters() -> Mapping[str, Draft]:
    """The starters by name, in the order in which they are offered."""
    return {name: parse_draft((_FOLDER / f"{name}.yaml").read_text("utf-8")) for name in _ORDER}


def content_of(name: str) -> dict[str, Any] | None:
    """A starter's content, or None where there is none of this name."""
    draft = starters().get(name)
    return draft.to_dict() if draft else None


def blank() -> dict[str, Any]:
    """A draft of nothing but an empty role."""
    return {"draft": 1, "sections": [{"id": "role", "kind": "role"}]}
