"""A run as a file: JSON and JUnit for programs, JSON lines and CSV for analysis, HTML for people without a login."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from django.utils.html import format_html

from console.trials import failures, quality_page, reports, results
from console.trials.models import Run
from console.trials.reports import Reported
from console.trials.suite_csv import escaped
from console.trials.transcript import Turn, turns

COLUMNS = (
    "run", "state", "revision", "scenario", "title", "purpose", "sample", "status", "verdict", "error",
    "turns", "calls", "input_tokens", "output_tokens", "cost", "milliseconds", "failed",
)  # fmt: skip

# Part of the file, which is opened from a disk and not under the pages' policy: it fetches and runs nothing.
STYLE = """
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { max-width: 64rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1.5rem; font-size: .9rem; }
th, td { text-align: start; vertical-align: top; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #8884; }
td.num, th.num { text-align: end; font-variant-numeric: tabular-nums; }
.verdict { font: 1.1rem/1.5 Georgia, serif; }
.warn { border: 2px solid; padding: .5rem 1rem; }
code { font-size: .85rem; overflow-wrap: anywhere; }
"""


@dataclass(frozen=True, slots=True)
class Format:
    title: str
    media_type: str
    write: Callable[[Run], Iterator[str]]


def _json(run: Run) -> Iterator[str]:
    yield json.dumps(reports.as_json(run), ensure_ascii=False, indent=1)


def _junit(run: Run) -> Iterator[str]:
    yield reports.as_junit(run)


def _jsonl(run: Run) -> Iterator[str]:
    """A conversation a line, with what was said and which tools were called."""
    for reported in reports.conversations_of(run, transcripts=True):
        said = [_said(turn) for turn in turns(reported.conversation.messages)]
        line = {
            "run": run.number,
            "complete": run.is_complete,
            **reports.conversation_data(reported),
            "said": said,
        }
        yield json.dumps(line, ensure_ascii=False) + "\n"


def _said(turn: Turn) -> dict[str, Any]:
    form: dict[str, Any] = {"user": turn.said, "reply": turn.reply}
    if turn.seconds is not None:
        form["seconds"] = round(turn.seconds, 3)
    if turn.calls:
        form["tools"] = [
            {"name": call.name, "input": call.input, "result": call.result, "error": call.is_error}
            for call in turn.calls
        ]
    return form


def _csv(run: Run) -> Iterator[str]:
    """A conversation a row; no cell is a formula."""
    forms = {form["id"]: form for form in run.suite_version.played}
    yield _row(COLUMNS)
    for reported in reports.conversations_of(run):
        yield _row(_cells(run, reported, forms[reported.conversation.scenario]))


def _cells(run: Run, reported: Reported, form: Mapping[str, object]) -> Iterator[object]:
    conversation = reported.conversation
    failed = [f"{v.kind}: {v.reason}" for v in reported.verdicts if v.verdict in ("fail", "error")]
    yield from (run.number, run.get_status_display(), reported.subject.label, conversation.scenario)
    yield from (form["title"], form.get("purpose", "adherence"), conversation.sample)
    yield from (conversation.status, conversation.verdict, conversation.error)
    yield from (conversation.turns, conversation.calls, conversation.input_tokens)
    yield from (conversation.output_tokens, conversation.cost, conversation.milliseconds, "\n".join(failed))


def _row(cells: Iterable[object]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(escaped(str(cell)) for cell in cells)
    return out.getvalue()


def _html(run: Run) -> Iterator[str]:
    """One file that needs nothing else: no script, no style of others, no link out."""
    rows, limits = results.rows_of(run), results.limits_of(run)
    subjects = list(run.subjects.defer("params", "tools", "variables"))
    yield render_to_string(
        "trials/report.html",
        {
            "style": format_html("<style>{}</style>", STYLE),
            "run": run,
            "subjects": subjects,
            "rows": rows,
            "rates": [(subject, results.rates_of(rows, subject.position)) for subject in subjects],
            "limits": [(subject, sorted(limits.get(subject.position, {}).items())) for subject in subjects],
            "measures": [
                (subject, quality_page.figures_alone(run, subject.position)) for subject in subjects
            ],
            "comparisons": (run.result or {}).get("comparisons", []),
            "regressions": results.regressions(run),
            "flaky": [(subject, results.flaky_of(rows, subject.position)) for subject in subjects],
            "failures": [(subject, failures.failures_of(run, subject.position)) for subject in subjects],
        },
    )


FORMATS: dict[str, Format] = {
    "html": Format("HTML", "text/html", _html),
    "csv": Format("CSV", "text/csv", _csv),
    "jsonl": Format("JSON lines", "application/jsonl", _jsonl),
    "json": Format("JSON", "application/json", _json),
    "xml": Format("JUnit", "application/xml", _junit),
}
