"""One thing that happened to a prompt, as its history shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone

from console.prompts.models import Prompt
from console.prompts.timeline import RevisionEntry
from console.releases.models import Release


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened: ``lead`` is the link to it, ``rest`` says more, ``why`` is what somebody wrote.

    ``move`` is where a label was and where it went; ``entry`` is there for a revision only.
    """

    id: str
    at: datetime
    mark: str  # what the state beside it looks like
    word: str
    lead: str
    address: str
    rest: str = ""
    who: str = ""
    why: str = ""
    label: str = ""
    move: tuple[str, str] | None = None
    also: tuple[tuple[str, str], ...] = ()  # (text, address) of what else it is about
    entry: RevisionEntry | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Addresses of one prompt's things."""

    prompt: Prompt

    def of(self, name: str, *more: object) -> str:
        return reverse(name, args=[self.prompt.workspace.slug, *more])

    def own(self, name: str, *more: object) -> str:
        return self.of(name, self.prompt.slug, *more)

    def release(self, row: Release | None) -> tuple[tuple[str, str], ...]:
        if row is None:
            return ()
        return ((f"release {row.number}", self.own("releases:release", row.number)),)


def name_of(user: Any) -> str:
    return str(user.shown_name) if user else ""


def number_of(row: Release | None) -> str:
    return str(row.number) if row else ""


def in_words(at: datetime) -> str:
    return f"{timezone.localtime(at):%-d %b %Y, %H:%M}"
