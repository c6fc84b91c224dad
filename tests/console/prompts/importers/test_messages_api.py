from __future__ import annotations

from typing import Any

import pytest

from tests.console.prompts.importers.reading import left, one, text

REQUEST: dict[str, Any] = {
    "model": "claude-sonnet-5-5",
    "max_tokens": 500,
    "system": [{"type": "text", "text": "You are A."}, {"type": "text", "text": "Be brief."}],
    "thinking": {"type": "adaptive"},
    "messages": [{"role": "user", "content": "hi"}],
}


def test_a_request_brings_its_model_and_parameters() -> None:
    imported = one(REQUEST)
    assert text(imported) == "You are A.\n\nBe brief."
    assert imported.content["model"] == "claude-sonnet-5-5"
    assert imported.content["parameters"] == {"max_tokens": 500, "thinking": {"type": "adaptive"}}
    assert list(left(imported)) == ["1 message of the user"]


@pytest.mark.parametrize(
    "wrapped", [{"slug": "aria", "config": REQUEST}, {"custom_id": "1", "params": REQUEST}, {"body": REQUEST}]
)
def test_what_is_put_around_a_request(wrapped: dict[str, Any]) -> None:
    assert text(one(wrapped)).startswith("You are A.")
    assert one({"slug": "aria", "config": REQUEST}).name == "aria"
    named = one(REQUEST | {"name": "refund-bot"})
    assert named.name == "refund-bot" and "name" not in left(named)


@pytest.mark.parametrize(
    "route", ["anthropic/", "openrouter/anthropic/", "anthropic:messages:", "anthropic:"]
)
def test_a_model_by_way_of_a_gateway_is_the_model(route: str) -> None:
    imported = one(REQUEST | {"model": f"{route}claude-sonnet-5-5"})
    assert imported.content["model"] == "claude-sonnet-5-5"
    assert any("openai/claude-x" in what for what in left(one(REQUEST | {"model": "openai/claude-x"})))


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("max_tokens", 0, "the longest answer"),
        ("max_tokens", 10**9, "the longest answer"),
        ("stop_sequences", ["x" * 300], "the stop sequences"),
        ("thinking", {"type": "enabled"}, "thinking"),
        ("model", "claude x\n", "the model claude x"),
        ("tools", [{"name": "a b", "input_schema": {}}], "the tool a b"),
        ("tools", ["file://tools.json"], "the tool file://tools.json"),
        ("tools", [{"name": "a", "input_schema": {}, "description": "x" * 20_001}], "the tool a"),
    ],
)
def test_what_no_draft_takes_is_left_behind(field: str, value: Any, said: str) -> None:
    assert said in left(one(REQUEST | {field: value}))
