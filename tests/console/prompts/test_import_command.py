"""``manage.py import``: a file becomes a prompt, by the same services as in the page."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from console.prompts.models import Prompt
from tests.factories import make_member, make_workspace

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("import", *arguments, stdout=out)
    return out.getvalue()


def refused(*arguments: str) -> str:
    with pytest.raises(CommandError) as error:
        run(*arguments)
    assert error.value.returncode == 2
    return str(error.value)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "aria.md"
    path.write_text("# Aria\nYou are Aria, an AI.\n# Task\nAnswer {{first_name}}.")
    return path


def test_a_file_becomes_a_prompt(file: Path) -> None:
    make_member(make_workspace(), "author")
    out = run(str(file))
    prompt = Prompt.objects.get()
    assert (prompt.slug, prompt.title) == ("aria", "Aria")
    assert [s["id"] for s in prompt.drafts.get().content["sections"]] == ["aria", "task"]
    assert "read as text with headings" in out and "Nothing blocks it." in out


def test_a_second_import_finds_a_slug_of_its_own_and_a_named_one_is_refused(file: Path) -> None:
    make_member(make_workspace(), "author")
    run(str(file))
    assert run(str(file)).startswith("aria-2:")
    assert "aria is taken" in refused(str(file), "--slug", "aria")


def test_standard_input(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    make_member(make_workspace(), "author")
    monkeypatch.setattr("sys.stdin", file.open())
    assert run("-", "--domain", "finance").startswith("aria:")
    assert Prompt.objects.get().drafts.get().content["domain"] == "finance"


def test_what_cannot_be_imported_is_said(file: Path, tmp_path: Path) -> None:
    member: Any = make_member(make_workspace("one"), "viewer", name="vera")
    assert "has no author" in refused(str(file))
    assert "vera is no author" in refused(str(file), "--as", member.user.username)
    make_workspace("two")
    assert "several workspaces" in refused(str(file))
    make_member(member.workspace, "author", user=None)
    assert "can't be read" in refused(str(tmp_path / "none.md"), "--workspace", "one")
    (tmp_path / "binary").write_bytes(b"a\0b")
    assert "NUL" in refused(str(tmp_path / "binary"), "--workspace", "one")
    assert not Prompt.objects.exists()
