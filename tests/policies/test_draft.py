"""Reading drafts: round trips, and a sentence for everything that is wrong."""

from __future__ import annotations

import json
import re

import jsonschema
import pytest
from hypothesis import given

from policies.canonical import plain
from policies.draft import (
    Draft,
    Include,
    Section,
    SectionKind,
    Setting,
    draft_from_text,
    draft_schema,
    looks_like_draft,
    parse_draft,
)
from policies.forms import FormError
from tests.policies.drafts import ARIA, aria
from tests.policies.strategies import drafts


def test_a_draft_is_read_as_it_is_meant() -> None:
    draft = parse_draft(ARIA)
    assert draft.sections[0] == Section(
        "role", SectionKind.ROLE, text="You are Aria, the assistant of Meridian Bank."
    )
    assert draft.settings["behavior.topic_restriction"] == Setting("on")
    assert draft.grants["behavior.blunt_feedback"] == ("off", "on")
    assert draft.tools[0].input_schema == {"type": "object"}
    assert not draft.bare


def test_yaml_json_and_data_give_the_same_digest() -> None:
    draft = parse_draft(ARIA)
    as_json = parse_draft(json.dumps(draft.to_dict()))
    assert as_json == draft
    assert as_json.digest == draft.digest == parse_draft(draft.to_dict()).digest


@given(drafts())
def test_to_dict_is_read_back_and_fits_the_schema(draft: Draft) -> None:
    again = parse_draft(draft.to_dict())
    assert again.to_dict() == draft.to_dict()
    assert again.digest == draft.digest
    jsonschema.validate(plain(draft.to_dict()), draft_schema())


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(draft_schema())


@pytest.mark.parametrize("value", ["on", True])
def test_toggles_may_be_booleans(value: object) -> None:
    draft = parse_draft({"sections": [], "settings": {"behavior.topic_restriction": {"value": value}}})
    assert draft.settings["behavior.topic_restriction"].value == "on"


def test_an_include_names_a_revision_or_a_label() -> None:
    sections = [
        {"id": "a", "include": {"snippet": "house", "at": 4}},
        {"id": "b", "include": {"snippet": "house", "at": "stable"}},
    ]
    draft = parse_draft({"sections": sections})
    assert [section.include for section in draft.sections] == [
        Include("house", 4),
        Include("house", "stable"),
    ]


def test_a_text_declares_nothing() -> None:
    draft = draft_from_text("You help.", domain="medical")
    assert draft.bare and draft.domain == "medical" and draft.audience == ("public",)
    assert [(section.id, section.kind) for section in draft.sections] == [("text", SectionKind.FREE)]


def test_a_draft_says_that_it_is_one() -> None:
    assert looks_like_draft(ARIA) and looks_like_draft('{"draft": 1}')
    assert not looks_like_draft("This draft: a story in 3 parts.")


