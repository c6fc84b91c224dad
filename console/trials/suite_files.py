"""Suites as files: JSON lines (everything), CSV (for spreadsheets), promptfoo's YAML. What a form cannot say is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath

from console.trials import promptfoo_reading, promptfoo_writing, suite_csv
from console.trials.models import SuiteVersion
from console.trials.scenarios import MOST_BYTES, Scenario, decoded, parse_scenarios


@dataclass(frozen=True, slots=True)
class Imported:
    """``notes``: a sentence for each thing of the file that has no equivalent here."""

    scenarios: tuple[Scenario, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Format:
    title: str
    media_type: str
    extension: str
    write: Callable[[SuiteVersion], str]


def to_jsonl(version: SuiteVersion) -> str:
    """One scenario a line, whole."""
    return "".join(json.dumps(form, ensure_ascii=False) + "\n" for form in version.scenarios)


FORMATS: dict[str, Format] = {
    "jsonl": Format("JSON lines", "application/jsonl", "jsonl", to_jsonl),
    "csv": Format("CSV", "text/csv", "csv", lambda version: suite_csv.write(version.scenarios)),
    "promptfoo": Format(
        "promptfoo YAML",
        "application/yaml",
        "yaml",
        lambda version: promptfoo_writing.write(version.scenarios, str(version)),
    ),
}
_BY_EXTENSION = {
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl", ".csv": "csv", ".tsv": "csv",
    ".yaml": "promptfoo", ".yml": "promptfoo",
}  # fmt: skip


def read_suite(source: str | bytes, name: str = "") -> Imported:
    """Scenarios of a file; its form is told by its name, else by its content. Raises ScenarioProblems."""
    form = _BY_EXTENSION.get(PurePath(name).suffix.lower()) or _guessed(source)
    if form == "jsonl" and _is_promptfoo_json(source):
        form = "promptfoo"
    if form == "jsonl":
        return Imported(parse_scenarios(source))
    text = decoded(source)
    read = suite_csv.read if form == "csv" else promptfoo_reading.read
    return Imported(*read(text))


def _guessed(source: str | bytes) -> str:
    start = source[:20_000]
    head = (start.decode("utf-8", "replace") if isinstance(start, bytes) else start).lstrip("\ufeff \t\r\n")
    if head[:1] in ("{", "["):
        return "jsonl"
    first = head.split("\n", 1)[0].lower()
    if suite_csv.looks_like_head(first):
        return "csv"
    lines = head.splitlines()
    keys = ("tests:", "prompts:", "providers:", "description:", "defaulttest:", "scenarios:", "targets:")
    return "promptfoo" if any(line.lower().startswith(keys) for line in lines) else "jsonl"


def _is_promptfoo_json(source: str | bytes) -> bool:
    """promptfoo reads JSON too: one object that has tests."""
    head = source[:MOST_BYTES]
    text = head.decode("utf-8", "replace") if isinstance(head, bytes) else head
    if not text.lstrip("\ufeff \t\r\n").startswith("{") or '"tests"' not in text:
        return False
    try:
        data = json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return False
    return isinstance(data, dict) and "tests" in data
