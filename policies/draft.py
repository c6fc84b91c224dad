"""A draft as frozen values: what an operator writes, before anything is decided about it.

The dataclasses are the form itself: ``parse_draft`` reads YAML, JSON or plain data into them, ``draft_schema`` is
generated from them, and ``Draft.to_dict`` gives back what was read, defaults left out.
"""

from __future__ import annotations

import dataclasses
import datetime
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, Literal, TypeAlias

from policies import forms
from policies.bounds import Value
from policies.canonical import CanonicalError, digest, refuse_unstorable
from policies.forms import Between, Custom, FormError, Items, Length, Match, Problem
from policies.json_schema import json_schema
from policies.pack import Scalar
from policies.sources import SourceError, read_data

FORM = 1
NAME = r"[A-Za-z_][A-Za-z0-9_]{0,63}"

VariableName = Annotated[str, Match(NAME, "a letter or _, then letters, digits and _, at most 64")]
Slug = Annotated[str, Match(r"[a-z0-9-]{1,64}", "1 to 64 lower-case letters, digits and -")]
Prose = Annotated[str, Length(highest=1_000_000)]
Short = Annotated[str, Length(highest=200)]
Plain: TypeAlias = str | int | float | bool | None


def _plain_scalar(value: Any) -> Plain:
    if value is not None and not isinstance(value, str | int | float | bool):
        raise ValueError("must be text, a number, true or false.")
    return value


PlainForm = Annotated[Plain, Custom(_plain_scalar, lambda: {"type": ["string", "number", "boolean", "null"]})]


class SectionKind(StrEnum):
    """What a section is for; ``free`` text is compiled without a tag around it."""

    ROLE = "role"
    CONTEXT = "context"
    TASK = "task"
    BOUNDARIES = "boundaries"
    TONE = "tone"
    FORMAT = "format"
    EXAMPLES = "examples"
    DATA = "data"
    TOOLS = "tools"
    FREE = "free"


@dataclass(frozen=True, slots=True)
class Include:
    """A snippet by reference: a revision number, or a label."""

    snippet: Slug
    at: int | Annotated[str, Match(r"[a-z][a-z0-9-]{0,63}", "a revision number or a label")]

    def __str__(self) -> str:
        return f"{self.snippet}@{self.at}"


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a prompt: its own text, or a snippet in its place."""

    id: Annotated[str, Match(r"[a-z][a-z0-9_-]{0,63}", "a lower-case letter, then letters, digits, - and _")]
    kind: SectionKind = SectionKind.FREE
    title: Short = ""
    text: Prose = ""
    include: Include | None = None

    def __post_init__(self) -> None:
        if self.include and self.text:
            raise ValueError("has a text and an include; keep one of the two.")


@dataclass(frozen=True, slots=True)
class Variable:
    """A value that the application fills in. Untrusted: somebody else than the operator wrote it."""

    type: Literal["string", "number", "integer", "boolean", "date"] = "string"
    required: bool = True
    default: PlainForm = None
    max_length: Annotated[int, Between(1, 200_000)] = 2_000
    trusted: bool = False
    description: Short = ""

    def __post_init__(self) -> None:
        if self.default is not None and (problem := self.refuses(self.default)):
            raise ValueError(f"its default {problem}")

    def refuses(self, value: Plain) -> str:
        """Why a value does not fit, as the end of a sentence; empty where it fits."""
        if self.type == "string":
            if not isinstance(value, str):
                return "must be text."
            return f"is longer than {self.max_length:,} characters." if len(value) > self.max_length else ""
        if self.type == "boolean":
            return "" if isinstance(value, bool) else "must be true or false."
        if self.type == "date":
            return "" if _is_date(value) else "must be a date such as 2026-01-31."
        number = isinstance(value, int if self.type == "integer" else int | float) and not isinstance(
            value, bool
        )
        return "" if number else "must be a whole number." if self.type == "integer" else "must be a number."


def _is_date(value: Plain) -> bool:
    try:
        return isinstance(value, str) and len(value) == 10 and bool(datetime.date.fromisoformat(value))
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Setting:
    """A behaviour's value, always or only while a declared boolean variable is true."""

    value: Scalar
    when: VariableName | None = None


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that the model may call. Unless said otherwise it cannot be undone and asks first."""

    name: Annotated[str, Match(r"[a-zA-Z0-9_-]{1,128}", "1 to 128 letters, digits, _ and -")]
    description: Annotated[str, Length(highest=20_000)] = ""
    input_schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "object"})
    reversible: bool = False
    requires_confirmation: bool = True


@dataclass(frozen=True, slots=True)
class Thinking:
    """How the model thinks; ``budget_tokens`` goes with ``enabled`` only."""

    type: Literal["disabled", "adaptive", "between_tools", "enabled"]
    budget_tokens: Annotated[int, Between(1024, 1_000_000)] | None = None

    def __post_init__(self) -> None:
        if (self.type == "enabled") != (self.budget_tokens is not None):
            raise ValueError('"budget_tokens" goes with the type "enabled", and only with it.')


def _read_thinking(value: Any) -> Thinking | None:
    if value is None:
        return None
    return forms.read(Thinking, {"type": value} if isinstance(value, str) else value)


def _thinking_schema() -> dict[str, Any]:
    names = {"enum": ["disabled", "adaptive", "between_tools", "enabled"]}
    table = {
        "type": "object",
        "required": ["type"],
        "properties": {"type": names, "budget_tokens": {"type": "integer"}},
    }
    return {"anyOf": [names, table, {"type": "null"}]}


ThinkingForm = Annotated[Thinking | None, Custom(_read_thinking, _thinking_schema)]


@dataclass(frozen=True, slots=True)
class Parameters:
    """Request parameters of the Messages API; None is left to the policy's default."""

    max_tokens: Annotated[int, Between(1, 1_000_000)] | None = None
    effort: Literal["low", "medium", "high", "xhigh", "max"] | None = None
    thinking: ThinkingForm = None
    stop_sequences: Annotated[tuple[Annotated[str, Length(1, 200)], ...], Items(16)] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """A system prompt with everything that belongs to it, as it is being written."""

    sections: Annotated[tuple[Section, ...], Items(200)]
    draft: Literal[1] = 1
    slug: Slug = "untitled"
    title: Short = ""
    model: Annotated[str, Length(highest=200)] = ""
    domain: Annotated[str, Length(1, 64)] = "general"
    audience: Annotated[tuple[Annotated[str, Length(1, 64)], ...], Items(16)] = ("public",)
    folder: Short = ""
    tags: Annotated[tuple[Short, ...], Items(32)] = ()
    variables: Annotated[Mapping[VariableName, Variable], Items(200)] = field(default_factory=dict)
    settings: Annotated[Mapping[str, Setting], Items(200)] = field(default_factory=dict)
    grants: Annotated[Mapping[str, Annotated[tuple[Scalar, ...], Items(200)]], Items(200)] = field(
        default_factory=dict
    )
    tools: Annotated[tuple[Tool, ...], Items(128)] = ()
    parameters: Parameters = field(default_factory=Parameters)
    bare: bool = field(default=False, metadata={"internal": True})

    def section(self, id: str) -> Section | None:
        return next((section for section in self.sections if section.id == id), None)

    def to_dict(self) -> dict[str, Any]:
        """Plain data that ``parse_draft`` reads back; what equals its default is left out."""
        return {"draft": FORM} | {key: value for key, value in _plain(self).items() if key != "draft"}

    @property
    def digest(self) -> str:
        """Over the content alone, however it was written down."""
        return digest(self.to_dict())


