"""What every format is made from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from policies import Pack

API_VERSION = "2026-10-21"  # of the Messages API; the SDK's own (a test holds them together)
PLAYGROUND = "Made in a playground: its evidence may come from rehearsals, which say nothing about a model."


@dataclass(frozen=True, slots=True)
class Exported:
    """A release under a label. ``config`` goes into ``messages.create(messages=…, **config)``."""

    slug: str
    title: str
    label: str
    release: int
    revision: int
    digest: str
    pack: str
    config: Mapping[str, Any]
    variables: Mapping[str, Any]
    playground: bool
    content: Mapping[str, Any]
    policy: Callable[[], Pack]  # the one that it was released with, read only by the formats that need it
    statement: bytes = b""
    signatures: tuple[Mapping[str, str], ...] = ()
    findings: tuple[Mapping[str, Any], ...] = ()  # as they were when the revision was frozen
    broken_glass: bool = False

    @property
    def headline(self) -> str:
        glass = " Released by breaking the glass, without its approvals." if self.broken_glass else ""
        return f"{self.title}: {self.slug}@{self.label}, release {self.release} (r{self.revision}), {self.pack}{glass}"

    def as_dict(self) -> dict[str, Any]:
        """The exchanged form; the API serves the same."""
        form: dict[str, Any] = {
            "slug": self.slug,
            "label": self.label,
            "release": self.release,
            "revision": self.revision,
            "digest": self.digest,
            "pack": self.pack,
            "config": dict(self.config),
            "variables": dict(self.variables),
        }
        if self.broken_glass:
            form["brokenGlass"] = True
        return form | ({"playground": True} if self.playground else {})
