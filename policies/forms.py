"""Frozen dataclasses as the one description of a form: reading plain data into them, with every problem named.

``json_schema`` walks the same annotations, so that what is documented is what is read. ``Annotated`` carries what a
type cannot say: ``Length``, ``Between``, ``Match``, ``Items``, or ``Custom`` for a type that reads itself.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, Literal, TypeVar, Union

T = TypeVar("T")
_HALVES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with the data: where (a dotted path), and a sentence."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class FormError(ValueError):
    """The data does not have the form; ``problems`` names every place, ``str()`` is the first as a sentence."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        more = len(self.problems) - 1
        super().__init__(str(self.problems[0]) + (f" (and {more} more)" if more else ""))


@dataclass(frozen=True, slots=True)
class Length:
    """Code points of a text."""

    lowest: int = 0
    highest: int = 1_000_000


@dataclass(frozen=True, slots=True)
class Between:
    """A number's range, both ends included."""

    lowest: int
    highest: int


@dataclass(frozen=True, slots=True)
class Match:
    """A text's whole pattern, and the words that say it to a person."""

    pattern: str
    says: str


@dataclass(frozen=True, slots=True)
class Items:
    """How many entries a list or table may have."""

    highest: int


@dataclass(frozen=True, slots=True)
class Custom:
    """A type that reads itself: ``read(value)`` returns it or raises ValueError with a sentence."""

    read: Callable[[Any], Any]
    schema: Callable[[], dict[str, Any]]


def read(form: type[T], data: Any, path: str = "") -> T:
    """Read plain data into a dataclass. Raises FormError with every problem found."""
    reader = _Reader()
    value = reader.value(form, (), data, path)
    if reader.problems:
        raise FormError(reader.problems)
    return typing.cast(T, value)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`` Did you mean "x"?`` to follow a sentence, or an empty text. Of dotted ids the last part decides."""
    by_end = {name.rpartition(".")[2]: name for name in known}
    near = difflib.get_close_matches(word.rpartition(".")[2], list(by_end), n=1, cutoff=0.6)
    return f' Did you mean "{by_end[near[0]]}"?' if near else ""


@cache
def fields_of(form: type) -> dict[str, tuple[Any, bool]]:
    """Name → (annotation, required)."""
    hints = typing.get_type_hints(form, include_extras=True)
    return {
        field.name: (
            hints[field.name],
            field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING,
        )
        for field in dataclasses.fields(form)
        if field.init and not field.metadata.get("internal")
    }


def peel(annotation: Any) -> tuple[Any, tuple[Any, ...]]:
    if typing.get_origin(annotation) is Annotated:
        inner, *marks = typing.get_args(annotation)
        return inner, tuple(marks)
    return annotation, ()


def mark(marks: tuple[Any, ...], kind: type[T]) -> T | None:
    return next((mark for mark in marks if isinstance(mark, kind)), None)


_NAMES = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}


def _says(value: Any) -> str:
    """How a wrong value is shown in a sentence: short, never a dump."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value[:40]}…"' if len(value) > 40 else f'"{value}"'
    if isinstance(value, Mapping):
        return "a table"
    return "a list" if isinstance(value, list | tuple) else str(value)[:40]


