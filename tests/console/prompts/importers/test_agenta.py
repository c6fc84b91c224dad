from __future__ import annotations

from typing import Any

import pytest

from tests.console.prompts.importers.reading import left, one, read, text


def template(system: str, format: str = "curly", **config: Any) -> dict[str, Any]:
    messages = [{"role": "system", "content": system}, {"role": "user", "content": "{{question}}"}]
    return {
        "messages": messages,
        "template_format": format,
        "llm_config": {"model": "gpt-5", **config},
        "input_keys": ["q"],
    }


def test_what_the_sdk_returns() -> None:
    imported = one({"prompt": template("You are {{who}}.", max_tokens=512, temperature=0.2)}, "app.json")
    assert (imported.name, text(imported)) == ("app", "You are {{who}}.")
    assert imported.content["parameters"] == {"max_tokens": 512}
    assert set(left(imported)) == {"1 message of the user", "the model gpt-5", "temperature 0.2"}


@pytest.mark.parametrize(
    "wrapped",
    [
        {
            "params": {"prompt": template("A.")},
            "url": "x",
            "application_ref": {"slug": "desk"},
            "variant_ref": {"slug": "v"},
        },
        {
            "count": 1,
            "application_revision": {"slug": "desk", "data": {"parameters": {"prompt": template("A.")}}},
        },
        {
            "count": 1,
            "application_revisions": [{"name": "desk", "data": {"parameters": {"prompt": template("A.")}}}],
        },
    ],
)
def test_what_the_api_returns(wrapped: dict[str, Any]) -> None:
    imported = one(wrapped)
    assert (imported.name, text(imported)) == ("desk", "A.")


def test_several_prompts_of_an_application() -> None:
    both = {
        "params": {"plan": template("Plan."), "act": template("Act."), "other": 1},
        "application_ref": {"slug": "desk"},
    }
    assert [entry.name for entry in read(both)] == ["desk plan", "desk act"]


@pytest.mark.parametrize(
    ("format", "source", "result"),
    [
        ("curly", "{{x}} {y}", "{{x}} {y}"),
        ("mustache", "{{{x}}}", "{{x}}"),
        ("fstring", "{x} {{y}}", "{{x}} {y}"),
        ("jinja2", "{{ x | default('a') }}", "{{x}}"),
    ],
)
def test_its_template_formats(format: str, source: str, result: str) -> None:
    imported = one({"prompt": template(source, format)})
    assert (text(imported), set(imported.content["variables"])) == (result, {"x"})


def test_the_older_fields_and_fallbacks() -> None:
    older = {
        "system_prompt": "You are A.",
        "user_prompt": "{x}",
        "template_format": "fstring",
        "fallback_llm_configs": [{"model": "b"}],
    }
    imported = one({"prompt": older})
    assert text(imported) == "You are A."
    assert "fallback_llm_configs" in left(imported)
