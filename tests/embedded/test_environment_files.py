"""`.env` is read as it is documented, and `.env.example` lists all that the program reads."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from console.embedded import dotenv
from console.embedded.layout import REPOSITORY, EmbeddedError

# Not for people: set by our own programs.
INTERNAL = {"DJANGO_SETTINGS_MODULE", "LC_ALL", "PATH", "REMIT_AS_OWNER", "REMIT_COLD", "REMIT_EMBEDDED_FAST"}


def read_names() -> set[str]:
    pattern = re.compile(r"""(?:environ(?:\.get)?[\[(]|getenv\(|\bflag\()\s*["']([A-Z][A-Z0-9_]+)["']""")
    sources = [*(REPOSITORY / "console").rglob("*.py"), REPOSITORY / "manage.py"]
    return {name for source in sources for name in pattern.findall(source.read_text())} - INTERNAL


def test_the_example_lists_every_setting_that_is_read() -> None:
    listed = set(
        re.findall(r"^# ([A-Z][A-Z0-9_]+)=", (REPOSITORY / ".env.example").read_text(), re.MULTILINE)
    )
    assert read_names() - listed == set()


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("PORT=8001", "PORT", "8001"),
        ("export PORT = 8001   # another", "PORT", "8001"),
        ("SECRET_KEY='a # b $HOME'", "SECRET_KEY", "a # b $HOME"),
        ('REMIT_URL="https://x.example"', "REMIT_URL", "https://x.example"),
        ("EMPTY=", "EMPTY", ""),
        ("URL=postgresql://u:p#w@h/d", "URL", "postgresql://u:p#w@h/d"),
        ("# PORT=1", "", ""),
        ("", "", ""),
    ],
)
def test_a_line_is_a_name_and_its_text(line: str, name: str, value: str) -> None:
    assert dotenv._parse(line, "here:1") == (name, value)


@pytest.mark.parametrize("line", ["PORT 8001", "=8001", "1PORT=8001", "<<<<<<< HEAD"])
def test_another_line_is_named_with_its_place(line: str) -> None:
    with pytest.raises(EmbeddedError, match=r"^here:7: not of the form NAME=value"):
        dotenv._parse(line, "here:7")


def test_what_the_environment_sets_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("REMIT_TRY_ONE=file\nREMIT_TRY_TWO=file\n")
    monkeypatch.setattr(dotenv, "REPOSITORY", tmp_path)
    monkeypatch.setenv("REMIT_TRY_ONE", "environment")
    monkeypatch.setenv("REMIT_TRY_TWO", "")
    monkeypatch.delenv("REMIT_TRY_TWO")
    dotenv.load()
    assert (os.environ["REMIT_TRY_ONE"], os.environ["REMIT_TRY_TWO"]) == ("environment", "file")
