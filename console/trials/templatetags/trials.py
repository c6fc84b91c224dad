"""Filters of the pages of trials."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django import template

from console.prompts.diff_rows import Part, visible
from console.trials.cells import Column
from console.trials.grading import shown_value
from console.trials.matrix import Line
from console.trials.models import Subject
from console.trials.results import PURPOSES, Side
from console.trials.tradeoff import Point
from console.trials.tradeoff_plot import LEFT, standing_words
from policies.canonical import plain

register = template.Library()


@register.filter
def percent(share: float) -> str:
    return f"{share * 100:.0f} %"


@register.filter
def bare_percent(share: float) -> str:
    return f"{share * 100:.0f}"


@register.filter
def fine_percent(share: float) -> str:
    """With one decimal: what lies near 100 % is told apart by it."""
    return f"{share * 100:.1f}"


@register.filter
def standing(point: Point) -> str:
    return standing_words(point)


@register.filter
def words(text: str) -> list[str]:
    return text.split()


@register.filter
def item(mapping: Mapping[str, Any], key: str) -> Any:
    return mapping.get(key)


@register.filter
def of_all(rates: Mapping[str, Any]) -> Any:
    """The rate over all groups, which templates cannot name: its key is empty."""
    return rates.get("", {})


@register.filter
def sides_of(line: Line, subjects: Sequence[Subject]) -> Iterator[tuple[Subject, Side]]:
    return zip(subjects, line.sides, strict=False)


_SPOKEN = {
    "pass": "passes",
    "fail": "fails",
    "flying": "running",
    "batched": "in a batch",
    "not_graded": "not graded",
    "error": "in error",
}


@register.filter
def spoken(word: str) -> str:
    """The word of a cell as people say it."""
    return _SPOKEN.get(word, word)


@register.filter
def purpose(name: str) -> str:
    return PURPOSES.get(name, name)


@register.filter
def has_findings(columns: Iterable[Column]) -> bool:
    return any(column.findings for column in columns)


@register.filter
def pressure(name: str) -> str:
    """``split_request`` as people say it."""
    return name.replace("_", " ")


@register.filter
def as_json(value: Any) -> str:
    return json.dumps(plain(value), ensure_ascii=False)


@register.filter
def shown(value: Any) -> str:
    """An expectation's value as a page names it."""
    return shown_value(plain(value))


@register.filter
def parts(text: str) -> tuple[Part, ...]:
    """Text with what cannot be seen in it made visible."""
    return visible(text)


@register.filter
def below(place: float, units: float) -> str:
    """A place of an SVG so many units further down."""
    return f"{place + units:.1f}"


@register.filter
def after_left(place: float) -> str:
    """The width from the left end of the plot's axis to a place."""
    return f"{max(0.0, place - LEFT):.1f}"
