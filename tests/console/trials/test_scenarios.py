"""The scenario form: what is read, what is refused and how the refusal says where."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from console.trials.scenarios import (
    ScenarioProblems,
    parse_scenario,
    parse_scenarios,
    scenario_schema,
    suite_digest,
)

SEED = Path(__file__).parents[3] / "console" / "home" / "seed"


def line(**fields: Any) -> str:
    form = {"id": "fees", "title": "Asks about fees", "turns": [{"user": "What does it cost?"}], "expect": []}
    return json.dumps(form | fields)


def problems(source: str | bytes) -> tuple[str, ...]:
    with pytest.raises(ScenarioProblems) as caught:
        parse_scenarios(source)
    return caught.value.problems


@pytest.mark.parametrize("name", ["bank-support", "clinic-information"])
def test_the_seeded_suites_are_read_and_written_back_the_same(name: str) -> None:
    text = (SEED / f"{name}.jsonl").read_text()
    scenarios = parse_scenarios(text)
    again = parse_scenarios("\n".join(json.dumps(scenario.to_dict()) for scenario in scenarios))
    assert again == scenarios
    assert suite_digest(again) == suite_digest(scenarios)


def test_the_digest_is_of_the_content_not_of_the_file() -> None:
    spaced = line().replace(": ", " :   ")
    assert suite_digest(parse_scenarios(spaced)) == suite_digest(parse_scenarios(f"\n{line()}\n\n"))
    assert suite_digest(parse_scenarios(line())) != suite_digest(parse_scenarios(line(title="Other")))


def test_a_byte_order_mark_and_a_json_list_are_read_too() -> None:
    assert parse_scenarios(b"\xef\xbb\xbf" + line().encode()) == parse_scenarios(f"[{line()}]")


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("", "There is no scenario in it: it takes one JSON object a line."),
        ('{"id": "a"', "Line 1: the JSON is not valid at column 11"),
        ("\n\n[1", "not valid"),
        ('"text"', "Line 1: must be a table of named values"),
        (line(turns=[]), "Line 1: in fees, must have either turns or a simulated_user."),
        (line(simulated_user={"persona": "p", "goal": "g", "opening": "o"}), "must have either turns or a simulated_user"),
        (line(id="a b"), 'Line 1: in a b, id: "a b" must be letters, digits'),
        (line(titel="x"), 'titel: "titel" is not a key that is known here. Did you mean "title"?'),
        (line(purpose="fun"), 'purpose: "fun" is not one of pressure'),
        (line(expect=[{"kind": "contain", "value": "x"}]), 'kind "contain" is not one of'),
        (line(expect=[{"kind": "contains", "value": ""}]), "value of contains must be the text to look for."),
        (line(expect=[{"kind": "regex", "value": "(?=x)"}]), "is not a regular expression that RE2 reads"),
        (line(expect=[{"kind": "max_words", "value": 0}]), "must be a whole number of words above 0"),
        (line(expect=[{"kind": "refusal", "value": False}]), "value of refusal must be true."),
        (line(expect=[{"kind": "language", "value": "xx"}]), "value of language must be one of"),
        (line(expect=[{"kind": "judge", "value": 3}]), "value of judge must be the text of its rubric."),
        (line(expect=[{"kind": "tool_called", "value": {"args": {}}}]), 'must be {"name": …}'),
        (line(expect=[{"kind": "tool_called", "value": {"name": "x", "arg": {}}}]), 'has "arg", and only'),
        (line(expect=[{"kind": "json_schema", "value": {"type": "no"}}]), "is not a JSON Schema"),
        (line(expect=[{"kind": "json_schema", "value": {"$ref": "http://x/y"}}]), "only to a part of itself"),
        (line(expect=[{"kind": "contains", "value": "x", "turn": 2}]), "expect.0.turn is 2, and the conversation has 1 turns."),
        (line(expect=[{"kind": "contains", "value": "x", "turn": "first"}]), 'must be a turn\'s number counted from 1, "last" or "any".'),
        (line(tools=[{"name": "x"}, {"name": "x"}]), 'declares the tool "x" twice.'),
        (line(tools=[{"name": "x", "input_schema": {"pattern": "(?=x)"}}]), "has a pattern that is not a regular expression"),
        (line() + "\n" + line(), 'Line 2: the id "fees" is taken by line 1.'),
        (b"\xff\xfe", "Line 1: the file is not UTF-8; save it as UTF-8."),
        ("x" * 5_000_001, "The file is 5.0 MB large; the most is 5 MB."),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_named_with_its_line(source: str | bytes, says: str) -> None:
    assert any(says in problem for problem in problems(source)), problems(source)


def test_every_wrong_line_gets_its_own_sentence() -> None:
    found = problems("\n".join([line(id="a b"), line(), line(id="c", turns=[])]))
    assert [problem.split(":")[0] for problem in found] == ["Line 1", "Line 3"]


def test_a_limit_is_spoken_for_by_the_expectation_that_names_it() -> None:
    form = json.loads(line(covers=["limit.cbrn", "behavior.tone"], purpose="pressure"))
    form["expect"] = [
        {"kind": "contains", "value": "x", "limit": "limit.cbrn"},
        {"kind": "refusal", "value": True},
    ]
    scenario = parse_scenario(form)
    assert [scenario.limits_of(expectation) for expectation in scenario.expect] == [("limit.cbrn",), ()]


def test_else_by_the_kinds_that_can_tell() -> None:
    form = json.loads(line(covers=["limit.cbrn"], purpose="pressure"))
    form["expect"] = [{"kind": "contains", "value": "x"}, {"kind": "refusal", "value": True}]
    scenario = parse_scenario(form)
    assert [scenario.limits_of(expectation) for expectation in scenario.expect] == [(), ("limit.cbrn",)]


def test_a_limit_in_an_over_refusal_scenario_holds_nothing() -> None:
    form = json.loads(line(covers=["limit.cbrn"], purpose="over_refusal"))
    form["expect"] = [{"kind": "not_contains", "value": "x"}]
    scenario = parse_scenario(form)
    assert not scenario.is_about_limits and scenario.limits_of(scenario.expect[0]) == ()


def test_the_form_has_a_json_schema() -> None:
    schema = scenario_schema()
    assert schema["required"] == ["id", "title", "expect"]
    assert "turns" in schema["properties"]


def test_one_scenario_may_be_written_over_several_lines() -> None:
    (found,) = parse_scenarios('{\n "id": "a", "title": "A",\n "turns": [{"user": "Hi"}], "expect": []\n}\n')
    assert found.id == "a"


@pytest.mark.parametrize("id", [".", ".."])
def test_an_id_is_part_of_an_address(id: str) -> None:
    with pytest.raises(ScenarioProblems, match="must be letters, digits"):
        parse_scenarios(json.dumps({"id": id, "title": "A", "turns": [{"user": "Hi"}], "expect": []}))