S = "sections: [{id: role, text: x}]\n"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("hello", "A draft must be a table of named values"),
        ("- a\n- b", "A draft must be a table of named values"),
        ("a: [", "YAML is not valid"),
        ("slug: aria", "sections: is missing."),
        ("sectons: []", 'sectons: "sectons" is not a key that is known here. Did you mean "sections"?'),
        ("sections: none", 'sections: must be a list, and "none" is not.'),
        ("sections: [role]", 'sections.0: must be a table of named values, and "role" is not.'),
        ("sections: [{id: Role}]", 'sections.0.id: "Role" must be a lower-case letter'),
        ("sections: [{id: a, kind: rol}]", 'Did you mean "role"?'),
        ("sections: [{id: a}, {id: a}]", 'sections.1: "a" is taken'),
        ("sections: [{id: a, text: x, include: {snippet: b, at: 1}}]", "has a text and an include"),
        (
            "sections: [{id: a, include: {snippet: b, at: 1.5}}]",
            "must be a whole number or text, and 1.5 is not",
        ),
        ("sections: [{id: a, text: 5}]", "sections.0.text: must be text, and 5 is not. Put it in quotes."),
        (S + "draft: 2", "draft: This version reads drafts of form 1"),
        (S + "slug: My Prompt", 'slug: "My Prompt" must be 1 to 64 lower-case letters'),
        (S + "title: no", "title: must be text, and false is not. Put it in quotes."),
        (S + "variables: {2x: {}}", 'variables.2x: "2x" must be a letter or _'),
        (S + "variables: {x: {type: text}}", 'variables.x.type: "text" is not one of string'),
        (
            S + "variables: {x: {type: integer, default: 1.5}}",
            "variables.x: its default must be a whole number.",
        ),
        (S + "variables: {x: {type: date, default: 2026-02-30}}", "must be a date such as 2026-01-31"),
        (S + "variables: {x: {max_length: 3, default: long}}", "is longer than 3 characters"),
        (
            S + "settings: {behavior.creativity: strict}",
            'must be a table of named values, and "strict" is not',
        ),
        (S + "settings: {behavior.creativity: {value: [strict]}}", "A value must be a name or a number."),
        (S + "settings: {behavior.creativity: {value: strict, if: x}}", '"if" is not a key'),
        (S + "grants: {behavior.tone: plain}", 'grants.behavior.tone: must be a list, and "plain" is not.'),
        (S + "tools: [{name: two words}]", "must be 1 to 128 letters"),
        (S + "tools: [{name: a}, {name: a}]", 'tools.1: "a" is taken'),
        (S + "parameters: {temperature: 1}", '"temperature" is not a key'),
        (S + "parameters: {effort: huge}", '"huge" is not one of low, medium, high, xhigh, max'),
        (S + "parameters: {max_tokens: 0}", "must be from 1 to 1,000,000, and 0 is not"),
        (S + "parameters: {thinking: enabled}", '"budget_tokens" goes with the type "enabled"'),
        (S + "parameters: {thinking: {type: enabled, budget_tokens: 10}}", "must be from 1,024"),
        (S + "parameters: {stop_sequences: ['']}", "at least 1 and at most 200"),
        ('sections: [{id: a, text: "x\\0y"}]', "holds a NUL character at position 1; remove it."),
        (f"sections: [{{id: a, text: '{'x' * 1_000_001}'}}]", "is 1,000,001 characters long"),
    ],
)
def test_what_is_wrong_gets_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(FormError) as caught:
        parse_draft(text)
    assert any(sentence in str(problem) for problem in caught.value.problems), caught.value.problems
    assert "\n" not in str(caught.value)


def test_half_a_surrogate_pair_is_refused() -> None:
    with pytest.raises(FormError, match="half of a surrogate pair at position 1"):
        parse_draft({"sections": [{"id": "a", "text": "x\ud800"}]})


def test_every_problem_is_named_at_once() -> None:
    with pytest.raises(FormError, match="and 2 more") as caught:
        parse_draft("sections: [{id: A}]\ntitle: 5\nmodel: 6")
    assert [problem.path for problem in caught.value.problems] == ["sections.0.id", "title", "model"]


@pytest.mark.parametrize(
    ("part", "sentence"),
    [
        ({"default": "x\0"}, "NUL"),
        ({"default": float("nan")}, "not a number that JSON has"),
        ({"default": 2**60}, "beyond 2**53"),
        ({"default": b"x"}, "type bytes has no JSON form"),
        ({1: 2}, "must be text, and 1 is not"),
        ({"title": "\ud800"}, "half of a surrogate pair"),
    ],
)
def test_what_no_database_holds_is_refused_in_open_parts_too(
    part: dict[object, object], sentence: str
) -> None:
    with pytest.raises(FormError, match=re.escape(sentence)):
        aria(tools=[{"name": "a", "description": "x", "input_schema": {"type": "object", **part}}])  # type: ignore[dict-item]


def test_a_schema_cannot_be_nested_without_end() -> None:
    schema: dict[str, object] = {}
    for _ in range(5000):
        schema = {"properties": schema}
    with pytest.raises(FormError, match="nested more than 64 levels"):
        aria(tools=[{"name": "a", "description": "x", "input_schema": schema}])
