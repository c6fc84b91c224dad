"""The reference of the API as a page of our own: no script, no other host, made of the same description that programs read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

VERBS = ("get", "put", "post", "patch", "delete")


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter, or a field of a body or an answer. ``kind`` is its type in words."""

    name: str
    kind: str
    required: bool
    about: str


@dataclass(frozen=True, slots=True)
class Operation:
    id: str
    verb: str
    path: str
    title: str
    about: str
    parameters: tuple[Field, ...]
    body: tuple[Field, ...]
    answer: tuple[Field, ...]
    codes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    operations: tuple[Operation, ...]


@login_not_required
@require_safe
def reference(request: HttpRequest) -> HttpResponse:
    return render(request, "home/api_reference.html", {"parts": _parts()})


@lru_cache(maxsize=1)
def _parts() -> tuple[Part, ...]:
    from console.api import api

    schema: dict[str, Any] = api.get_openapi_schema()
    found: dict[str, list[Operation]] = {}
    for path, verbs in schema["paths"].items():
        for verb in VERBS:
            if verb in verbs:
                tag = verbs[verb]["tags"][0]
                found.setdefault(tag, []).append(_operation(schema, path, verb, verbs[verb]))
    return tuple(Part(name, tuple(operations)) for name, operations in found.items())


def _operation(schema: dict[str, Any], path: str, verb: str, form: dict[str, Any]) -> Operation:
    answers = {str(code): answer for code, answer in form["responses"].items()}
    good: dict[str, Any] = next((answers[code] for code in sorted(answers) if code.startswith("2")), {})
    return Operation(
        id=form["operationId"],
        verb=verb.upper(),
        path=path,
        title=form["summary"],
        about=" ".join(form.get("description", "").split()),
        parameters=tuple(
            Field(
                each["name"],
                f"{each['in']}, {_kind(schema, each['schema'])}",
                each.get("required", False),
                each["schema"].get("description", ""),
            )
            for each in form.get("parameters", ())
        ),
        body=tuple(_fields(schema, _json_of(form.get("requestBody", {})))),
        answer=tuple(_fields(schema, _json_of(good))),
        codes=tuple((code, str(answers[code].get("description", ""))) for code in sorted(answers)),
    )


def _json_of(holder: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = holder.get("content", {}).get("application/json", {}).get("schema", {})
    return found


def _named(schema: dict[str, Any], form: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in form:
        return form
    named: dict[str, Any] = schema["components"]["schemas"][form["$ref"].rpartition("/")[2]]
    return named


def _fields(schema: dict[str, Any], form: dict[str, Any]) -> Iterator[Field]:
    form = _named(schema, form)
    form = _named(schema, form["items"]) if form.get("type") == "array" else form
    required = form.get("required", ())
    for name, field in form.get("properties", {}).items():
        yield Field(name, _kind(schema, field), name in required, field.get("description", ""))


def _kind(schema: dict[str, Any], form: dict[str, Any]) -> str:
    """A type in words: ``integer 1 to 50``, ``list of PromptOut: slug, title …``."""
    if "anyOf" in form:
        return " or ".join(_kind(schema, each) for each in form["anyOf"])
    if "enum" in form:
        return " or ".join(str(value) or "empty" for value in form["enum"])
    if "$ref" in form:
        named = _named(schema, form)
        inside = ", ".join(named.get("properties", {}))
        return f"object: {inside}" if inside else "object"
    if form.get("type") == "array":
        return f"list of {_kind(schema, form.get('items', {}))}"
    kind = str(form.get("format") or form.get("type") or "anything")
    low, high = form.get("minimum", form.get("exclusiveMinimum")), form.get("maximum")
    bounds = f" {low} to {high}" if low is not None and high is not None else ""
    default = f", {form['default']} if left out" if form.get("default") not in (None, "", []) else ""
    return f"{kind}{bounds}{default}"
