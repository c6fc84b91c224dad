"""Suites from promptfoo's YAML: tests with their asserts; what has no equivalent here is named, never dropped in silence.

What this program wrote is read back whole as long as nobody changed the test.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

import re2

from console.trials.promptfoo_writing import CHAT, MESSAGE, OURS, digest_of
from console.trials.scenarios import MOST_SCENARIOS, Scenario, ScenarioProblems, read_records
from policies.canonical import CanonicalError
from policies.sources import SourceError, read_data

SAYS = ("message", "question", "query", "input", "prompt", "user", "user_message", "text", "user_input")
MOST_COMBINATIONS = 500


def read(text: str) -> tuple[tuple[Scenario, ...], tuple[str, ...]]:
    """Scenarios, and what of the file has no equivalent. Raises ScenarioProblems."""
    try:
        config = read_data(text)
    except SourceError as error:
        raise ScenarioProblems([str(error)]) from None
    if isinstance(config, list):
        config = {"tests": config}
    if not isinstance(config, Mapping):
        raise ScenarioProblems(["This is no promptfoo configuration: it takes an object with “tests”."])
    reading = _Reading(config)
    records = list(reading.records())
    if len(records) > MOST_SCENARIOS:
        raise ScenarioProblems(
            [f"There are {len(records):,} tests in it; the most for one suite is {MOST_SCENARIOS:,}."]
        )
    return read_records(records, reading.problems), tuple(reading.notes)


_NOT_READ = {
    "providers": "models are chosen when a run starts",
    "targets": "models are chosen when a run starts",
    "outputPath": "results are exported from the run's page",
    "evaluateOptions": "samples and concurrency are chosen when a run starts",
    "transform": "replies are graded as they are",
    "extensions": "nothing of a file is executed",
    "nunjucksFilters": "nothing of a file is executed",
    "env": "a suite needs no environment",
    "derivedMetrics": "measures are defined in the documentation",
    "redteam": "generated suites come from the policy's probes",
    "commandLineOptions": "",
    "sharing": "nothing is shared",
    "tracing": "",
}  # fmt: skip
_READ = {"tests", "defaultTest", "scenarios", "prompts", "description", "$schema", "tags"}


class _Reading:
    """One file: collects what cannot be read (``problems``) and what has no equivalent (``notes``)."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.config = config
        self.problems: list[str] = []
        self.notes: list[str] = []
        default = config.get("defaultTest")
        self.default: Mapping[str, Any] = default if isinstance(default, Mapping) else {}
        for key in config:
            if key not in _READ:
                self._note(f"“{key}” is not read" + (f": {_NOT_READ[key]}." if _NOT_READ.get(key) else "."))
        if isinstance(default, str):
            self._note(f"“defaultTest” is in another file ({default[:80]}), which is not read.")
        self.template = self._template()

    def _note(self, sentence: str) -> None:
        if sentence not in self.notes:
            self.notes.append(sentence)

    def _template(self) -> str:
        """How promptfoo's prompt makes a message of the variables, where that is one line of text."""
        prompts = self.config.get("prompts")
        listed = prompts if isinstance(prompts, list) else [prompts] if prompts else []
        texts = [prompt if isinstance(prompt, str) else "" for prompt in listed]
        if texts == [CHAT]:
            return ""
        if listed:
            self._note(
                "“prompts” are not read: what answers is a prompt of this workspace."
                + (" Its text is taken for what the user says." if _is_message(texts) else "")
            )
        return texts[0] if _is_message(texts) else ""

    def records(self) -> Iterator[tuple[str, Any]]:
        """(place, scenario as plain data), tests of one conversation together."""
        grouped: dict[str, list[tuple[int, Mapping[str, Any]]]] = {}
        for number, test in enumerate(self._tests(), 1):
            grouped.setdefault(_conversation(test) or f"#{number}", []).append((number, test))
        for tests in grouped.values():
            numbers = [number for number, _ in tests]
            where = f"Test {numbers[0]}" + (f" to {numbers[-1]}" if len(numbers) > 1 else "")
            data = self._scenario(where, numbers[0], [test for _, test in tests])
            if data is not None:
                yield where, data

    def _tests(self) -> Iterator[Mapping[str, Any]]:
        yield from self._listed("tests", self.config.get("tests"))
        for scenario in self._listed("scenarios", self.config.get("scenarios")):
            tests = list(self._listed("scenarios.tests", scenario.get("tests")))
            for config in self._listed("scenarios.config", scenario.get("config")):
                for test in tests or [{}]:
                    yield {**test, "vars": {**_vars_of(config), **_vars_of(test)}}

    def _listed(self, where: str, value: Any) -> Iterator[Mapping[str, Any]]:
        for item in value if isinstance(value, list) else [value] if value is not None else []:
            if isinstance(item, Mapping):
                yield item
            else:
                self._note(f"“{where}” names {str(item)[:80]!r}: other files are not read.")

    def _scenario(
        self, where: str, number: int, tests: Sequence[Mapping[str, Any]]
    ) -> Mapping[str, Any] | None:
        ours = _metadata(tests[0]).get(OURS)
        written: Mapping[str, Any] = ours if isinstance(ours, Mapping) else {}
        kept = written.get("scenario")
        if isinstance(kept, Mapping) and written.get("digest") == _safe_digest(tests):
            return kept
        if isinstance(kept, Mapping):
            self._note(
                f"{where} was changed since it was exported: its tests count, not what was kept beside them."
            )
        variables = {**_vars_of(self.default), **_vars_of(tests[0])}
        says, key = [], ""
        for test in tests:
            text, key = self._said({**_vars_of(self.default), **_vars_of(test)})
            if not text:
                self.problems.append(
                    f"{where}: it is not clear what the user says; call that variable “{MESSAGE}”."
                )
                return None
            says.append({"user": text})
        given = kept if isinstance(kept, Mapping) else {}
        title = str(tests[0].get("description") or says[0]["user"]).strip().split("\n")[0][:200]
        data = {
            name: given[name]
            for name in ("purpose", "domain", "covers", "tags", "family", "tools")
            if name in given
        }
        data |= {
            "id": str(given.get("id") or _conversation(tests[0]) or f"test-{number}"),
            "title": title or f"Test {number}",
            "turns": says,
            "expect": [
                check for turn, test in enumerate(tests, 1) for check in self._expect(where, turn, test)
            ],
        }
        return data | self._variables(where, variables, key)

    def _said(self, variables: Mapping[str, Any]) -> tuple[str, str]:
        """What the user says, and the variable that it came from, "" where it is made of several."""
        if self.template:
            return _PLACE.sub(lambda found: str(variables.get(found[1], found[0])), self.template), ""
        texts = {name: value for name, value in variables.items() if isinstance(value, str)}
        name = next((name for name in SAYS if name in texts), None)
        if name is None and len(texts) == 1:
            (name,) = texts
        return (texts[name], name) if name else ("", "")

    def _variables(self, where: str, variables: Mapping[str, Any], said: str) -> dict[str, Any]:
        """Single values are the scenario's variables; lists are combined, as promptfoo does, into a matrix."""
        rest = {name: value for name, value in variables.items() if name != said}
        single = {name: value for name, value in rest.items() if isinstance(value, str | int | float)}
        lists = {name: value for name, value in rest.items() if isinstance(value, list) and value}
        for name in rest.keys() - single.keys() - lists.keys():
            self._note(
                f"{where}: the variable “{name}” is neither a value nor a list of values and is left out."
            )
        matrix = [dict(zip(lists, row, strict=True)) for row in _combined(lists)] if lists else []
        if lists and not matrix:
            self.problems.append(f"{where}: its variables combine to more than {MOST_COMBINATIONS} rows.")
        return {"variables": single} | ({"matrix": matrix} if matrix else {})

    def _expect(self, where: str, turn: int, test: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        for key in test.keys() - {"vars", "assert", "description", "metadata"}:
            self._note(f"{where}: “{key}” has no equivalent and is left out.")
        options = test.get("options") or {}
        own = (
            []
            if isinstance(options, Mapping) and options.get("disableDefaultAsserts")
            else self.default.get("assert")
        )
        for check in [*_list(own), *_list(test.get("assert"))]:
            yield from self._check(where, turn, check)

    def _check(self, where: str, turn: int, check: Any) -> Iterator[dict[str, Any]]:
        if not isinstance(check, Mapping):
            self._note(f"{where}: an assert is no object and is left out.")
            return
        type_ = str(check.get("type", ""))
        if type_ == "assert-set":
            self._note(
                f"{where}: the asserts of an assert-set are read one by one; its threshold is left out."
            )
            for inner in _list(check.get("assert")):
                yield from self._check(where, turn, inner)
            return
        try:
            found = _expectations(type_, check.get("value"))
        except _NoEquivalent as error:
            self._note(f"{where}: the assert “{type_}” has no equivalent{error} and is left out.")
            return
        for key in check.keys() & {"threshold", "weight", "transform", "provider", "contextTransform"}:
            self._note(f"{where}: “{key}” of an assert has no equivalent and is left out.")
        for kind, value in found:
            made = {"kind": kind, "value": value, "turn": turn}
            metric = check.get("metric")
            yield made | (
                {"limit": metric} if isinstance(metric, str) and metric.startswith("limit.") else {}
            )


class _NoEquivalent(Exception):
    """An assert that no expectation stands for; says why, as a parenthesis, or nothing."""


_PLACE = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]*)(?:\s*\|[^}]*)?\s*\}\}")


