"""From the bytes of a file or a paste to text, and to data where the text is JSON or YAML: every trick refused in a sentence."""

from __future__ import annotations

import re
from typing import Any

from console.problems import Invalid
from policies import CanonicalError, read_json
from policies.canonical import refuse_unstorable
from policies.draft import looks_like_draft
from policies.sources import MAX_BYTES, SourceError, read_data

# Keys by which a paste without a name is known for YAML; one of them alone may be a line of a text.
_YAML_KEY = re.compile(
    r"^(prompts|providers|targets|tests|sections|messages|instructions)[ \t]*:", re.MULTILINE
)
_JSON = re.compile(r"\{(?![{%#])|\[\s*[\[{\"\]\d]")
_TOGETHER = {"prompts", "providers", "targets", "tests"}


def decode(source: str | bytes) -> str:
    """The text, within ``MAX_BYTES``. Raises Invalid."""
    size = len(source) if isinstance(source, bytes) else len(source.encode("utf-8", "replace"))
    if size > MAX_BYTES:
        raise too_large(size)
    if isinstance(source, bytes):
        source = _decoded(source)
    if "\0" in source:
        raise Invalid(
            "It holds NUL characters, as binary files do.", "Choose a text file, or paste the text."
        )
    return source.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def too_large(size: int, name: str = "It") -> Invalid:
    """The refusal of a file or paste of so many bytes."""
    return Invalid(
        f"{name} is {size:,} bytes large; the most that is read is {MAX_BYTES:,}.",
        "Choose the file with the prompts alone, or split it.",
    )


def _decoded(source: bytes) -> str:
    form = "UTF-16" if source[:2] in (b"\xff\xfe", b"\xfe\xff") else "UTF-8"
    try:
        return source.decode("utf-8-sig" if form == "UTF-8" else form)
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        found = f"0x{error.object[error.start]:02X}" if error.start < len(error.object) else "the end"
        raise Invalid(
            f"The file is not {form} text: line {line} holds the byte {found}, which fits no character.",
            "Save it as UTF-8 and choose it again.",
        ) from error


def structured(name: str, text: str) -> tuple[Any, str]:
    """What the text holds as JSON or YAML; else None, and why it is no data although it begins as such.

    Raises Invalid where only data can be meant and it cannot be read.
    """
    named = name.lower()
    keys = {match[1] for match in _YAML_KEY.finditer(text)}
    is_yaml = named.endswith((".yaml", ".yml")) or looks_like_draft(text) or len(keys & _TOGETHER) > 1
    may_be_yaml = is_yaml or bool(keys)
    if not may_be_yaml and not begins_as_json(text) and not named.endswith(".json"):
        return None, ""
    try:
        return _data(text, may_be_yaml), ""
    except SourceError as error:
        if is_yaml or named.endswith(".json"):
            raise Invalid(
                f"The file can't be read. {error}", "Correct it there and import it again."
            ) from error
        return None, str(error)


def begins_as_json(text: str) -> bool:
    """Neither a template's braces nor a heading or link in brackets does."""
    return bool(_JSON.match(text.lstrip()[:200]))


def _data(text: str, yaml: bool) -> Any:
    try:
        data = read_data(text) if yaml else read_json(text)
        refuse_unstorable(data, nul=False)
    except CanonicalError as error:
        raise SourceError(str(error)) from error
    return data
