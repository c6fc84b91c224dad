"""Variables of other tools: converted where nothing else can be meant, else left as text and said."""

from __future__ import annotations

import pytest

from console.prompts.importers.templates import convert


@pytest.mark.parametrize(
    ("syntax", "source", "result", "variables"),
    [
        ("plain", "Hi {{name}}, {{ city }}.", "Hi {{name}}, {{ city }}.", ["city", "name"]),
        ("plain", "Hi ${name}.", "Hi {{name}}.", ["name"]),
        ("plain", "Hi {name}, from {city}.", "Hi {{name}}, from {{city}}.", ["city", "name"]),
        ("plain", 'Hi {name}. Answer {{"ok": true}}.', 'Hi {{name}}. Answer {"ok": true}.', ["name"]),
        ("mustache", "Hi {{{name}}}.", "Hi {{name}}.", ["name"]),
        ("jinja", "Hi {{ name }}.{# why #}", "Hi {{ name }}.", ["name"]),
        ("fstring", "Hi {name}, {{literal}}.", "Hi {{name}}, {literal}.", ["name"]),
    ],
)
def test_a_variable_becomes_one(syntax, source: str, result: str, variables: list[str]) -> None:
    converted = convert(source, syntax)
    assert converted.text == result
    assert sorted(converted.variables) == variables


@pytest.mark.parametrize(
    ("syntax", "source", "said"),
    [
        ("plain", 'Answer {"name": "{name}"}.', "{name}; the text holds other braces too"),
        ("plain", r"Compute \frac{a}{b}.", "{a}, {b}"),
        ("plain", "Call GET /orders/{id}.", "{id}"),
        ("plain", "Use {x:.2f} and {y}.", "{y}"),
        ("plain", "Hi {{name}}, run ${HOME}.", "${HOME}; the text uses {{name}}"),
        ("mustache", "{{#each}}", "{{#each}}"),
        ("mustache", "Hi {{user.name}}.", "{{user.name}}"),
        ("jinja", "{{ name | upper }}", "{{ name | upper }}; a variable of Remit is a plain {{name}}"),
        ("jinja", "{% if vip %}Gold.{% endif %}", "{% if vip %}, {% endif %}; Remit has no template logic"),
        ("jinja", "{{- name -}}", "{{- name -}}"),
        ("jinja", "{{ a | default('x') }} {{ a | default('y') }}", "{{ a | default('x') }}"),
        ("fstring", "Use {x!r} and {0}.", "{x!r}, {0}"),
        ("fstring", "A lone } brace and {x}.", "no f-string"),
        ("fstring", "{{{{x}}}} and {y}", "no f-string"),
    ],
)
def test_what_is_not_safe_stays_as_it_is_and_is_said(syntax, source: str, said: str) -> None:
    converted = convert(source, syntax)
    assert converted.text == source
    assert any(said in note for note in converted.notes), converted.notes


def test_a_default_filter_is_a_default() -> None:
    converted = convert("""{{ a | default('x') }} {{ b|d("y", true) }} {{ c | default(3) }} {{d}}""", "jinja")
    assert converted.text == "{{a}} {{b}} {{c}} {{d}}"
    assert converted.variables == {
        "a": {"required": False, "default": "x"},
        "b": {"required": False, "default": "y"},
        "c": {"required": False, "default": "3"},
        "d": {},
    }
    assert convert("{{ a | default('x') }}").variables["a"]["default"] == "x"


def test_a_long_default_fits_its_variable() -> None:
    assert convert("{{ a | default('%s') }}" % ("x" * 2_000)).variables["a"] == {
        "required": False,
        "default": "x" * 2_000,
    }


def test_code_is_left_alone() -> None:
    source = "Hi ${name}. Run:\n```sh\necho ${PATH}\n```\nor `${HOME}`."
    converted = convert(source)
    assert converted.text == source.replace("${name}", "{{name}}")
    assert any("${PATH}, ${HOME}" in note for note in converted.notes)


def test_names_of_the_templates_own_loops_are_not_declared() -> None:
    converted = convert("{% for item, n in items %}{{ item }} {{ other }}{% endfor %}", "jinja")
    assert list(converted.variables) == ["other"]