def _expectations(type_: str, value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, str) and value.startswith(("file://", "package:")):
        raise _NoEquivalent(" (its value is in another file)")
    text = value if isinstance(value, str) else str(value)
    match type_:
        case "contains" | "icontains":
            return [("contains", text)]
        case "not-contains" | "not-icontains":
            return [("not_contains", text)]
        case "contains-all" | "icontains-all":
            return [("contains", str(one)) for one in _list(value)]
        case "contains-any" | "icontains-any":
            return [("regex", "(?i)" + "|".join(re2.escape(str(one)) for one in _list(value)))]
        case "not-contains-any" | "not-icontains-any":
            return [("not_contains", str(one)) for one in _list(value)]
        case "equals":
            return [("regex", rf"(?s)\A\s*{re2.escape(text)}\s*\z")]
        case "starts-with":
            return [("regex", rf"\A{re2.escape(text)}")]
        case "regex":
            return [("regex", text)]
        case "is-refusal":
            return [("refusal", True)]
        case "not-is-refusal":
            return [("no_refusal", True)]
        case "is-json":
            return [("json_schema", value if isinstance(value, Mapping) else {})]
        case "llm-rubric" | "g-eval" | "model-graded-closedqa":
            return [("judge", " ".join(map(str, value)) if isinstance(value, list) else text)]
        case "factuality" | "model-graded-factuality":
            return [("judge", f"Pass if the reply agrees in its facts with: {text}")]
        case "word-count":
            most = value.get("max") if isinstance(value, Mapping) else value
            if (isinstance(value, Mapping) and set(value) - {"max"}) or type(most) is not int:
                raise _NoEquivalent(" (only a highest number of words has)")
            return [("max_words", most)]
        case _:
            raise _NoEquivalent


