"""What every part of the API shares: names and pages in requests, and problems in answers."""

from __future__ import annotations

from typing import Annotated, Any, Generic, TypeVar

from django.core.paginator import Paginator
from django.db.models import QuerySet
from ninja import Schema
from pydantic import AfterValidator, ConfigDict, Field

Item = TypeVar("Item")


class Form(Schema):
    """A request's body: what it does not know it refuses, since a misspelt field would be ignored silently."""

    model_config = ConfigDict(extra="forbid", strict=True)


def _storable(text: str) -> str:
    if "\0" in text:
        raise ValueError("holds a NUL character; remove it")
    return text


Text = Annotated[str, AfterValidator(_storable)]
Line = Annotated[str, Field(max_length=500), AfterValidator(_storable)]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,64}$", examples=["aria"])]
LabelName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$", examples=["production"])]
PageNumber = Annotated[int, Field(ge=1, le=100_000)]
PageSize = Annotated[int, Field(ge=1, le=200)]


class Place(Schema):
    where: str
    message: str


class Problem(Schema):
    """What went wrong, as RFC 9457 has it: one sentence, and what to do."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[Place] = []


class Page(Schema, Generic[Item]):
    """``items`` of page ``page`` of ``pages``; ``total`` counts all."""

    items: list[Item]
    page: int
    pages: int
    total: int


def page_of(rows: QuerySet[Any] | list[Any], page: int, size: int, form: Any) -> dict[str, Any]:
    """The wanted page, every row through ``form``; beyond the last there is nothing."""
    paginator = Paginator(rows, size)
    found = paginator.page(page).object_list if page <= paginator.num_pages else []
    return {
        "items": [form(row) for row in found],
        "page": page,
        "pages": paginator.num_pages,
        "total": paginator.count,
    }
