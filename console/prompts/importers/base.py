"""What every reader gives back, and the limits that hold for all of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from console.problems import Invalid

LONGEST = 400_000  # characters of all sections of a prompt together
MOST_PROMPTS = 1_000  # of one file


@dataclass(frozen=True, slots=True)
class Left:
    """Something of the source that a draft does not hold, and why. Never a value that could be a secret."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Imported:
    """One prompt that was read. ``content`` is a draft in its exchanged form; ``form`` says what the source was taken for.

    ``name`` is what its tool calls it: title and slug are made of it.
    """

    content: dict[str, Any]
    form: str
    name: str = ""
    notes: tuple[str, ...] = ()
    left: tuple[Left, ...] = ()


@dataclass(frozen=True, slots=True)
class Skipped:
    """An entry of the file that is no prompt, or none that can be read; ``why`` is a sentence."""

    name: str
    why: str


Read: TypeAlias = Imported | Skipped


class Reader(Protocol):
    """A module that reads the files of one tool: see CONTRIBUTING."""

    TITLE: str

    def recognises(self, name: str, data: Any) -> bool:
        """Whether this is the reader's form. ``data``: what the JSON or YAML of the file ``name`` holds, else its text."""

    def read(self, name: str, data: Any) -> Iterable[Read]:
        """Every prompt in it, in its order. Raises Invalid where the whole cannot be used."""


def check_length(characters: int) -> None:
    """Raises Invalid when a prompt is longer than the console keeps."""
    if characters > LONGEST:
        raise Invalid(
            f"The prompt is {characters:,} characters long; the most that fits is {LONGEST:,}.",
            "Move reference material into documents that your application sends with the conversation.",
        )
