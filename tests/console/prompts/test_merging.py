from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.prompts.merging import changed_units, combine, merge

BASE: dict[str, Any] = {
    "draft": 1,
    "slug": "aria",
    "title": "Aria",
    "domain": "finance",
    "sections": [
        {"id": "role", "kind": "role", "text": "You are Aria."},
        {"id": "task", "kind": "task", "text": "Answer.\nBe exact.\nPoint to a colleague."},
        {"id": "tone", "kind": "tone", "text": "Warm."},
    ],
    "settings": {"behavior.creativity": {"value": "strict"}},
    "parameters": {"max_tokens": 500},
}


def changed(**texts: str | None) -> dict[str, Any]:
    """BASE with other texts by section; None removes a section, a new name adds one."""
    sections = [
        {**section, "text": texts.get(section["id"], section["text"])}
        for section in BASE["sections"]
        if texts.get(section["id"], "") is not None
    ]
    known = {section["id"] for section in BASE["sections"]}
    sections += [{"id": id, "kind": "free", "text": text} for id, text in texts.items() if id not in known]
    return {**BASE, "sections": sections}


def texts(content: dict[str, Any]) -> dict[str, str]:
    return {section["id"]: section["text"] for section in content["sections"]}


def test_changes_of_different_sections_are_both_taken() -> None:
    mine, theirs = changed(role="You are Aria, an AI."), changed(tone="Cool.")
    assert {unit.key: unit.state for unit in changed_units(BASE, mine, theirs)} == {
        "section.role": "mine",
        "section.tone": "theirs",
    }
    assert texts(merge(BASE, mine, theirs, {})) == {
        **texts(BASE),
        "role": "You are Aria, an AI.",
        "tone": "Cool.",
    }


def test_changes_of_one_text_in_different_lines_can_be_combined() -> None:
    mine = changed(task="Answer briefly.\nBe exact.\nPoint to a colleague.")
    theirs = changed(task="Answer.\nBe exact.\nPoint to a colleague or a branch.")
    (unit,) = changed_units(BASE, mine, theirs)
    assert (unit.state, unit.proposed) == ("conflict", "both")
    assert (
        texts(merge(BASE, mine, theirs, {}))["task"]
        == "Answer briefly.\nBe exact.\nPoint to a colleague or a branch."
    )


def test_changes_of_the_same_line_wait_for_a_choice_and_mine_is_proposed() -> None:
    mine, theirs = changed(tone="Cool."), changed(tone="Hot.")
    (unit,) = changed_units(BASE, mine, theirs)
    assert (unit.state, unit.both, unit.proposed) == ("conflict", None, "mine")
    assert texts(merge(BASE, mine, theirs, {"section.tone": "theirs"}))["tone"] == "Hot."
    assert texts(merge(BASE, mine, theirs, {"section.tone": "both"}))["tone"] == "Cool."


def test_a_section_that_one_removed_and_the_other_edited_is_a_conflict() -> None:
    mine, theirs = changed(tone=None), changed(tone="Hot.")
    (unit,) = changed_units(BASE, mine, theirs)
    assert unit.state == "conflict"
    assert "tone" not in texts(merge(BASE, mine, theirs, {}))
    kept = merge(BASE, mine, theirs, {"section.tone": "theirs"})
    assert kept["sections"][-1] == {"id": "tone", "kind": "tone", "text": "Hot."}


def test_sections_that_each_added_are_both_there() -> None:
    merged = merge(BASE, changed(mine="A."), changed(theirs="B."), {})
    assert [section["id"] for section in merged["sections"]] == ["role", "task", "tone", "mine", "theirs"]


def test_an_order_that_one_changed_is_kept_while_the_other_adds() -> None:
    mine = {**BASE, "sections": BASE["sections"][::-1]}
    merged = merge(BASE, mine, changed(extra="B."), {})
    assert [section["id"] for section in merged["sections"]] == ["tone", "extra", "task", "role"]


def test_settings_variables_tools_and_parameters_merge_one_by_one() -> None:
    mine = {
        **BASE,
        "settings": {},
        "tools": [{"name": "find"}],
        "parameters": {"max_tokens": 500, "effort": "low"},
    }
    theirs = {**BASE, "variables": {"name": {}}, "parameters": {"max_tokens": 900}}
    merged = merge(BASE, mine, theirs, {})
    assert "settings" not in merged
    assert merged["tools"] == [{"name": "find"}]
    assert merged["variables"] == {"name": {}}
    assert merged["parameters"] == {"max_tokens": 900, "effort": "low"}


def test_the_same_change_by_both_is_no_conflict() -> None:
    (unit,) = changed_units(BASE, changed(tone="Cool."), changed(tone="Cool."))
    assert unit.state == "agreed"


# A busy machine is no reason to fail.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
lines = st.lists(st.sampled_from("abcd"), max_size=6).map("\n".join)


@unhurried
@given(lines, lines)
def test_combining_with_an_unchanged_text_gives_the_other(base: str, changed: str) -> None:
    assert combine(base, changed, base) == changed
    assert combine(base, base, changed) == changed


@unhurried
@given(lines, lines, lines)
def test_combining_is_the_same_from_both_sides(base: str, mine: str, theirs: str) -> None:
    assert combine(base, mine, theirs) == combine(base, theirs, mine)
