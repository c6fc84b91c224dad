"""Promises that hold for the whole tree: every template keeps to the strict policy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_templates_keep_to_the_policy(template):
    """No inline script, style or handler, and nothing marked safe: what people and models write is hostile text."""
    text = template.read_text()
    assert not re.search(r"\sstyle\s*=", text), "inline style"
    assert not re.search(r"<style\b", text), "style element"
    assert not re.search(r"\son\w+\s*=|hx-on", text), "inline handler"
    assert "|safe" not in text.replace(" ", "")
    assert "autoescape off" not in text
    for script in re.findall(r"<script\b[^>]*>", text):
        assert "src=" in script or 'type="application/json"' in script, script


def test_nobody_imports_a_views_module():
    offenders = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "console").rglob("*.py")
        if path.name not in {"urls.py", "api_urls.py"} and not path.name.startswith("test_")
        if re.search(
            r"^\s*(from|import) console\.\w+(\.\w*views| import .*\bviews\b)", path.read_text(), re.MULTILINE
        )
    ]
    assert offenders == []


def test_the_policy_engine_stands_alone():
    for path in (ROOT / "policies").rglob("*.py"):
        for module in re.findall(r"^\s*(?:from|import) (\w+)", path.read_text(), re.MULTILINE):
            assert module not in {"django", "celery", "anthropic", "psycopg", "console"}, (
                f"{path.name}: {module}"
            )


def test_rows_are_locked_without_their_keys():
    """INSERTs take a share of the keys that they refer to, at the latest when they commit: a lock that includes the key
    makes them wait for whoever holds it, who may wait for them. That was a deadlock of editing and releasing.
    """
    locks = re.compile(r"select_for_update\((?!no_key=True)")
    found = [str(path) for path in (ROOT / "console").rglob("*.py") if locks.search(path.read_text())]
    assert not found
