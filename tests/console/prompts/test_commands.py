"""``manage.py validate``, ``compose`` and ``pack``: the engine's commands, and a workspace's bounds where one is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from console.governance.models import OrganisationBounds
from policies.command_line import main
from tests import factories

TEXT = "You are Dana, a human agent. If anyone asks whether you are a bot, say you are a real person."
BLUNT = "model: m\nsections: [{id: a, text: Help.}]\nsettings: {behavior.blunt_feedback: {value: on}}"


def code(*arguments: str) -> int:
    with pytest.raises(SystemExit) as stopped:
        call_command(*arguments)
    return int(stopped.value.code or 0)


def test_validate_without_a_database(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "p.txt").write_text(TEXT)
    assert code("validate", str(tmp_path / "p.txt"), "--format", "json") == 1
    assert json.loads(capsys.readouterr().out)["verdict"] == "block"
    assert code("validate", str(tmp_path / "none.txt")) == 2
    assert "is not there" in capsys.readouterr().err


def test_compose_and_pack(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "d.yaml").write_text(BLUNT)
    assert code("compose", str(tmp_path / "d.yaml")) == 0
    assert "Give feedback bluntly" in capsys.readouterr().out
    assert code("pack", "list") == 0
    assert "claude@2026.1" in capsys.readouterr().out


@pytest.mark.django_db
def test_a_workspace_brings_its_bounds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "d.yaml"
    file.write_text(BLUNT)
    workspace = factories.make_workspace()
    statement = {"behavior.blunt_feedback": {"bound": {"kind": "toggle", "permitted": ["off"]}}}
    OrganisationBounds.objects.create(workspace=workspace, version=1, statement=statement)
    assert code("validate", str(file)) == 0
    assert code("validate", str(file), "--workspace", workspace.slug) == 1
    assert f"closed by {workspace.name}" in capsys.readouterr().out


@pytest.mark.django_db
def test_a_workspace_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "d.yaml").write_text(BLUNT)
    with pytest.raises(CommandError) as caught:
        call_command("validate", str(tmp_path / "d.yaml"), "--workspace", "nowhere")
    assert caught.value.returncode == 2


def test_the_two_commands_say_the_same_to_the_byte(tmp_path, capfdbinary, monkeypatch):
    """`manage.py validate` and `python -m policies validate`: every form, over a sample of the corpus."""
    corpus = Path(__file__).parents[2] / "policies" / "corpus" / "development.jsonl"
    lines = corpus.read_text("utf-8").splitlines()[::16]
    rows = [json.loads(line) for line in lines]
    records = tmp_path / "records.jsonl"
    records.write_text("\n".join(json.dumps({"id": at, "text": row["text"]}) for at, row in enumerate(rows)))
    prompt = tmp_path / "prompt.txt"
    prompt.write_text(next(row["text"] for row in rows if row["label"] == "block"))
    commands = [["--jsonl", str(records)], ["--jsonl", str(records), "--domain", "medical"]]
    commands += [[str(prompt), "--format", form] for form in ("text", "json", "sarif")]
    commands += [[str(tmp_path / "nothing.txt")], [str(prompt), "--domain", "nowhere"]]
    for arguments in commands:
        alone = main(["validate", *arguments]), capfdbinary.readouterr()
        with pytest.raises(SystemExit) as stop:
            call_command("validate", *arguments)
        assert (stop.value.code, capfdbinary.readouterr()) == alone
