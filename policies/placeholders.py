"""Variables in a prompt: where they stand, and the one rule by which values are put in.

The rule: one pass from left to right replaces ``{{name}}`` by the value of a declared variable; the result is not
read again, so that braces, backslashes and placeholders inside a value are text. A name that nobody declared stays
as it is. In the value of an untrusted variable every ``</`` becomes ``&lt;/``, so that no value can close the block
that holds it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from policies.draft import NAME, Plain, Variable
from policies.forms import did_you_mean

_PLACEHOLDER = re.compile(r"\{\{[ \t]*(" + NAME + r")[ \t]*\}\}")


class FillError(ValueError):
    """A value is missing or does not fit its variable; says which and why in one sentence."""


@dataclass(frozen=True, slots=True)
class Placeholder:
    """``{{name}}`` at code points ``start`` to ``end`` of a text."""

    name: str
    start: int
    end: int


def placeholders(text: str) -> Iterator[Placeholder]:
    """All placeholders of a text, in order."""
    if "{{" not in text:
        return
    for match in _PLACEHOLDER.finditer(text):
        yield Placeholder(match[1], match.start(), match.end())


def fill(text: str, values: Mapping[str, Plain], variables: Mapping[str, Variable] | None = None) -> str:
    """Put values into a text by the rule above. Raises FillError.

    Without ``variables`` every given name counts as a trusted one of its own type, and no other is expected.
    """
    if variables is None:
        texts = {name: render(value) for name, value in values.items()}
    else:
        for name in values:
            if name not in variables:
                raise FillError(f'The variable "{name}" is not declared.{did_you_mean(name, variables)}')
        texts = {name: _checked(name, variable, values) for name, variable in variables.items()}
    return _PLACEHOLDER.sub(lambda match: texts.get(match[1], match[0]), text)


def _checked(name: str, variable: Variable, values: Mapping[str, Plain]) -> str:
    value = values.get(name)
    if value is None:
        if variable.required and variable.default is None:
            raise FillError(f'The variable "{name}" needs a value.')
        value = variable.default
    elif problem := variable.refuses(value):
        raise FillError(f'The value of the variable "{name}" {problem}')
    text = render(value)
    return text if variable.trusted else text.replace("</", "&lt;/")


def render(value: Plain) -> str:
    """A value as text: true and false in lower case, nothing as nothing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
