"""Look-ups of rows that every request makes: written as querysets, worked out once.

Django makes the SQL of a queryset anew each time, which takes longer than the database needs to answer. Here it is made
once a process, with marks where the values belong, and planned once a connection (``prepared``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Model, QuerySet
from django.db.models.query import get_related_populators

from console.prepared import fetch_all

M = TypeVar("M", bound=Model)
Value = int | str


class _Plan(NamedTuple):
    """The SQL of a queryset, and how its rows become objects."""

    sql: str
    values: tuple[Any, ...]  # a number: which of the caller's; else a value of the queryset itself in a tuple
    model: type[Model]
    names: list[str]  # of the fields of the model, which are the columns from ``start`` on
    start: int
    related: Sequence[Any]
    added: dict[str, int]  # annotations by their column
    converters: list[tuple[int, Sequence[Callable[..., Any]], Any]]

    def made(self, row: Sequence[Any]) -> Model:
        values = list(row)
        for at, converters, expression in self.converters:
            for convert in converters:
                values[at] = convert(values[at], expression, connection)
        one = self.model.from_db(
            DEFAULT_DB_ALIAS, self.names, values[self.start : self.start + len(self.names)]
        )
        for populator in self.related:
            populator.populate(values, one)
        for name, at in self.added.items():
            setattr(one, name, values[at])
        return one


class Repeated(Generic[M]):
    """The rows of ``make(*values)``; what ``make`` does with its arguments must not depend on what they are."""

    def __init__(self, make: Callable[..., QuerySet[M]]) -> None:
        self._make = make
        self._plan: _Plan | None = None

    def all(self, *values: Value) -> list[M]:
        plan = self._plan
        if plan is None:
            plan = self._plan = _planned(self._make, values)
        filled = [values[value] if isinstance(value, int) else value[0] for value in plan.values]
        return [plan.made(row) for row in fetch_all(plan.sql, filled)]  # type: ignore[misc]

    def first(self, *values: Value) -> M | None:
        return next(iter(self.all(*values)), None)


def _planned(make: Callable[..., QuerySet[Any]], values: Sequence[Value]) -> _Plan:
    marks = [_mark(value, number) for number, value in enumerate(values)]
    queryset = make(*marks)
    compiler = queryset.query.get_compiler(using=DEFAULT_DB_ALIAS)
    sql, params = compiler.as_sql()
    assert set(marks) <= set(params), "a value of the look-up does not reach its SQL"
    info = compiler.klass_info
    start, end = info["select_fields"][0], info["select_fields"][-1] + 1
    converters = compiler.get_converters([expression for expression, *_ in compiler.select])
    return _Plan(
        sql,
        tuple(marks.index(param) if param in marks else (param,) for param in params),
        info["model"],
        [expression.target.attname for expression, *_ in compiler.select[start:end]],
        start,
        get_related_populators(info, compiler.select, DEFAULT_DB_ALIAS),  # type: ignore[call-arg]  # (of later Djangos)
        compiler.annotation_col_map,
        [(at, *found) for at, found in converters.items()],
    )


def _mark(value: Value, number: int) -> Value:
    """A value of the same type that occurs nowhere else."""
    return 2_000_000_000 + number if isinstance(value, int) else f"\ue000{number}\ue000"
