"""What the rules look at, and what they may say."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from console.provider.rehearsal.conversation import Conversation
from console.provider.rehearsal.prompt import Reading

T = TypeVar("T")
Tool = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Scene:
    """One request as the rules see it. ``seed``, a digest of all that it depends on, is the only source of chance."""

    prompt: Reading
    talk: Conversation
    tools: Sequence[Tool]
    seed: str
    effort: str = "medium"
    sample: int = 1  # which of several answers to the same request

    def pick(self, options: Sequence[T], salt: str = "") -> T:
        """One of the options, the same for the same request."""
        return options[self.roll(salt) % len(options)]

    def roll(self, salt: str = "") -> int:
        return int.from_bytes(hashlib.sha256(f"{self.seed}/{salt}".encode()).digest()[:8], "big")

    def shuffled(self, items: Sequence[T], salt: str = "") -> list[T]:
        return [items[i] for i in sorted(range(len(items)), key=lambda index: self.roll(f"{salt}/{index}"))]

    @property
    def company(self) -> str:
        return self.prompt.company or {"bank": "the bank", "clinic": "the clinic"}.get(
            self.prompt.subject, "this service"
        )

    @property
    def scope(self) -> str:
        known = {
            "bank": "accounts, cards, payments and savings",
            "clinic": "appointments, examinations and health information",
        }
        return self.prompt.help_with or known.get(self.prompt.subject, "the subject of this service")


@dataclass(frozen=True, slots=True)
class ToolCall:
    name: str
    input: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Said:
    """What a rule says: an opening and points that style may shorten or list, or words to be left as they are."""

    opening: str = ""
    points: tuple[str, ...] = ()
    tool: ToolCall | None = None
    refusal: str | None = None  # a category: the answer stops with stop_reason "refusal"
    exact: bool = False  # the user asked for this very form
    bare: bool = False  # no greeting, offer or closing
    topic: str = ""
    extra: tuple[str, ...] = field(default=())  # for those who ask for length
