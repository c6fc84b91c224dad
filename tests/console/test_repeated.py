from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.db.models import Count
from django.test.utils import CaptureQueriesContext

from console.prompts.models import Draft, Prompt
from console.repeated import Repeated
from tests.factories import make_member, make_prompt, make_revision, make_workspace

pytestmark = pytest.mark.django_db


def drafts(slug: Any, workspace: Any) -> Any:
    found = Draft.objects.select_related("base", "updated_by").defer("base__compiled")
    return found.annotate(copied=Count("copies")).filter(prompt__slug=slug, prompt__workspace=workspace)


def test_it_finds_what_the_queryset_finds_whoever_asks_and_plans_it_once() -> None:
    asked: list[Any] = []

    def noting(*values: Any) -> Any:
        asked.append(values)
        return drafts(*values)

    look = Repeated(noting)
    members = [make_member(make_workspace()) for _ in range(3)]
    for member in members:
        make_revision(member, make_prompt(member, "aria", title="100 % “ours”"))
        make_prompt(member, "bo")
    for member in members:
        for slug in ("aria", "bo"):
            plain = drafts(slug, member.workspace_id).get()
            with CaptureQueriesContext(connection) as said:
                found = look.first(slug, member.workspace_id)
            assert found is not None and len(said) == 1
            for name in ("pk", "content", "version", "editors", "updated_at", "updated_by", "base", "copied"):
                assert getattr(found, name) == getattr(plain, name)
            assert len(said) == 1  # what is related came along
            assert found.get_deferred_fields() == plain.get_deferred_fields() == set()
            if found.base is not None:
                assert found.base.get_deferred_fields() == {"compiled"}
                assert found.base.compiled == plain.base.compiled
            found.blocks = 7
            found.save(update_fields=["blocks"])
    assert Draft.objects.filter(blocks=7).count() == 6
    assert look.first("nobody", members[0].workspace_id) is None
    assert look.first("aria", 0) is None
    assert len(asked) == 1


def test_many_rows_keep_the_order_of_the_queryset() -> None:
    member = make_member(make_workspace())
    for slug in ("c", "a", "b"):
        make_prompt(member, slug)
    look = Repeated(lambda workspace: Prompt.objects.filter(workspace=workspace).order_by("slug"))
    assert [prompt.slug for prompt in look.all(member.workspace_id)] == ["a", "b", "c"]


def test_a_value_that_the_sql_does_not_hold_is_an_error_of_the_queryset() -> None:
    with pytest.raises(AssertionError, match="does not reach"):
        Repeated(lambda workspace, more: Prompt.objects.filter(workspace=workspace)).all(1, "x")
