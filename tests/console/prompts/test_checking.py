from __future__ import annotations

from typing import Any

import pytest

from console.prompts.drafts import check
from console.prompts.models import Draft, Prompt
from tests.factories import make_content, make_member, make_prompt, make_revision, make_workspace

pytestmark = pytest.mark.django_db


def test_a_good_draft_is_validated_resolved_and_composed() -> None:
    checked = check(make_workspace(), make_content())
    assert not checked.verdict.blocked and not checked.problems
    assert checked.compiled is not None and "You are Aria" in checked.compiled.text
    assert checked.effective["behavior.creativity"].value == "balanced"


def test_a_part_without_the_form_blocks_and_the_rest_is_checked_all_the_same() -> None:
    content = make_content(
        tools=[{"name": "a tool"}, {"name": "find", "description": "Finds."}],
        settings={
            "behavior.creativity": {"value": "strict", "wen": "x"},
            "behavior.length": {"value": "brief"},
        },
        parameters={"max_tokens": "many"},
    )
    checked = check(make_workspace(), content)
    assert {problem.path.split(".")[0] for problem in checked.problems} == {"tools", "settings", "parameters"}
    assert checked.verdict.blocked
    assert [tool.name for tool in checked.draft.tools] == ["find"]
    assert list(checked.draft.settings) == ["behavior.length"]
    assert checked.compiled is not None


@pytest.mark.parametrize(
    "content", [{}, {"sections": "no list"}, {"sections": [{"id": "A B", "text": "x"}]}, {"draft": 9}]
)
def test_no_content_is_too_broken_to_be_checked(content: dict[str, Any]) -> None:
    assert check(make_workspace(), content).verdict.blocked


def test_a_missing_snippet_blocks_and_compiles_to_nothing() -> None:
    content = make_content(sections=[{"id": "house", "include": {"snippet": "house-style", "at": 4}}])
    checked = check(make_workspace(), content)
    assert checked.verdict.blocked and checked.compiled is None


def test_a_snippet_is_put_in_place_from_the_same_workspace_only() -> None:
    member = make_member(make_workspace())
    revision = make_revision(member, prompt := make_prompt(member, "house-style"))
    Prompt.objects.filter(pk=prompt.pk).update(kind=Prompt.Kind.SNIPPET)
    content = make_content(
        sections=[{"id": "house", "include": {"snippet": "house-style", "at": revision.number}}]
    )
    here, elsewhere = check(member.workspace, content), check(make_workspace(), content)
    assert here.compiled is not None and "You are Aria" in here.compiled.text
    assert elsewhere.compiled is None


def test_checking_writes_nothing(django_assert_max_num_queries: Any) -> None:
    member = make_member(make_workspace())
    make_prompt(member)
    with django_assert_max_num_queries(2):
        check(member.workspace, make_content(title="Another"))
    assert Draft.objects.get().version == 1
