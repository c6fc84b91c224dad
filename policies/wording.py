"""What a setting adds to the compiled prompt, in words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from policies.bounds import Bound, Range, Text, Value, contains, explain
from policies.pack import Behavior


def setting_text(behavior: Behavior, value: Value) -> str:
    """The words that one value adds; empty where the pack gives none."""
    variant = behavior.value(value)
    if variant and variant.text:
        return variant.text
    return behavior.stated_as.replace("{label}", behavior.label(value))


# What packs say whose phrases do not: those of a version never change, nor does what prompts were compiled to.
_CONDITION = "Where {when} is true (here it is {value}): {text}"
_OTHERWISE = "Otherwise: {text}"
_GAP = re.compile(r"\{([a-z]+)\}")


def conditional_text(
    behavior: Behavior, value: Value, when: str, otherwise: Value, phrases: Mapping[str, str]
) -> str:
    """A value that holds only while a boolean variable is true; the variable's placeholder shows its value."""
    said = {"when": when, "value": f"{{{{{when}}}}}", "text": setting_text(behavior, value)}
    text = _filled(phrases.get("condition", _CONDITION), said)
    rest = setting_text(behavior, otherwise)
    return f"{text} {_filled(phrases.get('otherwise', _OTHERWISE), {'text': rest})}" if rest else text


def _filled(phrase: str, said: Mapping[str, str]) -> str:
    """In one pass: a variable may be called ``text``."""
    return _GAP.sub(lambda gap: said.get(gap[1], gap[0]), phrase)


def grant_text(behavior: Behavior, grants: Sequence[Value], value: Value | None) -> str:
    """What users may choose, beyond the value that holds already; None where that depends on a condition."""
    others = [grant for grant in grants if grant != value]
    if not others:
        return ""
    own = [variant.granted for grant in others if (variant := behavior.value(grant)) and variant.granted]
    if own:
        return " ".join(own)
    return behavior.granted.replace("{values}", ", ".join(behavior.label(grant) for grant in grants))


def does(behavior: Behavior, value: Value) -> str:
    """What a value makes the assistant do, as the end of "The assistant …"."""
    variant = behavior.value(value)
    if variant and variant.does:
        return variant.does
    if behavior.done_as:
        return behavior.done_as.replace("{label}", behavior.label(value))
    return f"has {behavior.title.lower()} at {behavior.label(value)}"


def permitted_words(behavior: Behavior, bound: Bound) -> str:
    """A bound in the labels of its behaviour."""
    if isinstance(bound, Range | Text):
        return explain(bound)
    labels = [behavior.label(name) for name in behavior.names if contains(bound, name)]
    if len(labels) > 8:
        return f"{', '.join(labels[:3])} and {len(labels) - 3} more"
    if len(labels) < 2:
        return f"only {labels[0]}" if labels else "nothing"
    return f"{', '.join(labels[:-1])} or {labels[-1]}"


def count_words(text: str) -> int:
    return len(text.split())
