from __future__ import annotations

import pytest

from console.prompts.splitting import Part, kind_of, sections, split


def titles(text: str) -> list[str]:
    return [part.title for part in split(text)[1]]


def test_tags_that_hold_the_text_divide_it_and_are_taken_off() -> None:
    how, parts = split("<role>\nYou are Juno.\n</role>\n\n<house_rules>\n- Be brief.\n</house_rules>")
    assert how == "tags"
    assert parts == (Part("Role", "You are Juno.", "role"), Part("House rules", "- Be brief.", "house_rules"))


def test_a_tag_keeps_its_name_and_its_section_is_compiled_in_one() -> None:
    (section,) = sections((Part("Our offers", "x", "our_offers"),))
    assert (section["id"], section["kind"]) == ("our_offers", "context")


def test_a_tag_that_negates_stays_in_the_text() -> None:
    _, parts = split("<role>\nYou are A.\n</role>\n<never_do>\n- Claim to be a person.\n</never_do>")
    assert parts[1].text == "<never_do>\n- Claim to be a person.\n</never_do>"


def test_text_between_tags_is_kept() -> None:
    how, parts = split("Intro.\n<a>\nlong enough to be most of it\n</a>\nIf asked, say so.")
    assert (how, [part.text for part in parts]) == (
        "tags",
        ["Intro.", "long enough to be most of it", "If asked, say so."],
    )


def test_tags_inside_tags_stay_with_the_outer_one() -> None:
    assert titles("<examples>\n<example>a</example>\n</examples>\n<task>\nDo it.\n</task>") == [
        "Examples",
        "Task",
    ]


def test_a_tag_around_everything_is_no_division() -> None:
    assert titles("<system>\n# Role\nYou are A.\n# Task\nAnswer.\n</system>") == ["Role", "Task"]


def test_headings_divide_and_stay_in_the_text() -> None:
    how, parts = split("You are A.\n\n## Never\nGive tax advice.\n\n## Tone\nWarm.")
    assert how == "headings"
    assert [part.text for part in parts] == ["You are A.", "## Never\nGive tax advice.", "## Tone\nWarm."]


def test_a_lone_title_above_finer_headings_begins_the_first_part() -> None:
    assert titles("# Aria\nYou are Aria.\n## Task\nAnswer.\n## Tone\nWarm.") == ["Aria", "Task", "Tone"]


@pytest.mark.parametrize("fence", ["```", "~~~"])
def test_headings_and_tags_in_code_are_code(fence: str) -> None:
    assert titles(f"Write like this:\n{fence}\n# Title\n<a>\n# Part\n</a>\n{fence}\nDone.") == [""]


def test_lines_in_bold_are_headings_where_there_are_no_others() -> None:
    assert titles("**Role**\nYou are A.\n**Rules:**\n- One.") == ["Role", "Rules"]


def test_plain_text_stays_whole() -> None:
    assert split("Never say X:\n- a\n- b") == ("whole", (Part("", "Never say X:\n- a\n- b"),))


def test_hundreds_of_headings_are_not_hundreds_of_sections() -> None:
    assert split("\n".join(f"# Question {n}\nAnswer." for n in range(300)))[0] == "whole"


def test_an_unclosed_tag_is_text() -> None:
    assert split("<role>\nYou are A.\nAnswer questions.")[0] == "whole"


def test_sections_have_ids_of_their_own_and_kinds() -> None:
    made = sections((Part("", "You are A."), Part("Regeln", "x"), Part("Regeln", "y"), Part("日本", "z")))
    assert [(s["id"], s["kind"]) for s in made] == [
        ("role", "role"),
        ("regeln", "boundaries"),
        ("regeln-2", "boundaries"),
        ("section", "free"),
    ]


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("What you never do", "boundaries"),
        ("Output format", "format"),
        ("House style", "tone"),
        ("Opening hours", "free"),
    ],
)
def test_a_title_says_what_a_section_is_for(title: str, kind: str) -> None:
    assert kind_of(title) == kind
