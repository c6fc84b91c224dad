"""Suites as promptfoo's YAML: tests that promptfoo runs, with what it cannot say kept as metadata and named on top.

A conversation of several turns is several tests of one ``conversationId``, as promptfoo has it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from policies.canonical import digest, plain

CHAT = """[
{% for completion in _conversation %}
  {"role": "user", "content": {{ completion.input | dump }}},
  {"role": "assistant", "content": {{ completion.output | dump }}},
{% endfor %}
  {"role": "user", "content": {{ message | dump }}}
]"""
MESSAGE = "message"
OURS = "remit"

_KINDS_OUT = {
    "contains": "icontains",
    "not_contains": "not-icontains",
    "regex": "regex",
    "refusal": "is-refusal",
    "no_refusal": "not-is-refusal",
    "judge": "llm-rubric",
    "json_schema": "is-json",
    "max_words": "word-count",
    "max_seconds": "latency",
}
_EVERY_TURN = frozenset({"not_contains", "no_refusal", "max_words", "max_seconds"})


def write(forms: Sequence[Mapping[str, Any]], title: str) -> str:
    """A configuration whose prompt is the conversation alone: the system prompt comes from the exported release."""
    lost: dict[str, set[str]] = {}
    tests = [test for form in forms for test in _tests_of(form, lost)]
    body = {"description": f"{title}, from Remit", "prompts": [CHAT], "tests": tests}
    notes = [
        f"# promptfoo cannot check {what}: {', '.join(sorted(ids))}." for what, ids in sorted(lost.items())
    ]
    head = [
        "# Scenarios as promptfoo runs them. Add providers, and the released system prompt as a first message."
    ]
    dumped = yaml.dump(
        body, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=110, default_flow_style=False
    )
    return "\n".join([*head, *notes, dumped])


class _Dumper(yaml.SafeDumper):
    """Without anchors, which this program's own reader refuses."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _tests_of(form: Mapping[str, Any], lost: dict[str, set[str]]) -> Iterator[dict[str, Any]]:
    turns = [turn["user"] for turn in form.get("turns", ())]
    if not turns:
        lost.setdefault("conversations with a simulated user (left out)", set()).add(form["id"])
        turns = [form["simulated_user"]["opening"]]
    if form.get("tools"):
        lost.setdefault("simulated tools", set()).add(form["id"])
    asserts = [list(_asserts(form, turn, len(turns))) for turn in range(1, len(turns) + 1)]
    for expectation in form["expect"]:
        if expectation["kind"] not in _KINDS_OUT:
            lost.setdefault(f"expectations of kind {expectation['kind']}", set()).add(form["id"])
    shared = {"conversationId": form["id"]} if len(turns) > 1 else {}
    made: list[dict[str, Any]] = []
    for number, (text, checks) in enumerate(zip(turns, asserts, strict=True), 1):
        name = form["title"] if len(turns) == 1 else f"{form['title']}, turn {number}"
        made.append(
            {"description": name, "vars": _vars(form, text), "assert": checks, "metadata": dict(shared)}
        )
    whole = {"scenario": plain(form), "digest": digest_of(made)}
    made[0]["metadata"][OURS] = whole
    for test in made:
        yield {key: value for key, value in test.items() if value}


def _vars(form: Mapping[str, Any], text: str) -> dict[str, Any]:
    """A matrix is several values of a variable: promptfoo combines lists, so that only one column goes as a list."""
    rows = form.get("matrix") or []
    columns: dict[str, Any] = {}
    if rows and all(list(row) == list(rows[0]) for row in rows) and len(rows[0]) == 1:
        (name,) = rows[0]
        columns[name] = [row[name] for row in rows]
    return {**form.get("variables", {}), **columns, MESSAGE: text}


def _asserts(form: Mapping[str, Any], turn: int, last: int) -> Iterator[dict[str, Any]]:
    for expectation in form["expect"]:
        kind, at = expectation["kind"], expectation.get("turn", "last")
        here = at == turn or (at == "last" and turn == last)
        anywhere = at == "any" and (kind in _EVERY_TURN or turn == last)
        if kind in _KINDS_OUT and (here or anywhere):
            made: dict[str, Any] = {"type": _KINDS_OUT[kind]}
            if kind == "max_words":
                made["value"] = {"max": expectation["value"]}
            elif kind == "max_seconds":
                made["threshold"] = round(expectation["value"] * 1000)
            elif kind not in ("refusal", "no_refusal"):
                made["value"] = plain(expectation["value"])
            if limit := expectation.get("limit"):
                made["metric"] = limit
            yield made


def digest_of(tests: Sequence[Mapping[str, Any]]) -> str:
    """Over what a person would change in the file."""
    return digest([[test.get("vars") or {}, test.get("assert") or []] for test in tests])
