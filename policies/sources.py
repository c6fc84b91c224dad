"""From text to data: YAML and JSON as people write them, with every trick of the formats refused."""

from __future__ import annotations

import re
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

import yaml

from policies.canonical import MAX_DEPTH, CanonicalError, read_json, refuse_unstorable

MAX_BYTES = 2_000_000

if TYPE_CHECKING:
    _Base = yaml.SafeLoader
else:  # several times as fast where PyYAML was built with libyaml
    _Base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class SourceError(ValueError):
    """The text could not be read as YAML or JSON; says where and why in one sentence."""


class _Loader(_Base):
    """Scalars as a reader expects them: ``on`` and ``12:30`` are text, dates are text, only true, false, yes, no are booleans."""

    yaml_implicit_resolvers: dict[str, Any] = {}

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Hashable] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise SourceError(
                    f"{_place(key_node.start_mark)}: a key must be text; put {key!r} in quotes."
                )
            if key in seen:
                raise SourceError(
                    f'{_place(key_node.start_mark)}: the key "{key}" stands twice; keep one of them.'
                )
            seen.add(key)
        mapping: dict[Hashable, Any] = super().construct_mapping(node, deep)
        return mapping


def _plain_scalars(loader: Any) -> None:
    for tag, pattern, first in (
        ("bool", r"(?:true|True|TRUE|false|False|FALSE|yes|Yes|YES|no|No|NO)", "tTfFyYnN"),
        ("int", r"[-+]?(?:0|[1-9][0-9]{0,18})", "-+0123456789"),
        (
            "float",
            r"[-+]?(?:(?:0|[1-9][0-9]*)\.[0-9]*|\.[0-9]+|(?:0|[1-9][0-9]*)(?=[eE]))(?:[eE][-+]?[0-9]{1,3})?",
            "-+.0123456789",
        ),
        ("null", r"(?:~|null|Null|NULL|)", "~nN\0"),
    ):
        compiled = re.compile(f"^{pattern}$")
        loader.add_implicit_resolver(
            f"tag:yaml.org,2002:{tag}", compiled, list(first.replace("\0", "")) + [""] * ("\0" in first)
        )


_plain_scalars(_Loader)


def read_data(source: str | bytes) -> Any:
    """Parse YAML or JSON (told apart by the first character) of at most ``MAX_BYTES``.

    Raises SourceError. Aliases, merge keys, custom tags, duplicate keys and nesting beyond 64 levels are refused,
    so that no small text can grow into a large value.
    """
    text = decode(source)
    try:
        if text.lstrip()[:1] in {"{", "["}:
            try:
                return read_json(text)
            except CanonicalError:
                if text.lstrip()[1:].lstrip()[:1] == '"':
                    raise
        value = _read_yaml(text)
        refuse_unstorable(value)
    except CanonicalError as error:
        raise SourceError(str(error)) from error
    return value


def decode(source: str | bytes) -> str:
    """UTF-8 text without a byte order mark, within the size limit. Raises SourceError."""
    size = len(source) if isinstance(source, bytes) else len(source.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        raise SourceError(f"The text is {size:,} bytes long; the most that is read is {MAX_BYTES:,}.")
    if isinstance(source, str):
        return source.removeprefix("\ufeff")
    try:
        return source.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError(f"The text is not UTF-8: byte {error.start} fits no character.") from error


def _read_yaml(text: str) -> Any:
    try:
        _refuse_tricks(text)
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader, made stricter
    except yaml.MarkedYAMLError as error:
        where = _place(error.problem_mark) if error.problem_mark else "The YAML"
        raise SourceError(f"{where}: the YAML is not valid, {error.problem or error.context}.") from error
    except yaml.YAMLError as error:
        raise SourceError(f"The YAML is not valid: {' '.join(str(error).split())}.") from error
    except ValueError as error:
        if isinstance(error, SourceError):
            raise
        raise SourceError(f"The YAML holds a value that cannot be read: {error}.") from error


def _refuse_tricks(text: str) -> None:
    """Walk the events first: they are flat, so a bomb is refused before anything is built from it."""
    depth = documents = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise SourceError(
                f"{_place(event.start_mark)}: anchors and aliases (& and *) are not read; write the value out."
            )
        if tag := getattr(event, "tag", None):
            raise SourceError(f"{_place(event.start_mark)}: the tag {tag} is not read; write a plain value.")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise SourceError(f"{_place(event.start_mark)}: nested more than {MAX_DEPTH} levels deep.")
        documents += isinstance(event, yaml.DocumentStartEvent)
        if documents > 1:
            raise SourceError(f"{_place(event.start_mark)}: a second document begins (---); keep one a file.")


def _place(mark: Any) -> str:
    return f"Line {mark.line + 1}, column {mark.column + 1}"
