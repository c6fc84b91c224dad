"""Reading a bound from its JSON form, as packs and organisations write it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policies.bounds import Bound, BoundError, Choice, Level, Range, Text, Toggle, article

_KEYS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    # kind: (keys it needs, keys it may have)
    "toggle": (frozenset({"permitted"}), frozenset()),
    "choice": (frozenset({"permitted"}), frozenset()),
    "level": (frozenset({"scale"}), frozenset({"lowest", "highest"})),
    "range": (frozenset(), frozenset({"lowest", "highest", "whole"})),
    "text": (frozenset({"max_length"}), frozenset({"patterns"})),
}


def parse_bound(data: Any, like: Bound | None = None) -> Bound:
    """Read a bound from its JSON form. Raises BoundError.

    With ``like``, its kind and scale, and the ends that the form leaves out, are taken from there.
    """
    if not isinstance(data, Mapping):
        raise BoundError('A bound must be a table such as {kind = "toggle", permitted = ["off"]}.')
    form = (_defaults(like) if like else {}) | dict(data)
    kind = form.pop("kind", None)
    if kind not in _KEYS:
        raise BoundError(f'"{kind}" is not a kind of bound; the kinds are {", ".join(_KEYS)}.')
    if like and kind != like.kind:
        raise BoundError(f"It must be {article(like)}, and a {kind} is not.")
    needed, optional = _KEYS[kind]
    if unknown := set(form) - needed - optional:
        raise BoundError(f'"{min(unknown)}" is not a key of a {kind}.')
    if missing := needed - set(form):
        raise BoundError(f'The key "{min(missing)}" of a {kind} is missing.')
    return _build(kind, form)


def _defaults(like: Bound) -> dict[str, Any]:
    form = like.as_dict()
    if isinstance(like, Toggle | Choice):
        del form["permitted"]
    return form


def _build(kind: str, form: dict[str, Any]) -> Bound:
    match kind:
        case "toggle":
            return Toggle(_names(form["permitted"]))
        case "choice":
            return Choice(_names(form["permitted"]))
        case "level":
            scale = form["scale"]
            if (
                not isinstance(scale, list | tuple)
                or not scale
                or not all(isinstance(step, str) for step in scale)
            ):
                raise BoundError("The scale of a level must be a list of names.")
            return Level(tuple(scale), str(form.get("lowest", scale[0])), str(form.get("highest", scale[-1])))
        case "range":
            return _range(form)
        case _:
            return _text(form)


def _names(value: Any) -> frozenset[str]:
    if not isinstance(value, list | tuple | set | frozenset):
        raise BoundError("The permitted values must be a list of names.")
    return frozenset(_name(item) for item in value)


def _name(item: Any) -> str:
    if isinstance(item, bool):
        return "on" if item else "off"
    if not isinstance(item, str):
        raise BoundError(f"The permitted values must be names, and {item!r} is not.")
    return item


def _range(form: dict[str, Any]) -> Range:
    if not isinstance(form.get("whole", True), bool):
        raise BoundError('"whole" of a range must be true or false.')
    return Range(_end(form, "lowest"), _end(form, "highest"), form.get("whole", True))


def _end(form: dict[str, Any], name: str) -> float:
    end = form.get(name)
    if isinstance(end, bool) or not isinstance(end, int | float):
        raise BoundError(f'A range must state its "{name}" as a number.')
    return end


def _text(form: dict[str, Any]) -> Text:
    if isinstance(form["max_length"], bool) or not isinstance(form["max_length"], int):
        raise BoundError("The greatest length of a text must be a whole number.")
    return Text(form["max_length"], _names(form.get("patterns", ())))
