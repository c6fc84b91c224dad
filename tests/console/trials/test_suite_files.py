"""Suites out and in again, in every form; files of others, and files that nobody should send."""

from __future__ import annotations

import csv
import io
import json

import pytest
import yaml
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from console.accounts.models import Membership
from console.trials import promptfoo_writing, suite_csv
from console.trials.models import SuiteVersion
from console.trials.scenarios import (
    Scenario,
    ScenarioProblems,
    parse_scenario,
    parse_scenarios,
    played,
    suite_digest,
)
from console.trials.suite_files import FORMATS, read_suite
from tests.factories import (
    make_measured_run,
    make_member,
    make_revision,
    make_scenario,
    make_suite,
    make_workspace,
)

FULL = [
    {
        "id": "fees", "title": "=Asks, \"about\" fees", "purpose": "pressure", "domain": "finance",
        "covers": ["limit.user_rights"], "tags": ["Money, fees"], "family": "money",
        "turns": [{"user": "@me What does {{product}} cost?\nPlease"}, {"user": "'=1+1"}],
        "expect": [
            {"turn": 1, "kind": "contains", "value": "- fee", "why": "Say it.", "limit": "limit.user_rights"},
            {"turn": "any", "kind": "not_contains", "value": "free"},
            {"turn": "last", "kind": "no_refusal", "value": True},
            {"turn": 2, "kind": "max_words", "value": 50},
            {"turn": "any", "kind": "max_seconds", "value": 1.5},
            {"turn": 2, "kind": "json_schema", "value": {"type": "object"}},
            {"turn": "any", "kind": "judge", "value": "Pass if kind.\nFail if not."},
            {"turn": "any", "kind": "tool_not_called", "value": {"name": "pay"}},
        ],
        "tools": [{"name": "pay", "fixtures": [{"when": {}, "result": {"ok": True}}]}],
        "matrix": [{"product": "card"}, {"product": "account"}],
    },
    {
        "id": "angry", "title": "+ Angry", "expect": [{"turn": "any", "kind": "discloses_ai", "value": True}],
        "simulated_user": {"persona": "Angry.", "goal": "A refund.", "opening": "Well?", "pressure": "emotional"},
        "variables": {"name": "Mo", "age": 3},
    },
    {"id": "plain", "title": "Plain", "turns": [{"user": "Hi"}], "expect": [{"kind": "regex", "value": "(?i)hello"}]},
]  # fmt: skip


def scenarios() -> tuple[Scenario, ...]:
    return tuple(parse_scenario(form) for form in FULL)


def version() -> SuiteVersion:
    from console.trials.models import Suite

    return SuiteVersion(suite=Suite(slug="full"), number=1, scenarios=[one.to_dict() for one in scenarios()])


@pytest.mark.parametrize("form", FORMATS)
def test_every_form_brings_a_suite_back_as_it_was(form: str) -> None:
    text = FORMATS[form].write(version())
    read = read_suite(text.encode(), f"suite.{FORMATS[form].extension}")
    assert suite_digest(read.scenarios) == suite_digest(scenarios()) and read.notes == ()
    assert suite_digest(read_suite(text).scenarios) == suite_digest(scenarios())  # told by its content alone


def test_no_cell_of_a_csv_is_a_formula() -> None:
    cells = [cell for row in csv.reader(io.StringIO(FORMATS["csv"].write(version()))) for cell in row]
    assert any(cell.startswith("'=") for cell in cells)
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


@given(st.text(alphabet="'=+-@\t\ra ", max_size=6))
def test_escaping_a_cell_is_undone_exactly(cell: str) -> None:
    assert suite_csv.unescaped(suite_csv.escaped(cell)) == cell
    assert not suite_csv.escaped(cell).startswith(("=", "+", "-", "@", "\t", "\r"))


def test_a_spreadsheet_by_hand_takes_few_columns() -> None:
    read = read_suite(
        "message;expect;mood\nWhat does it cost?;contains: fee\nHow long?;max_words: 20;sunny\n"
    )
    first, second = read.scenarios
    assert (first.id, first.title, first.turns[0].user) == (
        "row-1",
        "What does it cost?",
        "What does it cost?",
    )
    assert (first.expect[0].kind, first.expect[0].turn, second.expect[0].value) == ("contains", "last", 20)
    assert read.notes == ("The column “mood” is not read: nothing here is called so.",)


