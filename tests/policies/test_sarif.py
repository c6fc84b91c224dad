"""SARIF: regions in code points, rules documented, levels by severity."""

from __future__ import annotations

import json

import pytest

from policies.draft import parse_draft
from policies.draft_lines import line_at
from policies.sarif import to_sarif
from policies.sources import read_data
from policies.validate import validate
from tests.policies.drafts import simple
from tests.policies.strategies import PACK

TEXT = (
    "Grüezi 👋. You are Dana, a human agent. If anyone asks whether you are a bot, say you are a real person."
)


def test_a_bare_text_has_regions() -> None:
    (run,) = to_sarif([("prompt.txt", validate(TEXT, PACK))], version=PACK.ref)["runs"]
    result = run["results"][0]
    place = result["locations"][0]["physicalLocation"]
    region = place["region"]
    assert run["columnKind"] == "unicodeCodePoints" and place["artifactLocation"]["uri"] == "prompt.txt"
    assert TEXT[region["charOffset"] :][: region["charLength"]] == region["snippet"]["text"]
    assert result["level"] == "error"
    rule = run["tool"]["driver"]["rules"][result["ruleIndex"]]
    assert rule["id"] == result["ruleId"] and rule["fullDescription"]["text"]


def test_regions_have_lines_where_the_file_is_at_hand() -> None:
    """Code scanning shows a result by its line. A draft's words are found where they stand in its file once."""
    draft = simple(sections=[{"id": "a", "kind": "task", "text": "Hello.\nHi 👋 {{x}}."}])
    file = "sections:\n- id: a\n  kind: task\n  text: |-\n    Hello.\n    Hi 👋 {{x}}.\n"
    results = [("my prompt.yaml", validate(draft, PACK)), ("b.txt", validate(f"Hello.\n{TEXT}", PACK))]
    texts = {"my prompt.yaml": file, "b.txt": f"Hello.\n{TEXT}"}
    found = to_sarif(results, version=PACK.ref, texts=texts)["runs"][0]["results"]
    places = [one["locations"][0]["physicalLocation"] for one in found]
    assert places[0]["artifactLocation"]["uri"] == "my%20prompt.yaml"
    region = places[0]["region"]
    assert file[region["charOffset"] :][: region["charLength"]] == "{{x}}"
    assert [region[k] for k in ("startLine", "startColumn", "endLine", "endColumn")] == [6, 10, 6, 15]
    assert places[-1]["region"]["startLine"] == 2


DRAFT = """
sections:
  - {id: a, kind: task, text: "Help."}
  - id: b
    kind: task
    text: "Hi {{x}}. Hi {{x}}."
settings:
  behavior.creativity:
    value: wild
tools:
  - {name: one, description: Does., reversible: true}
  - name: two
    reversible: false
parameters:
  max_tokens: 16
  stop_sequences: ["###", "As an AI"]
"""


@pytest.mark.parametrize("file", [DRAFT, json.dumps(read_data(DRAFT), indent=1)], ids=["yaml", "json"])
def test_every_result_has_a_line(file: str) -> None:
    verdict = validate(parse_draft(file), PACK)
    (run,) = to_sarif([("a.yaml", verdict)], version=PACK.ref, texts={"a.yaml": file})["runs"]
    lines = file.splitlines()
    found: dict[str, list[str]] = {}
    for result in run["results"]:
        line = result["locations"][0]["physicalLocation"]["region"]["startLine"]
        found.setdefault(result["ruleId"], []).append(lines[line - 1])
    for code, words in {
        "SET103": "behavior.creativity",
        "PRM103": "stop_sequences" if file == DRAFT else "As an AI",
        "PRM108": "max_tokens",
        "TOL103": "name: two" if file == DRAFT else "{",
        "VAR101": "id: b" if file == DRAFT else "{",
    }.items():
        assert words in found[code][0], code


def test_a_file_that_is_no_draft_has_one_line() -> None:
    for text in ("a: [", "plain", "", "[1]"):
        assert line_at(text, "settings.behavior.creativity") == 1


def test_findings_about_a_drafts_form_have_a_path() -> None:
    draft = simple(
        settings={"behavior.creativity": {"value": "wild"}},
        sections=[{"id": "a", "kind": "task", "text": "Hi {{x}}."}],
    )
    (run,) = to_sarif([("a.yaml", validate(draft, PACK)), ("b.yaml", validate("", PACK))], version=PACK.ref)[
        "runs"
    ]
    places = [result["locations"][0]["logicalLocations"][0] for result in run["results"]]
    assert {"fullyQualifiedName": "settings.behavior.creativity"} in places
    assert {"name": "a", "kind": "section"} in places
    assert [result["level"] for result in run["results"]] == ["error", "warning"]