@dataclass(frozen=True, slots=True)
class Snippet:
    """What a snippet reference was resolved to: sections, and the digest that it is pinned by."""

    slug: str
    at: int | str
    digest: str
    sections: tuple[Section, ...]


SnippetResolver: TypeAlias = Callable[[Include], Snippet | None]


def _plain(value: Any) -> Any:
    if isinstance(value, StrEnum):
        return value.value
    if dataclasses.is_dataclass(value):
        return {spec.name: _plain(part) for spec, part in _stated(value)}
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, list | tuple) else value


def _stated(form: Any) -> Iterator[tuple[dataclasses.Field[Any], Any]]:
    for spec in dataclasses.fields(form):
        value = getattr(form, spec.name)
        default = spec.default_factory() if callable(spec.default_factory) else spec.default
        if not spec.metadata.get("internal") and value != default:
            yield spec, value


def draft_schema() -> dict[str, Any]:
    """The JSON Schema of a draft."""
    return json_schema(Draft, "Draft")


def parse_draft(source: str | bytes | Mapping[str, Any]) -> Draft:
    """Read a draft from YAML or JSON text, or from plain data. Raises FormError with every problem found."""
    try:
        data = read_data(source) if isinstance(source, str | bytes) else source
    except SourceError as error:
        raise FormError([Problem("", str(error))]) from error
    if not isinstance(data, Mapping):
        raise FormError(
            [Problem("", "A draft must be a table of named values such as slug, domain and sections.")]
        )
    if data.get("draft", FORM) != FORM:
        message = f"This version reads drafts of form {FORM}, and {data['draft']!r} is another one."
        raise FormError([Problem("draft", message)])
    draft = forms.read(Draft, data)
    try:
        # What the form leaves open, such as a tool's schema, must be storable too.
        refuse_unstorable(data, nul=False)
    except CanonicalError as error:
        raise FormError([Problem("", str(error))]) from error
    if problems := list(_twice(draft)):
        raise FormError(problems)
    return draft


def _twice(draft: Draft) -> Iterator[Problem]:
    for part, names in (
        ("sections", [s.id for s in draft.sections]),
        ("tools", [t.name for t in draft.tools]),
    ):
        for name, count in Counter(names).items():
            if count > 1:
                at = len(names) - 1 - names[::-1].index(name)
                yield Problem(
                    f"{part}.{at}", f'"{name}" is taken by an entry above; give it a name of its own.'
                )


def draft_from_text(text: str, *, domain: str = "general") -> Draft:
    """A plain text as a draft: one section ``text`` of kind ``free`` that declares nothing."""
    return Draft(sections=(Section("text", text=text),), domain=domain, bare=True)


def looks_like_draft(text: str) -> bool:
    """Whether a text says of itself that it is a draft: a key ``draft`` at its top."""
    return bool(re.search(r'(?m)^(?:[ \t]*\{\s*)?"?draft"?[ \t]*:[ \t]*\d', text[:20_000]))


def value_text(value: Value) -> str:
    """A setting's value as it is written in a sentence."""
    return f"{value:,}" if isinstance(value, int | float) else value