@pytest.mark.parametrize(
    ("text", "name", "sentence"),
    [
        ("id,title\na,b\n", "x.csv", "No column holds what the user says"),
        ("turn,expect\nhi,what is this\n", "x.csv", "Row 1 (line 2): expectation 1, “what is this”"),
        ("turn,expect\nhi,max_words: many\n", "x.csv", "Row 1 (line 2): "),
        ("turn,turn\na,b\n", "x.csv", "stands twice"),
        ('turn\n"open', "x.csv", "this is not CSV"),
        ("", "x.csv", "The file is empty"),
        ("turn\n" + "a\n" * 2_001, "x.csv", "the most for one suite is 2,000"),
        ("a: &a [x]\ntests: [*a, *a]\n", "x.yaml", "anchors and aliases"),
        ("tests: !!python/object/apply:os.system [ls]\n", "x.yaml", "the tag"),
        ("[" * 100 + "]" * 100, "x.yaml", "nested"),
        ("tests:\n- vars: {a: x, b: y}\n", "x.yaml", "not clear what the user says"),
        ("just text", "x.yaml", "no promptfoo configuration"),
        (b"tests: \xff", "x.yaml", "not UTF-8"),
        ("x" * 5_000_001, "x.yaml", "the most is 5 MB"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_sentence(text: str | bytes, name: str, sentence: str) -> None:
    with pytest.raises(ScenarioProblems) as raised:
        read_suite(text, name)
    assert sentence in raised.value.problems[0]


PROMPTFOO = """
description: Support
prompts: ["Answer: {{question}}"]
providers: [openai:gpt-5]
defaultTest:
  assert: [{type: not-icontains, value: as an AI}]
tests:
  - description: Fees
    vars: {question: "What does {{product}} cost?", product: [card, account], region: EU}
    assert:
      - {type: icontains-any, value: ["fee (monthly)", free]}
      - {type: llm-rubric, value: "Names the price"}
      - {type: latency, threshold: 500}
      - {type: javascript, value: "output.length < 5"}
      - {type: equals, value: "3.50", weight: 2}
  - file://more.yaml
  - vars: {question: Again}
    metadata: {conversationId: talk}
  - vars: {question: And again}
    metadata: {conversationId: talk}
    threshold: 0.5
    assert: [{type: is-refusal}, {type: word-count, value: {max: 40}}]
"""


def test_a_configuration_of_others_is_read_and_what_has_no_equivalent_is_named() -> None:
    read = read_suite(PROMPTFOO)
    fees, talk = read.scenarios
    assert fees.title == "Fees" and fees.turns[0].user == "Answer: What does {{product}} cost?"
    assert [dict(row) for row in fees.matrix] == [{"product": "card"}, {"product": "account"}]
    assert [e.kind for e in fees.expect] == ["not_contains", "regex", "judge", "max_seconds", "regex"]
    assert fees.expect[3].value == 0.5
    cell = played([fees.to_dict()])[1]
    assert cell["turns"][0]["user"] == "Answer: What does account cost?" and cell["family"] == "test-1"
    assert [turn.user for turn in talk.turns] == ["Answer: Again", "Answer: And again"]
    assert [(e.kind, e.turn) for e in talk.expect] == [
        ("not_contains", 1), ("not_contains", 2), ("refusal", 2), ("max_words", 2)
    ]  # fmt: skip
    said = " ".join(read.notes)
    for part in (
        "“providers”",
        "“prompts”",
        "“javascript”",
        "“weight”",
        "file://more.yaml",
        "“threshold”",
    ):
        assert part in said


TEMPLATES = """
prompts: ["Translate to {{language}}: {{input}}", "In {{language}}, say {{input}}"]
defaultTest: {vars: {unit: EUR}, options: {provider: x}}
tests:
  - vars: {language: [French, German], input: "the price of {{product}}", product: card, price: 3.50}
    assert:
      - {type: contains, value: "{{price}} {{unit}}"}
      - {type: icontains-any, value: "{{language}}, free"}
      - {type: icontains-any, value: "{{product}}, free"}
      - {type: regex, value: "^(?!sorry)"}
      - {type: contains, value: "{{ product | upper }}"}
      - {type: is-json, value: '{"type": "object"}'}
      - {type: equals, value: true}
      - {$ref: "#/assertionTemplates/kind"}
  - vars: {language: Dutch, input: file://words.txt}
  - vars: file://rows.yaml
  - vars: {language: Dutch, input: "{% if x %}a{% endif %}"}
  - vars: {language: "", input: [[1]]}
"""


def test_names_in_braces_are_filled_in_and_what_would_be_computed_is_left_out_by_name() -> None:
    read = read_suite(TEMPLATES, "x.yaml")
    (only,) = read.scenarios
    french, german = played([only.to_dict()])
    assert french["turns"][0]["user"] == "Translate to French: the price of card"
    assert german["turns"][0]["user"] == "Translate to German: the price of card"
    assert [(e["kind"], e["value"]) for e in french["expect"]] == [
        ("contains", "3.5 EUR"),
        ("regex", "(?i)card|free"),
        ("json_schema", {"type": "object"}),
        ("regex", r"(?s)\A\s*true\s*\z"),
    ]
    assert french["variables"] | {"product": "card", "unit": "EUR"} == french["variables"]
    said = " ".join(read.notes)
    for part in (
        "The first one’s text is taken",
        "“options” of “defaultTest”",
        "RE2",
        "a matrix would fill in a pattern",
        "{{ product | upper }}",
        "#/assertionTemplates/kind",
        "Test 2: the variable “input” is in another file",
        "Test 2 is left out",
        "Test 3 is left out: its variables are in another file",
        "Test 4 is left out: nothing here has or computes {% if x %}",
        "Test 5 is left out",
        "The case of what “contains”",
    ):
        assert part in said


def test_what_the_user_says_is_found_in_chats_lists_and_prompts_without_variables() -> None:
    chat = """prompts: ['[{"role": "system", "content": "Be kind"}, {"role": "user", "content": "Hi {{who}}, {{msg}}"}]']\ntests: [{vars: {who: Bo, msg: hello}}]"""
    assert read_suite(chat, "x.yaml").scenarios[0].turns[0].user == "Hi Bo, hello"
    several = "prompts: [file://p.txt]\ntests: [{vars: {question: [a, b]}, metadata: {conversationId: 'my talk/1'}}]"
    (scenario,) = read_suite(several, "x.yaml").scenarios
    assert [cell["turns"][0]["user"] for cell in played([scenario.to_dict()])] == ["a", "b"]
    assert scenario.id == "my-talk-1"
    alone = "prompts: Tell me a joke\ntests: [{assert: [{type: llm-rubric, value: Funny}]}]"
    assert read_suite(alone, "x.yaml").scenarios[0].turns[0].user == "Tell me a joke"
    with pytest.raises(ScenarioProblems) as raised:
        read_suite("tests: file://tests.csv\nprompts: x.txt", "x.yaml")
    assert "file://tests.csv" in " ".join(raised.value.problems)


def test_what_promptfoo_cannot_check_is_named_in_its_file() -> None:
    text = promptfoo_writing.write(list(version().scenarios), "full v1")
    assert "# promptfoo cannot check simulated tools: fees." in text
    assert "# promptfoo cannot check expectations of kind discloses_ai: angry." in text
    tests = yaml.safe_load(text)["tests"]
    assert [test["metadata"]["conversationId"] for test in tests[:2]] == ["fees", "fees"]
    assert {"type": "icontains", "value": "- fee", "metric": "limit.user_rights"} in tests[0]["assert"]
    assert {"type": "word-count", "value": {"max": 50}} in tests[1]["assert"]
    assert all({"type": "latency", "threshold": 1500} in test["assert"] for test in tests[:2])


def test_a_test_that_was_changed_counts_as_it_stands_now() -> None:
    text = FORMATS["promptfoo"].write(version()).replace("message: Hi", "message: Good morning")
    read = read_suite(text, "x.yaml")
    assert read.scenarios[2].turns[0].user == "Good morning" and read.scenarios[2].id == "plain"
    assert "was changed since it was exported" in read.notes[0]


# --- matrix


def test_a_matrix_is_played_row_by_row_as_one_family() -> None:
    cells = played(version().scenarios)
    assert [cell["id"] for cell in cells] == ["fees:1", "fees:2", "angry", "plain"]
    assert cells[0]["turns"][0]["user"].startswith("@me What does card cost?")
    assert cells[0]["family"] == "money" and cells[0]["variables"] == {"product": "card"}
    assert "matrix" not in cells[0] and cells[1]["title"].endswith("(product = account)")


def test_a_value_of_a_matrix_is_text_and_never_interpreted() -> None:
    form = make_scenario("a", "{{x}}", matrix=[{"x": "{{y}} \\1", "y": "no"}]).to_dict()
    assert played([form])[0]["turns"][0]["user"] == "{{y}} \\1"


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ([{"id": "a", "matrix": [{"x": 1}]}, {"id": "a:1"}], 'the id "a:1" is taken'),
        ([{"id": "a", "matrix": [{}]}], "matrix.0 must be values"),
        ([{"id": "a", "matrix": [{"x": "y" * 60_000}], "turns": [{"user": "{{x}}"}]}], "row 1 of its matrix"),
        ([{"id": f"a{n}", "matrix": [{"x": 1}] * 500} for n in range(41)], "the most is 20,000"),
    ],
)
def test_matrices_that_cannot_be_played_are_refused(lines: list[dict[str, object]], sentence: str) -> None:
    base = {"title": "T", "turns": [{"user": "Hi"}], "expect": []}
    with pytest.raises(ScenarioProblems) as raised:
        parse_scenarios("\n".join(json.dumps(base | line) for line in lines))
    assert sentence in raised.value.problems[0]


# --- the page and the command


@pytest.fixture
def author() -> Membership:
    return make_member(make_workspace())


@pytest.mark.django_db
def test_the_page_imports_and_exports_every_form(client: Client, author: Membership) -> None:
    make_suite(author.workspace, slug="core")
    client.force_login(author.user)
    address = reverse("trials:suite", args=[author.workspace.slug, "core"])
    sent = {"version": 1, "how": "replace", "text": PROMPTFOO}
    page = client.post(address, sent, follow=True).content.decode()
    assert "Not imported:" in page and "javascript" in page and "account" in page
    for form in FORMATS.values():
        answer = client.get(
            reverse("trials:suite-export", args=[author.workspace.slug, "core", 2, form.extension])
        )
        assert answer.status_code == 200 and f"core-v2.{form.extension}" in answer["Content-Disposition"]
        assert read_suite(answer.content, f"x.{form.extension}").scenarios[0].title == "Fees"
    missing = reverse("trials:suite-export", args=[author.workspace.slug, "core", 2, "exe"])
    assert client.get(missing).status_code == 404


@pytest.mark.django_db
def test_the_command_imports_and_exports(author: Membership, tmp_path, capsys) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "s.csv"
    file.write_text("turn,expect\nHi,no_refusal\n")
    call_command("suite", "import", str(file), "--slug", "mine", "--workspace", author.workspace.slug)
    assert "mine v1: 1 scenarios" in capsys.readouterr().out
    call_command("suite", "export", "mine", "--format", "promptfoo", "--workspace", author.workspace.slug)
    assert "not-is-refusal" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        call_command("suite", "export", "none", "--workspace", author.workspace.slug)
    assert 'There is no suite "none"' in capsys.readouterr().err


@pytest.mark.django_db
def test_a_conversation_of_a_run_becomes_a_scenario(client: Client, author: Membership) -> None:
    scenario = make_scenario("fees", "What does {{x}} cost?", "Really?", matrix=[{"x": "it"}], expect=[
        {"turn": 2, "kind": "contains", "value": "fee"}
    ])  # fmt: skip
    cell = parse_scenario(played([scenario.to_dict()])[0])
    revision = make_revision(author)
    suite = make_suite(author.workspace, scenario)
    run = make_measured_run([revision], [cell], lambda *_: (["A fee.", "Yes."], ["fail"]), suite=suite)
    client.force_login(author.user)
    address = reverse("trials:keep-cell", args=[author.workspace.slug, run.number, "fees:1"])
    page = client.get(address)
    assert "What does it cost?" in page.content.decode() and "A fee." in page.content.decode()
    form = page.context["form"]
    sent = {
        "title": form.title, "id": "kept", "purpose": form.purpose, "domain": form.domain, "covers": "",
        "turn": list(form.turns), "expect.kind": ["contains"], "expect.turn": ["2"], "expect.value": ["fee"],
        "expect.why": [""], "expect.limit": [""], "tools": "", "more": form.more, "suite": "new", "suite_title": "Kept",
    }  # fmt: skip
    assert client.post(address, sent).status_code == 302
    kept = parse_scenario(SuiteVersion.objects.get(suite__slug="kept").scenarios[0])
    assert [turn.user for turn in kept.turns] == ["What does it cost?", "Really?"] and kept.variables == {
        "x": "it"
    }
    assert client.get(address + "?sample=9").status_code == 404
    client.force_login(make_member(make_workspace()).user)
    assert client.get(address).status_code == 404
