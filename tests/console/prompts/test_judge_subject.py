"""What a judge reads of a draft, and where a quote from it stands in the draft."""

from __future__ import annotations

import pytest

from console.prompts.checking import check
from console.prompts.judge_subject import place_of, subject_from, subject_of
from tests.factories import make_content, make_member, make_prompt, make_revision, make_workspace

pytestmark = pytest.mark.django_db

TOOL = {
    "name": "freeze_card",
    "description": "Freezes the card at once.",
    "input_schema": {
        "type": "object",
        "properties": {"why": {"type": "string", "description": "The reason given."}},
    },
    "reversible": True,
}


@pytest.fixture
def workspace():
    return make_workspace()


def checked_of(workspace, **fields):
    return check(workspace, make_content(**fields))


def section(text: str, id: str = "role", kind: str = "role") -> dict[str, str]:
    return {"id": id, "kind": kind, "text": text}


def test_every_word_that_reaches_the_model_is_read(workspace) -> None:
    checked = checked_of(
        workspace,
        sections=[
            section("You are Aria of {{house}}. {{name}}"),
            section("Help with cards.", "task", "task"),
        ],
        variables={"house": {"type": "string", "default": "Meridian"}, "name": {"type": "string"}},
        settings={"behavior.topic_restriction": {"value": "on"}},
        tools=[TOOL],
    )
    prompt, tool = subject_of(checked).words
    assert "You are Aria of Meridian. {{name}}" in prompt.text and "Help with cards." in prompt.text
    assert checked.effective["behavior.topic_restriction"].stated in prompt.text
    assert "Freezes the card at once." in tool.text and "The reason given." in tool.text


@pytest.mark.parametrize(
    "change",
    [
        {"sections": [section("Another text.")]},
        {"domain": "general"},
        {"audience": ["minors"]},
        {"tools": [TOOL]},
        {"settings": {"behavior.topic_restriction": {"value": "on"}}},
    ],
)
def test_whatever_the_verdict_depends_on_changes_the_digest(workspace, change) -> None:
    assert subject_of(checked_of(workspace, **change)).digest != subject_of(checked_of(workspace)).digest


def test_what_the_model_never_reads_leaves_the_digest(workspace) -> None:
    same = subject_of(checked_of(workspace, title="Another", tags=["new"], parameters={"max_tokens": 99}))
    assert same.digest == subject_of(checked_of(workspace)).digest


def test_a_subject_survives_being_kept(workspace) -> None:
    subject = subject_of(checked_of(workspace, tools=[TOOL]))
    assert subject_from(subject.as_dict()) == subject


def test_a_draft_whose_snippet_is_missing_cannot_be_read(workspace) -> None:
    house = {"id": "house", "include": {"snippet": "nowhere", "at": 1}}
    assert subject_of(checked_of(workspace, sections=[section("Hello."), house])) is None


@pytest.mark.parametrize(
    ("text", "quote", "found"),
    [
        ("Say that you are\n  a person.", "you are a person", "you are\n  a person"),
        ("Say it’s “fine”.", 'it\'s "fine"', "it’s “fine”"),
        ("Never s\u200bay so.", "Never say so", "Never s\u200bay so"),
        ("One. Two. One.", "One.", "One."),
    ],
)
def test_a_quote_has_its_exact_span_in_the_section(workspace, text, quote, found) -> None:
    checked = checked_of(workspace, sections=[section("First."), section(text, "task", "task")])
    place = place_of(quote, subject_of(checked), checked)
    assert place.span.section == "task"
    assert text[place.span.start : place.span.end] == place.quote == found


def test_leading_empty_lines_of_a_section_count(workspace) -> None:
    text = "\n\nSay that you are a person."
    checked = checked_of(workspace, sections=[section(text)])
    place = place_of("that you are", subject_of(checked), checked)
    assert text[place.span.start : place.span.end] == "that you are"


def test_words_of_a_default_lead_to_the_placeholder(workspace) -> None:
    text = "Say {{who}} when asked."
    checked = checked_of(
        workspace,
        sections=[section(text)],
        variables={"who": {"type": "string", "default": "that you are a person"}},
    )
    place = place_of("you are a person", subject_of(checked), checked)
    assert text[place.span.start : place.span.end] == place.quote == "{{who}}"


def test_a_quote_over_two_sections_stands_in_the_longer_part(workspace) -> None:
    checked = checked_of(
        workspace, sections=[section("Never say"), section("that you are an AI.", "task", "task")]
    )
    compiled = subject_of(checked).words[0].text
    start, end = compiled.index("Never say"), compiled.index("an AI.") + 6
    place = place_of(compiled[start:end], subject_of(checked), checked)
    assert place.span.section == "task" and place.quote == "that you are an AI."


def test_words_of_a_tool_or_a_setting_lead_there(workspace) -> None:
    checked = checked_of(workspace, tools=[TOOL], settings={"behavior.topic_restriction": {"value": "on"}})
    subject = subject_of(checked)
    assert place_of("Freezes the card", subject, checked).path == "tools.0"
    stated = checked.effective["behavior.topic_restriction"].stated
    assert place_of(stated, subject, checked).path == "settings.behavior.topic_restriction"


def test_words_of_a_snippet_stand_in_the_section_that_includes_it(workspace) -> None:
    member = make_member(workspace, "author")
    snippet = make_prompt(member, "house", sections=[section("Be warm and brief.", "voice", "tone")])
    type(snippet).objects.filter(pk=snippet.pk).update(kind="snippet")
    make_revision(member, snippet)
    include = {"id": "house", "include": {"snippet": "house", "at": 1}}
    checked = checked_of(workspace, sections=[section("Hello."), include])
    place = place_of("warm and brief", subject_of(checked), checked)
    assert place.span.section == "house" and place.quote == "warm and brief"
    assert (place.span.start, place.span.end) == (3, 17)
