from __future__ import annotations

from typing import Any

import pytest
from django.http import QueryDict

import policies
from console.problems import Invalid
from console.prompts.draft_form import read_form
from policies import parse_draft
from tests.factories import make_content


def read(fields: dict[str, Any], shown: dict[str, Any] | None = None) -> dict[str, Any]:
    shown = shown or make_content()
    data = QueryDict(mutable=True)
    for name, value in ({"whole": "1", "domain": shown.get("domain", "general")} | fields).items():
        data.setlist(name, value if isinstance(value, list) else [value])
    effective = policies.resolve(parse_draft(shown), policies.load_pack())
    return read_form(data, shown=shown, effective=effective)


def test_sections_keep_the_order_of_the_fields_and_their_line_breaks() -> None:
    content = read(
        {
            "section": ["b", "a"],
            "section.a.kind": "task",
            "section.a.text": "one\r\ntwo",
            "section.b.kind": "role",
            "section.b.title": " Who ",
            "section.b.text": "👋 x",
        }
    )
    assert content["sections"] == [
        {"id": "b", "kind": "role", "title": "Who", "text": "👋 x"},
        {"id": "a", "kind": "task", "text": "one\ntwo"},
    ]


def test_a_snippet_stays_a_reference() -> None:
    (section,) = read({"section": ["h"], "section.h.include": "house-style@4"})["sections"]
    assert section["include"] == {"snippet": "house-style", "at": 4}


def test_what_equals_the_default_stays_unsaid() -> None:
    assert "settings" not in read({"behavior.creativity": "balanced", "parameter.max_tokens": "1024"})


def test_what_was_moved_is_said_and_what_was_said_before_stays_as_it_was() -> None:
    shown = make_content(settings={"behavior.creativity": {"value": "balanced"}})
    content = read({"behavior.creativity": "balanced", "behavior.topic_restriction": "on"}, shown)
    assert content["settings"] == {
        "behavior.creativity": {"value": "balanced"},
        "behavior.topic_restriction": {"value": "on"},
    }


def test_a_setting_moved_back_is_unsaid_again() -> None:
    shown = make_content(settings={"behavior.topic_restriction": {"value": "on"}})
    assert "settings" not in read({"behavior.topic_restriction": "off"}, shown)


def test_a_setting_that_the_form_did_not_show_is_left_alone() -> None:
    shown = make_content(settings={"behavior.gone": {"value": "on"}})
    assert read({}, shown)["settings"] == {"behavior.gone": {"value": "on"}}


def test_conditions_and_grants() -> None:
    content = read(
        {
            "behavior.tone": "warm",
            "behavior.tone.when": "staff",
            "grants": ["behavior.tone", "behavior.length"],
            "grant.behavior.tone": ["warm", "plain"],
        }
    )
    assert content["settings"] == {"behavior.tone": {"value": "warm", "when": "staff"}}
    assert content["grants"] == {"behavior.tone": ["warm", "plain"]}


def test_parameters_are_numbers_where_they_can_be_and_kept_as_typed_where_not() -> None:
    assert read({"parameter.max_tokens": "500"})["parameters"] == {"max_tokens": 500}
    assert read({"parameter.max_tokens": "many"})["parameters"] == {"max_tokens": "many"}
    assert read({"stop_sequences": "END\r\n\r\nSTOP"})["parameters"] == {"stop_sequences": ["END", "STOP"]}


def test_thinking_keeps_the_budget_that_the_form_does_not_show() -> None:
    shown = make_content(parameters={"thinking": {"type": "enabled", "budget_tokens": 4000}})
    assert read({"parameter.thinking": "enabled"}, shown)["parameters"] == shown["parameters"]
    assert read({"parameter.thinking": "adaptive"}, shown)["parameters"] == {"thinking": "adaptive"}


def test_variables_and_tools() -> None:
    content = read(
        {
            "variable": ["1", "2", "3"],
            "variable.1.name": "count",
            "variable.1.type": "integer",
            "variable.1.default": "3",
            "variable.2.name": "staff",
            "variable.2.type": "boolean",
            "variable.2.trusted": "on",
            "tool": ["1"],
            "tool.1.name": "find",
            "tool.1.input_schema": '{"type": "object"',
        }
    )
    assert content["variables"]["count"] == {
        "type": "integer",
        "required": False,
        "trusted": False,
        "max_length": 2000,
        "default": 3,
    }
    assert content["variables"]["staff"]["trusted"] is True
    assert len(content["variables"]) == 2  # the third row was empty
    assert (
        content["tools"][0]["input_schema"] == '{"type": "object"'
    )  # kept as typed: a finding says what is wrong


def test_two_variables_of_one_name_are_refused_before_one_is_lost() -> None:
    with pytest.raises(Invalid, match="Two variables are called “a”"):
        read({"variable": ["1", "2"], "variable.1.name": "a", "variable.2.name": "a"})


def test_a_form_that_was_cut_off_changes_nothing() -> None:
    with pytest.raises(Invalid, match="incomplete"):
        read_form(
            QueryDict("title=x"),
            shown={},
            effective=policies.resolve(parse_draft(make_content()), policies.load_pack()),
        )