def _is_message(texts: Sequence[str]) -> bool:
    """One prompt, a line of text with a variable in it: no chat, no file."""
    text = texts[0] if len(texts) == 1 else ""
    plain_text = (
        not text.lstrip().startswith(("[", "{%")) and "://" not in text and "_conversation" not in text
    )
    return bool(_PLACE.search(text)) and plain_text


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [] if value is None else [value]


def _vars_of(test: Mapping[str, Any]) -> dict[str, Any]:
    found = test.get("vars")
    return dict(found) if isinstance(found, Mapping) else {}


def _metadata(test: Mapping[str, Any]) -> Mapping[str, Any]:
    found = test.get("metadata")
    return found if isinstance(found, Mapping) else {}


def _conversation(test: Mapping[str, Any]) -> str:
    found = _metadata(test).get("conversationId")
    return str(found) if isinstance(found, str | int) else ""


def _safe_digest(tests: Sequence[Mapping[str, Any]]) -> str:
    try:
        return digest_of(tests)
    except (CanonicalError, TypeError, ValueError):
        return ""


def _combined(lists: Mapping[str, Sequence[Any]]) -> list[tuple[Any, ...]]:
    """Every combination, or none where they are too many."""
    count = 1
    for values in lists.values():
        count *= len(values)
    return list(product(*lists.values())) if count <= MOST_COMBINATIONS else []
