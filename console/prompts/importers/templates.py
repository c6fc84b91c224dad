"""Variables as other tools write them, turned into ``{{name}}`` where nothing else can be meant; the rest stays text, and is said.

- mustache: Langfuse, Humanloop, OpenAI, Agenta's ``curly``. Jinja: promptfoo (Nunjucks) and Agenta. ``fstring``: Agenta, LangChain.
- plain: a text of unknown origin. It has one syntax: the first of ``{{name}}``, ``${name}``, ``{name}`` that fits all of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from string import Formatter
from typing import Any, Literal

from console.prompts.splitting import fenced
from policies import placeholders
from policies.draft import NAME

Syntax = Literal["plain", "mustache", "jinja", "fstring"]

_SPACE = r"[ \t]{0,40}"
_DEFAULT = re.compile(
    rf"\{{\{{{_SPACE}({NAME}){_SPACE}\|{_SPACE}(?:default|d)\({_SPACE}"
    rf"(?:'([^'\\\n]{{0,2000}})'|\"([^\"\\\n]{{0,2000}})\"|(-?[0-9]{{1,15}}(?:\.[0-9]{{1,15}})?))"
    rf"{_SPACE}(?:,{_SPACE}(?:true|True){_SPACE})?\){_SPACE}\}}\}}"
)
_TRIPLE = re.compile(rf"\{{\{{\{{{_SPACE}({NAME}){_SPACE}\}}\}}\}}")
_COMMENT = re.compile(r"\{#.{0,2000}?#\}", re.DOTALL)
_LOGIC = re.compile(r"\{%[^{}%]{0,200}%\}")
_BOUND = re.compile(r"\{%-?[ \t]{0,40}(?:for|set)[ \t]+([\w, \t]{1,200}?)[ \t]*(?: in |=)")
_DOUBLE = re.compile(r"\{\{[^{}]{0,200}\}\}")
_DOLLAR = re.compile(r"\$\{([^{}\n]{0,80})\}")
_SINGLE = re.compile(rf"(?<![{{$])\{{({NAME})\}}(?!\}})")
_INLINE_CODE = re.compile(r"`[^`\n]+`")
_SIMPLE = re.compile(NAME)
# Before a brace these make it LaTeX, a path or a format of its own: \frac{a}{b}, /orders/{id}, x_{i}.
_NOT_BEFORE = re.compile(r"[\\\w^/$}]")


@dataclass(frozen=True, slots=True)
class Converted:
    """The text in Remit's syntax, its variables as a draft declares them, and what was left as text."""

    text: str
    variables: dict[str, dict[str, Any]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def convert(text: str, syntax: Syntax = "plain") -> Converted:
    """Linear in the length of the text; never raises."""
    if syntax == "fstring":
        return _from_fstring(text) or _declared(text, (), (_as_text("its braces", "they fit no f-string"),))
    if syntax == "plain":
        return _from_plain(text)
    if syntax == "mustache":
        text = _TRIPLE.sub(r"{{\1}}", text)
    return _from_double(text, comments=syntax == "jinja")


def _from_plain(text: str) -> Converted:
    if "{{" in text and next(placeholders(_DEFAULT.sub(r"{{\1}}", text)), None):
        done = _from_double(text, comments=False)
        others = _named(f"${{{m[1]}}}" for m in _DOLLAR.finditer(text))
        notes = (_as_text(others, "the text uses {{name}} for its variables"),) if others else ()
        return Converted(done.text, done.variables, (*done.notes, *notes))
    outside = {m.start() for m in _DOLLAR.finditer(_without_code(text)) if _SIMPLE.fullmatch(m[1])}
    if outside:
        return _from_dollar(text, outside)
    singles = list(_SINGLE.finditer(text))
    if not singles:
        return _from_double(text, comments=False)
    safe = not any(_NOT_BEFORE.match(text[m.start() - 1 : m.start()]) for m in singles)
    found = _from_fstring(text) if safe else None
    if found and not _other_fields(text):
        return found
    why = "the text holds other braces too, so they may be meant literally"
    return _declared(text, (), (_as_text(_named(m[0] for m in singles), why),))


def _from_double(text: str, *, comments: bool) -> Converted:
    """``{{name}}``, with Jinja's default filter; template logic stays as it is."""
    notes: list[str] = []
    defaults: dict[str, str] = {}
    twice: set[str] = set()
    for match in _DEFAULT.finditer(text):
        value = next(group for group in match.groups()[1:] if group is not None)
        if defaults.setdefault(match[1], value) != value:
            twice.add(match[1])
    text = _DEFAULT.sub(lambda m: m[0] if m[1] in twice else f"{{{{{m[1]}}}}}", text)
    if comments and "{% raw" not in text and (count := len(_COMMENT.findall(text))):
        text = _COMMENT.sub("", text)
        notes.append(f"{_count(count, 'template comment')} taken out: a template never sends them.")
    if left := _named(m[0] for m in _DOUBLE.finditer(text) if next(placeholders(m[0]), None) is None):
        notes.append(_as_text(left, "a variable of Remit is a plain {{name}}"))
    if logic := _named(m[0] for m in _LOGIC.finditer(text)):
        notes.append(
            _as_text(logic, "Remit has no template logic; write it in words, or in your application")
        )
    bound = {name.strip() for m in _BOUND.finditer(text) for name in m[1].split(",")}
    spec = {
        name: {"required": False, "default": value} | _room(value)
        for name, value in defaults.items()
        if name not in twice
    }
    return _declared(text, bound, notes, spec)


def _from_dollar(text: str, variables: set[int]) -> Converted:
    left: list[str] = []

    def variable(match: re.Match[str]) -> str:
        if match.start() in variables:
            return f"{{{{{match[1]}}}}}"
        left.append(match[0])
        return match[0]

    text = _DOLLAR.sub(variable, text)
    notes = [_as_text(_named(left), "it is code, or more than a name")] if left else []
    return _declared(text, (), notes)


def _from_fstring(text: str) -> Converted | None:
    """``str.format``'s syntax: ``{name}`` is a variable and ``{{`` a brace. None where the text is no such template."""
    made: list[str] = []
    left: list[str] = []
    names: set[str] = set()
    try:
        for literal, name, spec, conversion in Formatter().parse(text):
            made.append(literal)
            if name is None:
                continue
            if _SIMPLE.fullmatch(name) and not spec and not conversion:
                names.add(name)
                made.append(f"{{{{{name}}}}}")
            else:
                left.append(f"{{{name}{'!' + conversion if conversion else ''}{':' + spec if spec else ''}}}")
                made.append(left[-1])
    except ValueError:
        return None
    result = "".join(made)
    if {
        place.name for place in placeholders(result)
    } - names:  # an escaped {{{{name}}}} would become a variable
        return None
    notes = [_as_text(_named(left), "a variable of Remit is a plain {{name}}")] if left else []
    return _declared(result, (), notes)


def _other_fields(text: str) -> bool:
    return any(
        name is not None and (not _SIMPLE.fullmatch(name) or spec or conversion)
        for _, name, spec, conversion in Formatter().parse(text)
    )


def _declared(
    text: str,
    bound: Iterable[str],
    notes: Iterable[str],
    spec: dict[str, dict[str, Any]] | None = None,
) -> Converted:
    """Every ``{{name}}`` declared, untrusted until somebody says otherwise; ``bound`` are names of the template's own loops."""
    names = sorted({place.name for place in placeholders(text)} - set(bound))
    return Converted(text, {name: (spec or {}).get(name, {}) for name in names}, tuple(notes))


def _room(default: str) -> dict[str, int]:
    return {"max_length": len(default)} if len(default) > 2_000 else {}


def _without_code(text: str) -> str:
    """The text with its code blanked out, every other character in its place."""
    pieces, end = [], 0
    for start, stop in fenced(text):
        pieces += [text[end:start], " " * (stop - start)]
        end = stop
    return _INLINE_CODE.sub(lambda m: " " * len(m[0]), "".join([*pieces, text[end:]]))


def _named(found: Iterable[str]) -> str:
    """At most three of them, each on one line, for a sentence."""
    names = list(dict.fromkeys(" ".join(text.split())[:60] for text in found))
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _as_text(what: str, why: str) -> str:
    return f"Left as text: {what}; {why}."


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'s' * (number > 1)}"
