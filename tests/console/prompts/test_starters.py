from __future__ import annotations

import pytest

import policies
from console.prompts.starters import blank, content_of, starters


@pytest.mark.parametrize("name", list(starters()))
def test_nothing_speaks_against_a_starter(name: str) -> None:
    draft = starters()[name]
    verdict = policies.validate(draft, policies.load_pack())
    assert [finding.message for finding in verdict.findings] == []
    assert draft.title and draft.model and len(draft.sections) > 3
    assert policies.compose(draft, policies.load_pack()).tokens > 200


def test_the_starters_are_of_several_domains_and_one_has_tools() -> None:
    drafts = starters().values()
    assert {draft.domain for draft in drafts} >= {"general", "medical", "fiction"}
    assert any(draft.tools for draft in drafts)


def test_an_unknown_starter_is_none() -> None:
    assert content_of("../support") is None


def test_a_blank_draft_has_the_form() -> None:
    assert policies.parse_draft(blank()).sections[0].id == "role"
