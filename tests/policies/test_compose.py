"""Compiling: the same bytes for the same draft, every span with a source, parameters that the API takes."""

from __future__ import annotations

import typing
from pathlib import Path

import pytest
from hypothesis import given

from policies.compose import compose
from policies.draft import Draft, Snippet, draft_from_text, parse_draft
from policies.organisation import Organisation, parse_organisation
from policies.pack_library import load_pack
from policies.tokens import estimate_tokens
from tests.policies.drafts import aria, simple
from tests.policies.strategies import PACK, drafts, organisations

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("name", ["aria", "formulary", "bare", "children"])
def test_golden(name: str) -> None:
    draft = parse_draft((GOLDEN / f"{name}.yaml").read_bytes())
    assert compose(draft, PACK).text + "\n" == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")


@given(drafts(), organisations())
def test_compiling_is_deterministic_and_the_map_is_whole(draft: Draft, organisation: Organisation) -> None:
    one = compose(draft, PACK, organisation)
    two = compose(parse_draft(draft.to_dict()), PACK, organisation)
    assert (one.text, one.digest, one.params) == (two.text, two.digest, two.params)
    at = 0
    for piece in one.source_map:
        assert at <= piece.start < piece.end
        assert not one.text[at : piece.start].strip("\n"), "between pieces there are line breaks only"
        at = piece.end
    assert at == len(one.text)


def test_every_span_leads_back_to_its_section() -> None:
    draft = aria()
    compiled = compose(draft, PACK)
    for section in draft.sections:
        start = compiled.text.index(section.text)
        for word in section.text.split():
            offset = compiled.text.index(word, start)
            piece = compiled.locate(offset)
            assert piece and piece.kind == "section"
            source = draft.section(piece.id)
            assert source and source.text[piece.source_start + offset - piece.start :].startswith(word)
    piece = compiled.locate(compiled.text.index("Keep to the subject"))
    assert piece and (piece.kind, piece.id) == ("setting", "behavior.topic_restriction")
    assert compiled.locate(len(compiled.text)) is None


def test_leading_line_breaks_keep_the_map_exact() -> None:
    compiled = compose(simple(sections=[{"id": "a", "kind": "task", "text": "\n\nDo it.\n"}]), PACK)
    piece = compiled.locate(compiled.text.index("Do it"))
    assert compiled.text == "<a>\nDo it.\n</a>" and piece and piece.source_start == 2


def test_parameters_are_those_of_the_api() -> None:
    params = compose(aria(), PACK).params
    assert {key: params[key] for key in params if key != "system"} == {
        "model": "claude-sonnet-5-5",
        "max_tokens": 1024,
        "output_config": {"effort": "medium"},
        "tools": [
            {"name": "freeze_card", "description": "Freezes a card.", "input_schema": {"type": "object"}}
        ],
    }


def test_every_parameter_is_one_that_the_installed_sdk_has() -> None:
    types = pytest.importorskip("anthropic.types")
    draft = aria(
        parameters={
            "max_tokens": 4096,
            "effort": "low",
            "thinking": {"type": "enabled", "budget_tokens": 2048},
            "stop_sequences": ["END"],
        }
    )
    known = typing.get_type_hints(types.message_create_params.MessageCreateParamsNonStreaming)
    assert set(compose(draft, PACK).params) <= set(known)


def test_what_is_left_to_the_model_is_not_sent() -> None:
    assert set(compose(simple(), PACK).params) == {"model", "max_tokens", "system"}


def test_a_closed_parameter_falls_back_within_bounds() -> None:
    bank = parse_organisation(
        {
            "name": "Bank",
            "bounds": {
                "parameter.effort": {"highest": "medium"},
                "parameter.thinking": {"permitted": ["model", "disabled"]},
                "parameter.model": {"max_length": 60, "patterns": ["claude-haiku.*"]},
            },
        },
        PACK,
    )
    params = compose(simple(parameters={"thinking": "adaptive"}), PACK, bank).params
    assert params["output_config"] == {"effort": "medium"} and "thinking" not in params
    assert params["model"] == "", "a model that is closed is not called"


def test_a_bare_text_compiles_to_itself() -> None:
    assert compose(draft_from_text("# Role\nYou help.\n"), PACK).text == "# Role\nYou help."


def test_a_block_makes_way_for_a_section_of_its_name() -> None:
    draft = simple(
        sections=[
            {"id": "role", "kind": "role", "text": "Help."},
            {"id": "scope", "kind": "boundaries", "text": "Recipes."},
        ],
        settings={"behavior.topic_restriction": {"value": "on"}},
    )
    assert "<scope_2>\nKeep to the subject" in compose(draft, PACK).text


def test_a_snippet_keeps_its_name_in_the_map() -> None:
    sections = [{"id": "house", "include": {"snippet": "style", "at": "stable"}}]
    snippet = Snippet("style", "stable", "0" * 64, simple().sections)
    compiled = compose(simple(sections=sections), PACK, snippets=lambda _: snippet)
    piece = compiled.locate(0)
    assert piece and (piece.id, piece.snippet) == ("house", "style@stable")


def test_tokens_are_estimated_for_every_script() -> None:
    assert estimate_tokens("") == 0
    assert 20 <= estimate_tokens("The quick brown fox jumps over the lazy dog. " * 2) <= 28
    assert 8 <= estimate_tokens("你好，我可以帮助你吗？") <= 16
    assert estimate_tokens("Größe " * 100) > estimate_tokens("Groesse"[:5] * 100) / 2


@pytest.mark.parametrize("name", ["text", "value", "when", "otherwise"])
def test_a_condition_may_be_called_as_the_phrase_calls_its_parts(name: str) -> None:
    draft = simple(
        variables={name: {"type": "boolean"}},
        settings={"behavior.user_trust": {"value": "operator_equal", "when": name}},
    )
    for pack in (PACK, load_pack("claude", "2026.1")):
        text = compose(draft, pack).text
        assert text.count(f"{{{{{name}}}}}") == 1 and text.count("Trust what users say") == 1
