"""Suites as CSV, for people with a spreadsheet: a row a scenario, a column a turn, a line an expectation.

A cell that a spreadsheet would take for a formula is written with an apostrophe before it, which is taken off again.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from console.trials.scenario_form import Expected, Unreadable, expectation_of, expected_of
from console.trials.scenarios import MOST_SCENARIOS, Scenario, ScenarioProblems, read_records
from policies.canonical import CanonicalError, plain, read_json

PLAIN = ("id", "title", "purpose", "domain", "family")
LISTS = ("covers", "tags")
AS_JSON = ("tools", "variables", "matrix", "simulated_user", "version")
COLUMNS = (*PLAIN, *LISTS)
MOST_COLUMNS = 200
BOM = "\ufeff"  # before a file that people download: without it a spreadsheet takes UTF-8 for something else
_FORMULA = tuple("=+-@\t\r")
_TURN = re.compile(r"(?:turn|user|message)[ _]?([0-9]{1,2})?")
_SHORT = re.compile(r"([a-z_]+)(?:@([0-9]{1,3}|last|any))?(?::\s?(.*))?", re.DOTALL)


def looks_like_head(line: str) -> bool:
    names = {name.strip(' "\r') for name in re.split(r"[,;\t]", line)}
    return len(names) > 1 and bool(names & {"id", "title", "expect"} or any(map(_TURN.fullmatch, names)))


# --- out


def write(forms: Sequence[Mapping[str, Any]]) -> str:
    """All of the suite: what has no column of its own stands as JSON in its cell."""
    turns = max((len(form.get("turns", ())) for form in forms), default=0)
    further = [name for name in AS_JSON if any(form.get(name) is not None for form in forms)]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([*COLUMNS, *(f"turn {n}" for n in range(1, turns + 1)), "expect", *further])
    for form in forms:
        writer.writerow(map(escaped, _cells(form, turns, further)))
    return out.getvalue()


def _cells(form: Mapping[str, Any], turns: int, further: Sequence[str]) -> Iterator[str]:
    yield from (str(form.get(name) or "") for name in PLAIN)
    for name in LISTS:
        yield " ".join(form.get(name, ())) if _is_wordlike(form.get(name, ())) else _json(form[name])
    said = [turn["user"] for turn in form.get("turns", ())]
    yield from (*said, *[""] * (turns - len(said)))
    yield "\n".join(_short(expectation) for expectation in form["expect"])
    yield from (_json(form[name]) if form.get(name) is not None else "" for name in further)


def _is_wordlike(values: Iterable[str]) -> bool:
    return all(value and not re.search(r"[\s,\[\]]", value) for value in values)


def _json(value: Any) -> str:
    return json.dumps(plain(value), ensure_ascii=False)


def _short(expectation: Mapping[str, Any]) -> str:
    """``contains@1: fee`` where that says all, else the expectation as JSON."""
    row = expected_of(expectation)
    line = f"{row.kind}@{row.turn}" + (f": {row.value}" if row.value else "")
    try:
        same = _expectation(line, 1) == dict(plain(expectation)) | {"turn": expectation.get("turn", "last")}
    except Unreadable:
        same = False
    return line if same and "\n" not in line else _json(expectation)


def escaped(cell: str) -> str:
    """Kept from being a formula; an apostrophe that stands before such a character itself gets a second one."""
    return f"'{cell}" if _reads_as_formula(cell) else cell


def _reads_as_formula(cell: str) -> bool:
    return cell.lstrip("'").startswith(_FORMULA)


def unescaped(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _reads_as_formula(cell) else cell


# --- in


def read(text: str) -> tuple[tuple[Scenario, ...], tuple[str, ...]]:
    """Scenarios, and a sentence for each column that is not read. Raises ScenarioProblems."""
    rows = _rows(text)
    if not rows:
        raise ScenarioProblems(
            ["The file is empty: it takes a line of column names and a row for each scenario."]
        )
    head = [name.strip().lower() for name in rows[0][1]]
    _check_head(head)
    if len(rows) > MOST_SCENARIOS + 1:
        raise ScenarioProblems(
            [f"There are {len(rows) - 1:,} rows in it; the most for one suite is {MOST_SCENARIOS:,}."]
        )
    notes = [
        f"The column “{name}” is not read: nothing here is called so."
        for name in head
        if name and name not in (*COLUMNS, *AS_JSON, "expect") and not _TURN.fullmatch(name)
    ]
    problems: list[str] = []
    return read_records(_records(head, rows[1:], problems), problems), tuple(notes)


def _rows(text: str) -> list[tuple[int, list[str]]]:
    """Rows that hold anything, with the line on which each ends."""
    first = text.lstrip().split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        return [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise ScenarioProblems([f"Line {reader.line_num}: this is not CSV, {error}."]) from None


def _check_head(head: Sequence[str]) -> None:
    if len(head) > MOST_COLUMNS:
        raise ScenarioProblems([f"There are {len(head)} columns; the most is {MOST_COLUMNS}."])
    if twice := next((name for name in head if name and head.count(name) > 1), None):
        raise ScenarioProblems([f"The column “{twice}” stands twice; keep one of them."])
    if not any(map(_TURN.fullmatch, head)) and "simulated_user" not in head:
        raise ScenarioProblems(
            ["No column holds what the user says: name it “turn”, or “turn 1”, “turn 2” and so on."]
        )


def _records(
    head: Sequence[str], rows: Sequence[tuple[int, list[str]]], problems: list[str]
) -> Iterator[tuple[str, Any]]:
    for number, (line, row) in enumerate(rows, 1):
        cells = dict(zip(head, map(unescaped, row), strict=False))
        try:
            yield f"Row {number} (line {line})", _scenario(cells, number)
        except Unreadable as error:
            problems.append(f"Row {number} (line {line}): {error}")


def _scenario(cells: Mapping[str, str], number: int) -> dict[str, Any]:
    turns = sorted(
        (int(found[1] or 1), text) for name, text in cells.items() if (found := _TURN.fullmatch(name))
    )
    said = [{"user": text} for _, text in turns if text.strip()]
    data: dict[str, Any] = {name: cells[name].strip() for name in PLAIN if cells.get(name, "").strip()}
    data.setdefault("id", f"row-{number}")
    data.setdefault("title", said[0]["user"].strip().split("\n")[0][:120] if said else data["id"])
    for name in LISTS:
        if text := cells.get(name, "").strip():
            data[name] = _read(text, name) if text.startswith("[") else text.replace(",", " ").split()
    for name in AS_JSON:
        if text := cells.get(name, "").strip():
            data[name] = _read(text, name)
    if said:
        data["turns"] = said
    data["expect"] = list(_expectations(cells.get("expect", "")))
    return data


def _expectations(cell: str) -> Iterator[dict[str, Any]]:
    if cell.strip().startswith("["):
        listed = _read(cell.strip(), "expect")
        yield from listed if isinstance(listed, list) else [listed]
        return
    lines = [line.strip("\r") for line in cell.split("\n") if line.strip()]
    for at, line in enumerate(lines, 1):
        yield _expectation(line, at)


def _expectation(line: str, at: int) -> dict[str, Any]:
    if line.lstrip().startswith("{"):
        data = _read(line.strip(), f"expectation {at}")
        if not isinstance(data, dict):
            raise Unreadable(f"expectation {at} is no JSON object.")
        return data
    found = _SHORT.fullmatch(line.strip())
    if found is None:
        raise Unreadable(
            f"expectation {at}, “{line[:60]}”: write kind: value, or kind@turn: value, as in contains@1: fee."
        )
    kind, turn, value = found.groups()
    return expectation_of(Expected(kind=kind, turn=turn or "last", value=value or ""), at)


def _read(text: str, where: str) -> Any:
    try:
        return read_json(text)
    except CanonicalError as error:
        raise Unreadable(f"{where}: {error}") from None
