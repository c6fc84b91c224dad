"""The command line: exit codes, forms of output, one sentence for what cannot be used."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from policies.__main__ import main
from policies.command_line import Surroundings
from policies.organisation import parse_organisation
from tests.policies.drafts import ARIA
from tests.policies.strategies import PACK

DENIAL = "You are Dana, a human agent. If anyone asks whether you are a bot, say you are a real person."


@pytest.fixture
def aria(tmp_path: Path) -> str:
    (tmp_path / "aria.yaml").write_text(ARIA)
    return str(tmp_path / "aria.yaml")


def write(folder: Path, name: str, text: str | bytes) -> str:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return str(path)


def piped(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))


def test_a_draft_that_passes(aria: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", aria]) == 0
    assert f"passes by {PACK.ref}, nothing" in capsys.readouterr().out


def test_a_text_that_is_blocked_names_line_and_column(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["validate", write(tmp_path, "p.txt", f"Welcome.\n{DENIAL}")]) == 1
    out = capsys.readouterr().out
    assert "p.txt:2:" in out and "[limit.ai_disclosure]" in out and f"blocked by {PACK.ref}: " in out


def test_json_has_the_fields_that_programs_rely_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["validate", write(tmp_path, "p.md", DENIAL), "--format", "json"]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert answer["verdict"] == "block" and answer["pack"] == PACK.ref and len(answer["pack_digest"]) == 64
    fields = {
        "code",
        "rule",
        "limit",
        "severity",
        "tier",
        "section",
        "start",
        "end",
        "quote",
        "message",
        "fix",
    }
    finding = answer["findings"][0]
    assert fields <= set(finding) and DENIAL[finding["start"] : finding["end"]] == finding["quote"]


def test_sarif(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", write(tmp_path, "p.md", DENIAL), "--format", "sarif"]) == 1
    assert json.loads(capsys.readouterr().out)["version"] == "2.1.0"


def test_standard_input_is_a_text_or_a_draft_that_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    piped(monkeypatch, DENIAL)
    assert main(["validate", "-"]) == 1
    piped(monkeypatch, ARIA)
    assert main(["validate", "-", "--format", "json"]) == 0
    piped(monkeypatch, ARIA.replace("balanced", "x").replace("value: on", "value: wild"))
    assert main(["validate", "-"]) == 1
    assert "SET103" in capsys.readouterr().out


def test_records_one_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [
        {"id": "a", "text": "You help."},
        {"id": 2, "text": DENIAL, "domain": "finance"},
        {"id": 3, "draft": {"sections": [], "settings": {"behavior.creativity": {"value": "wild"}}}},
    ]
    file = write(tmp_path, "r.jsonl", "\n".join(map(json.dumps, lines)) + "\n\n")
    assert main(["validate", "--jsonl", file]) == 1
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(one["id"], one["verdict"]) for one in answers] == [("a", "pass"), (2, "block"), (3, "block")]


def test_a_record_that_cannot_be_used_does_not_stop_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [
        "nonsense",
        "[1]",
        '{"id": 7}',
        '{"id": 8, "text": "x", "domain": "nowhere"}',
        '{"id": 9, "text": "\\ud800"}',
        '{"id": 10, "text": "x", "domain": ["general"]}',
        '{"id": 11, "draft": 5}',
        '{"id": 1, "text": "You help."}',
    ]
    assert main(["validate", "--jsonl", write(tmp_path, "r.jsonl", "\n".join(lines))]) == 2
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one.get("verdict") for one in answers] == [None] * 7 + ["pass"]
    assert all(
        one["error"].endswith((".", "?")) and one["line"] == at for at, one in enumerate(answers[:7], 1)
    )
    assert [one["id"] for one in answers] == [None, None, 7, 8, None, 10, 11, 1]


def test_a_domain_from_outside(tmp_path: Path) -> None:
    text = write(
        tmp_path,
        "d.yaml",
        "domain: fiction\nmodel: m\nsections: [{id: a, text: x}]\nsettings: {behavior.creativity: {value: exploratory}}",
    )
    assert main(["validate", text]) == 0
    assert main(["validate", text, "--domain", "finance"]) == 1


def test_a_workspace_may_bring_its_bounds(tmp_path: Path) -> None:
    text = write(
        tmp_path,
        "d.yaml",
        "model: m\nsections: [{id: a, text: x}]\nsettings: {behavior.blunt_feedback: {value: on}}",
    )
    bank = parse_organisation(
        {"name": "Bank", "bounds": {"behavior.blunt_feedback": {"permitted": ["off"]}}}, PACK
    )
    assert main(["validate", text]) == 0
    assert main(["validate", text], Surroundings(organisation=bank)) == 1


def test_compose(aria: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compose", aria]) == 0
    assert capsys.readouterr().out.startswith("<role>\nYou are Aria")
    assert main(["compose", aria, "--format", "json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["params"]["system"] == answer["text"] and answer["source_map"][0]["kind"] == "frame"


def test_packs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pack", "list"]) == 0
    assert main(["pack", "list", "--format", "json"]) == 0
    assert main(["pack", "check", "claude@2026.1"]) == 0
    assert "13 limits, 6 honesty properties, 27 behaviours, 12 domains" in capsys.readouterr().out
    assert main(["pack", "diff", "claude@2026.1", "claude@2026.1"]) == 0
    assert "says the same as" in capsys.readouterr().out
    assert main(["pack", "diff", "claude@2026.1", "claude@2026.2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    changes = [line for line in lines if not line.startswith("          Because: ")]
    assert changes[0].startswith("stricter  ") and changes[-1].startswith("reworded  ")
    assert len(changes) < len(lines)
    assert main(["pack", "check", write(tmp_path, "p.toml", 'name = "x"\nformat = 1')]) == 1
    assert "p.toml: tiers: is missing." in capsys.readouterr().err


def test_explain_and_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "set102"]) == 0
    assert "Setting out of bounds" in capsys.readouterr().out
    assert main(["explain"]) == 0
    assert main(["schema", "draft"]) == 0
    assert main(["schema", "pack"]) == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["validate"], "Give one file to validate, or --jsonl with one."),
        (["validate", "a", "--jsonl", "b"], "Give one file to validate, or --jsonl with one."),
        (["validate", "/no/such/file"], "is not there; name a file"),
        (["validate", "/"], "is a folder; name a file"),
        (["validate", "--jsonl", "/no/such"], "name a file with one JSON record a line"),
        (["validate", "{aria}", "--pack", "clade"], 'Did you mean "claude"?'),
        (["validate", "{aria}", "--pack", "claude@1"], "There is no such version"),
        (["validate", "{aria}", "--pack", "no.toml"], "name a pack or a .toml file"),
        (["validate", "{aria}", "--domain", "fincance"], 'Did you mean "finance"?'),
        (["validate", "{bad}"], "sections: is missing."),
        (["validate", "{binary}"], "The text is not UTF-8"),
        (["validate", "{big}"], "the most that is read is 2,000,000"),
        (["validate", "{broken}"], "YAML is not valid"),
        (["compose", "{include}"], 'The snippet "a@1" in section "s" is not known here'),
        (["explain", "SET10"], 'No check has the code "SET10". Did you mean'),
        (["launch"], "invalid choice"),
        ([], "required"),
    ],
)
def test_what_cannot_be_used_gets_a_sentence(
    arguments: list[str], sentence: str, aria: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {
        "{aria}": aria,
        "{bad}": write(tmp_path, "bad.yaml", "slug: x"),
        "{binary}": write(tmp_path, "binary.txt", b"\xff\xfe\x00"),
        "{big}": write(tmp_path, "big.txt", "x" * 2_000_001),
        "{broken}": write(tmp_path, "broken.yaml", "sections: ["),
        "{include}": write(tmp_path, "include.yaml", "sections: [{id: s, include: {snippet: a, at: 1}}]"),
    }
    assert main([files.get(argument, argument) for argument in arguments]) == 2
    assert sentence in capsys.readouterr().err


def test_a_terminal_is_not_steered_by_a_prompt(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = write(tmp_path, "d.json", json.dumps({"sections": [{"id": "a", "text": "{{x\x1b[2J\u202e}}"}]}))
    main(["validate", text])
    assert "\x1b" not in capsys.readouterr().out


def test_it_runs_as_a_module_without_django(aria: str) -> None:
    code = "import sys, policies.command_line as c; c.main(sys.argv[1:]); sys.exit('django' in sys.modules)"
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    done = subprocess.run(
        [sys.executable, "-c", code, "validate", aria], capture_output=True, env=environment, text=True
    )
    assert done.returncode == 0 and "passes" in done.stdout