@dataclass(slots=True)
class _Reader:
    problems: list[Problem] = dataclasses.field(default_factory=list)

    def wrong(self, path: str, message: str) -> None:
        self.problems.append(Problem(path, message))

    def value(self, annotation: Any, marks: tuple[Any, ...], data: Any, path: str) -> Any:
        inner, own = peel(annotation)
        marks += own
        if custom := mark(marks, Custom):
            return self.custom(custom, data, path)
        origin = typing.get_origin(inner)
        if inner is Any:
            return data
        if origin in (Union, types.UnionType):
            return self.union(typing.get_args(inner), marks, data, path)
        if origin is Literal:
            return self.choice(typing.get_args(inner), data, path)
        if origin is tuple:
            return self.sequence(typing.get_args(inner)[0], marks, data, path)
        if origin in (Mapping, dict):
            return self.table(typing.get_args(inner), marks, data, path)
        if isinstance(inner, type) and issubclass(inner, StrEnum):
            return self.choice(tuple(member.value for member in inner), data, path, inner)
        if dataclasses.is_dataclass(inner) and isinstance(inner, type):
            return self.form(inner, data, path)
        return self.scalar(inner, marks, data, path)

    def custom(self, custom: Custom, data: Any, path: str) -> Any:
        try:
            return custom.read(data)
        except FormError as error:
            self.problems += [
                Problem(".".join(filter(None, (path, p.path))), p.message) for p in error.problems
            ]
        except ValueError as error:
            self.wrong(path, str(error))
        return None

    def form(self, form: type, data: Any, path: str) -> Any:
        if not isinstance(data, Mapping):
            return self.wrong(path, f"must be a table of named values, and {_says(data)} is not.")
        fields = fields_of(form)
        for key in data:
            if key not in fields:
                self.wrong(
                    _join(path, key),
                    f'"{key}" is not a key that is known here.{did_you_mean(str(key), fields)}',
                )
        values = {}
        for name, (annotation, required) in fields.items():
            if name in data:
                values[name] = self.value(annotation, (), data[name], _join(path, name))
            elif required:
                self.wrong(_join(path, name), "is missing.")
        if self.problems:
            return None
        try:
            return form(**values)
        except ValueError as error:
            return self.wrong(path, str(error))

    def union(self, options: tuple[Any, ...], marks: tuple[Any, ...], data: Any, path: str) -> Any:
        if data is None and type(None) in options:
            return None
        rest = [option for option in options if option is not type(None)]
        if len(rest) == 1:
            return self.value(rest[0], marks, data, path)
        for option in rest:
            inner, own = peel(option)
            if type(data) is inner or (inner is float and type(data) is int):
                return self.value(option, marks + own, data, path)
        names = " or ".join(_NAMES.get(peel(option)[0], "a table") for option in rest)
        return self.wrong(path, f"must be {names}, and {_says(data)} is not.")

    def choice(
        self, known: tuple[Any, ...], data: Any, path: str, kind: Callable[[Any], Any] = lambda v: v
    ) -> Any:
        if data in known and not isinstance(data, bool):
            return kind(data)
        listed = ", ".join(map(str, known))
        return self.wrong(
            path, f"{_says(data)} is not one of {listed}.{did_you_mean(str(data), map(str, known))}"
        )

    def sequence(self, item: Any, marks: tuple[Any, ...], data: Any, path: str) -> Any:
        if not isinstance(data, list | tuple):
            return self.wrong(path, f"must be a list, and {_says(data)} is not.")
        if (items := mark(marks, Items)) and len(data) > items.highest:
            return self.wrong(path, f"has {len(data)} entries; the most that is read is {items.highest}.")
        return tuple(self.value(item, (), part, _join(path, str(at))) for at, part in enumerate(data))

    def table(self, types_: tuple[Any, ...], marks: tuple[Any, ...], data: Any, path: str) -> Any:
        if not isinstance(data, Mapping):
            return self.wrong(path, f"must be a table of named values, and {_says(data)} is not.")
        if (items := mark(marks, Items)) and len(data) > items.highest:
            return self.wrong(path, f"has {len(data)} entries; the most that is read is {items.highest}.")
        key_type, item = types_
        table = {
            self.value(key_type, (), key, _join(path, str(key))): self.value(
                item, (), part, _join(path, str(key))
            )
            for key, part in data.items()
        }
        return types.MappingProxyType(table)

    def scalar(self, kind: Any, marks: tuple[Any, ...], data: Any, path: str) -> Any:
        if kind is float and type(data) is int:
            data = float(data)
        if type(data) is not kind:
            hint = " Put it in quotes." if kind is str and isinstance(data, bool | int | float) else ""
            return self.wrong(path, f"must be {_NAMES.get(kind, kind)}, and {_says(data)} is not.{hint}")
        if isinstance(data, str):
            self.text(marks, data, path)
        elif (between := mark(marks, Between)) and not between.lowest <= data <= between.highest:
            self.wrong(path, f"must be from {between.lowest:,} to {between.highest:,}, and {data} is not.")
        return data

    def text(self, marks: tuple[Any, ...], data: str, path: str) -> None:
        if "\0" in data:
            self.wrong(path, f"holds a NUL character at position {data.index(chr(0))}; remove it.")
        if not data.isascii() and (half := _HALVES.search(data)):
            self.wrong(
                path, f"holds half of a surrogate pair at position {half.start()}; save the text as UTF-8."
            )
        if (length := mark(marks, Length)) and not length.lowest <= len(data) <= length.highest:
            least = f"at least {length.lowest} and " if length.lowest else ""
            self.wrong(
                path, f"is {len(data):,} characters long; it must have {least}at most {length.highest:,}."
            )
        elif (match := mark(marks, Match)) and not re.fullmatch(match.pattern, data):
            self.wrong(path, f"{_says(data)} must be {match.says}.")


def _join(path: str, name: object) -> str:
    return f"{path}.{name}" if path else str(name)
