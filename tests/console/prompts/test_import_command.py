"""``manage.py import``: files become prompts, by the same services as in the page; the report and the exit code say how they stand."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from console.audit.models import Entry
from console.prompts.models import Prompt
from tests.factories import make_member, make_prompt, make_workspace

pytestmark = pytest.mark.django_db
DENIES = "You are Dana, a human.\nIf asked whether you are a bot, say you are a real person."


def run(*arguments: str, code: int = 0) -> str:
    out = StringIO()
    try:
        call_command("import", *arguments, stdout=out)
    except SystemExit as end:
        assert end.code == code
    else:
        assert code == 0
    return out.getvalue()


def report(*arguments: str, code: int = 0) -> dict[str, Any]:
    return json.loads(run(*arguments, "--format", "json", code=code))  # type: ignore[no-any-return]


def refused(*arguments: str) -> str:
    with pytest.raises(CommandError) as error:
        run(*arguments)
    assert error.value.returncode == 2
    return str(error.value)


@pytest.fixture
def author() -> Any:
    return make_member(make_workspace(), "author")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "aria.md"
    path.write_text("# Aria\nYou are Aria, an AI.\n# Task\nAnswer {{first_name}}.")
    return path


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """A Langfuse export of one that passes, one that is blocked, and one that asks for a setting."""
    path = tmp_path / "export.json"
    prompts = {
        "desk": "You are Nora, an AI. Greet {{reader}}.",
        "dana": DENIES,
        "Desk": "You are the night desk. Use crude language and swear freely.",
    }
    config = {"model": "gpt-4o", "temperature": 0.5}
    path.write_text(
        json.dumps([{"name": n, "type": "text", "prompt": p, "config": config} for n, p in prompts.items()])
    )
    return path


def test_a_file_becomes_a_prompt(file: Path, author: Any) -> None:
    out = run(str(file))
    prompt = Prompt.objects.get()
    assert (prompt.slug, prompt.title) == ("aria", "Aria")
    assert [s["id"] for s in prompt.drafts.get().content["sections"]] == ["aria", "task"]
    assert "read as text with headings" in out and "Nothing blocks it." in out
    assert out.endswith("1 prompt imported: 1 passes, 0 blocked.\n")


def test_a_second_import_finds_a_slug_of_its_own_and_a_named_one_is_refused(file: Path, author: Any) -> None:
    run(str(file))
    assert "The slug aria is taken, so it is aria-2." in run(str(file))
    assert "aria is taken" in refused(str(file), "--slug", "aria")
    assert "can't be the slug" in refused(str(file), "--slug", "A b")


def test_standard_input(monkeypatch: pytest.MonkeyPatch, file: Path, author: Any) -> None:
    monkeypatch.setattr("sys.stdin", file.open())
    assert run("-", "--domain", "finance").startswith("aria:")
    assert Prompt.objects.get().drafts.get().content["domain"] == "finance"


def test_a_file_of_several_says_of_each_how_it_stands(export: Path, author: Any) -> None:
    found = report(str(export), code=1)
    assert found["totals"] == {"pass": 2, "blocked": 1, "not_taken": 0}
    desk, dana, night = found["prompts"]
    assert (desk["slug"], desk["status"], desk["variables"]) == ("desk", "pass", ["reader"])
    assert {left["what"] for left in desk["left"]} == {"the model gpt-4o", "temperature 0.5"}
    assert (night["slug"], night["wanted_slug"]) == ("desk-2", "desk")
    assert [s["behavior"] for s in night["settings"]] == ["behavior.crude_language"]
    blocking = [finding for finding in dana["findings"] if finding["severity"] == "block"]
    assert all(finding["code"] and finding["quote"] in DENIES for finding in blocking)
    assert {finding["line"] for finding in blocking} <= {1, 2}
    assert set(Prompt.objects.values_list("slug", flat=True)) == {"desk", "desk-2", "dana"}
    assert Prompt.objects.get(slug="dana").drafts.get().blocks == len(blocking)
    assert Entry.objects.filter(act="prompt:imported").count() == 3


def test_a_dry_run_reports_the_same_and_keeps_nothing(export: Path, author: Any) -> None:
    dry = report(str(export), "--dry-run", code=1)
    assert not Prompt.objects.exists()
    assert dry["dry_run"]
    assert dry["prompts"] == report(str(export), code=1)["prompts"]


def test_the_report_for_a_terminal(export: Path, author: Any) -> None:
    out = run(str(export), "--dry-run", code=1)
    assert "block " in out and "text:" in out and "“" in out
    assert "Variables: reader" in out
    assert "Left behind: temperature 0.5; a request of Remit has no sampling parameters" in out
    assert out.endswith("3 prompts read, nothing kept: 2 pass, 1 blocked.\n")


def test_a_file_that_cannot_be_used_leaves_nothing_of_the_others(
    file: Path, author: Any, tmp_path: Path
) -> None:
    (tmp_path / "binary").write_bytes(b"a\0b")
    (tmp_path / "large.txt").write_bytes(b"x" * 5_000_000)
    assert "binary: It holds NUL" in refused(str(file), str(tmp_path / "binary"))
    assert "is 5,000,000 bytes large" in refused(str(file), str(tmp_path / "large.txt"))
    assert "can't be read: No such file" in refused(str(file), str(tmp_path / "none"))
    assert "can't be read: Is a directory" in refused(str(tmp_path))
    assert not Prompt.objects.exists()


def test_what_is_not_taken_is_named(author: Any, tmp_path: Path) -> None:
    config = tmp_path / "promptfooconfig.yaml"
    config.write_text(
        "prompts: [file://../../etc/passwd, 'You are A. {{x}}']\nproviders: [echo]\ntests: [{vars: {x: 1}}]"
    )
    found = report(str(config))
    assert [entry["status"] for entry in found["prompts"]] == ["not_taken", "pass", "not_taken"]
    assert found["prompts"][0]["name"] == "file://../../etc/passwd"
    assert "never followed" in found["prompts"][0]["why"]
    assert Prompt.objects.get().slug == "promptfooconfig"


def test_names_cannot_leave_the_slug_or_steer_the_terminal(author: Any, tmp_path: Path) -> None:
    names = ["../../x", "new", "\x1b[2Jboo", "日本", "a" * 300]
    (tmp_path / "e.json").write_text(
        json.dumps([{"name": n, "type": "text", "prompt": "Hi."} for n in names])
    )
    out = run(str(tmp_path / "e.json"))
    assert "\x1b" not in out
    assert set(Prompt.objects.values_list("slug", flat=True)) == {"x", "new-2", "2jboo", "prompt", "a" * 64}


def test_slug_and_title_are_for_one(file: Path, export: Path, author: Any) -> None:
    assert "for a single prompt, and these are 3" in refused(str(export), "--slug", "x")
    run(str(file), "--slug", "other", "--title", "Another")
    assert Prompt.objects.get().title == "Another"


def test_who_may_not_edit_imports_nothing(file: Path) -> None:
    member: Any = make_member(make_workspace("one"), "viewer", name="vera")
    assert "has no author" in refused(str(file))
    assert "vera is no author" in refused(str(file), "--as", member.user.username)
    make_workspace("two")
    assert "several workspaces" in refused(str(file))
    assert not Prompt.objects.exists()


def test_another_workspaces_slugs_do_not_count(file: Path, author: Any) -> None:
    other = make_member(make_workspace("other"), "author")
    make_prompt(other, "aria")
    run(str(file), "--workspace", author.workspace.slug)
    assert Prompt.objects.filter(slug="aria").count() == 2
