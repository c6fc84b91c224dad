"""Suites from promptfoo's YAML: tests with their asserts; what has no equivalent here is named, never dropped in silence.

What this program wrote is read back whole as long as nobody changed the test.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import product
from typing import Any

from console.trials.promptfoo_asserts import CASELESS, NoEquivalent, expectations
from console.trials.promptfoo_templates import Computed, message_of, names_in, rendered
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
    if not records:
        raise ScenarioProblems(reading.notes or ["There is no test in it: it takes a list under “tests”."])
    if len(records) > MOST_SCENARIOS:
        raise ScenarioProblems(
            [f"There are {len(records):,} tests in it; the most for one suite is {MOST_SCENARIOS:,}."]
        )
    return read_records(records, []), tuple(reading.notes)


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
_WITHOUT = {"threshold", "weight", "transform", "provider", "contextTransform"}  # keys of asserts
_READ_OF_TEST = {"vars", "assert", "description", "metadata"}
_KEPT = ("purpose", "domain", "covers", "tags", "family", "tools")
_READ = {"tests", "defaultTest", "scenarios", "prompts", "description", "$schema", "tags"}


class _LeftOut(Exception):
    """A test that makes no scenario; says why, as the end of a sentence."""


class _Reading:
    """One file: ``notes`` collects what has no equivalent."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.config = config
        self.notes: list[str] = []
        default = config.get("defaultTest")
        self.default: Mapping[str, Any] = default if isinstance(default, Mapping) else {}
        for key in config:
            if key not in _READ:
                self._note(f"“{key}” is not read" + (f": {_NOT_READ[key]}." if _NOT_READ.get(key) else "."))
        if isinstance(default, str):
            self._note(f"“defaultTest” is in another file ({default[:80]}), which is not read.")
        for key in self.default.keys() - _READ_OF_TEST:
            self._note(f"“{key}” of “defaultTest” has no equivalent and is left out.")
        self.prompt = self._prompt()

    def _note(self, sentence: str) -> None:
        if sentence not in self.notes:
            self.notes.append(sentence)

    def _prompt(self) -> str:
        """What promptfoo's prompt makes the user say, where that is plain text."""
        prompts = self.config.get("prompts")
        listed = prompts if isinstance(prompts, list) else [prompts] if prompts else []
        if listed == [CHAT] or not listed:
            return ""
        found = message_of(listed[0])
        self._note(
            "“prompts” are not read: what answers is a prompt of this workspace."
            + (
                f" {'Its text' if len(listed) == 1 else 'The first one’s text'} is taken for what the user says."
                if found
                else ""
            )
        )
        return found

    def records(self) -> Iterator[tuple[str, Any]]:
        """(place, scenario as plain data), tests of one conversation together."""
        grouped: dict[str, list[tuple[int, Mapping[str, Any]]]] = {}
        for number, test in enumerate(self._tests(), 1):
            grouped.setdefault(_conversation(test) or f"#{number}", []).append((number, test))
        for tests in grouped.values():
            numbers = [number for number, _ in tests]
            where = f"Test {numbers[0]}" + (f" to {numbers[-1]}" if len(numbers) > 1 else "")
            try:
                yield where, self._scenario(where, numbers[0], [test for _, test in tests])
            except _LeftOut as why:
                self._note(f"{where} is left out: {why}")

    def _tests(self) -> Iterator[Mapping[str, Any]]:
        yield from self._listed("tests", self.config.get("tests"))
        for scenario in self._listed("scenarios", self.config.get("scenarios")):
            tests = list(self._listed("scenarios.tests", scenario.get("tests")))
            for config in self._listed("scenarios.config", scenario.get("config")):
                for test in tests or [{}]:
                    yield {**test, "vars": {**_vars_of(config), **_vars_of(test)}}

    def _listed(self, where: str, value: Any) -> Iterator[Mapping[str, Any]]:
        for item in value if isinstance(value, list) else [value] if value is not None else []:
            if isinstance(item, Mapping) and not isinstance(item.get("path"), str):
                yield item
            else:
                named = item["path"] if isinstance(item, Mapping) else item
                self._note(f"“{where}” names {str(named)[:80]!r}: other files are not read.")

    def _scenario(self, where: str, number: int, tests: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
        ours = _metadata(tests[0]).get(OURS)
        written: Mapping[str, Any] = ours if isinstance(ours, Mapping) else {}
        kept = written.get("scenario")
        if isinstance(kept, Mapping) and written.get("digest") == _safe_digest(tests):
            return kept
        if isinstance(kept, Mapping):
            self._note(
                f"{where} was changed since it was exported: its tests count, not what was kept beside them."
            )
        given = kept if isinstance(kept, Mapping) else {}
        values = [self._values(where, test) for test in tests]
        lists = {name: value for name, value in values[0].items() if isinstance(value, list)}
        says = [self._said(each, lists) for each in values]
        title = str(tests[0].get("description") or says[0]).strip().split("\n")[0][:200]
        return {
            **{name: given[name] for name in _KEPT if name in given},
            "id": str(given.get("id") or _id(_conversation(tests[0])) or f"test-{number}"),
            "title": title or f"Test {number}",
            "turns": [{"user": said} for said in says],
            "expect": [
                check
                for turn, (test, each) in enumerate(zip(tests, values, strict=True), 1)
                for check in self._expect(where, turn, test, each, lists)
            ],
            "variables": _without(_single(values[0]), says),
            **_matrix(lists),
        }

    def _values(self, where: str, test: Mapping[str, Any]) -> dict[str, Any]:
        """A test's variables, filled into each other in their order, as promptfoo does; lists of values as lists."""
        for vars in (self.default.get("vars"), test.get("vars")):
            if isinstance(vars, str):
                raise _LeftOut(f"its variables are in another file ({vars[:80]}).")
        given = {**_vars_of(self.default), **_vars_of(test)}
        lists = {name for name, value in given.items() if isinstance(value, list)}
        values: dict[str, Any] = {}
        for name, value in given.items():
            several = value if isinstance(value, list) else [value]
            if not several or not all(isinstance(one, str | int | float) for one in several):
                self._note(
                    f"{where}: the variable “{name}” is neither a value nor a list of values and is left out."
                )
            elif any(isinstance(one, str) and one.startswith(("file://", "package:")) for one in several):
                self._note(f"{where}: the variable “{name}” is in another file and is left out.")
            else:
                values[name] = value
        singles = _single(values)
        for name, value in singles.items():
            with suppress(Computed):  # stands as it is, and is named only where it is used
                singles[name] = values[name] = rendered(value, singles, lists)
        return values

    def _said(self, values: Mapping[str, Any], lists: Mapping[str, Any]) -> str:
        """What the user says: the prompt with the variables filled in, or the variable that is called so."""
        text = self.prompt if names_in(self.prompt) or not values else ""
        if not text:
            texts = [name for name, value in values.items() if isinstance(value, str | list)]
            name = next((name for name in SAYS if name in texts), texts[0] if len(texts) == 1 else "")
            text = f"{{{{{name}}}}}" if name else self.prompt
        if not text.strip():
            raise _LeftOut(f"it is not clear what the user says; call that variable “{MESSAGE}”.")
        said = self._rendered(text, values, lists)
        if not said.strip():
            raise _LeftOut("the user says nothing in it.")
        return said

    def _rendered(self, value: Any, values: Mapping[str, Any], lists: Mapping[str, Any]) -> Any:
        try:
            return rendered(rendered(value, _single(values), lists), {}, lists)
        except Computed as found:
            raise _LeftOut(f"nothing here has or computes {found}.") from None

    def _expect(
        self,
        where: str,
        turn: int,
        test: Mapping[str, Any],
        values: Mapping[str, Any],
        lists: Mapping[str, Any],
    ) -> Iterator[dict[str, Any]]:
        for key in test.keys() - _READ_OF_TEST:
            self._note(f"{where}: “{key}” has no equivalent and is left out.")
        if _metadata(test).keys() - {"conversationId", OURS}:
            self._note(f"{where}: “metadata” is left out.")
        options = test.get("options") or {}
        own = (
            []
            if isinstance(options, Mapping) and options.get("disableDefaultAsserts")
            else self.default.get("assert")
        )
        for check in _flat([*_list(own), *_list(test.get("assert"))], self._note, where):
            yield from self._check(where, turn, check, values, lists)

    def _check(
        self,
        where: str,
        turn: int,
        check: Mapping[str, Any],
        values: Mapping[str, Any],
        lists: Mapping[str, Any],
    ) -> Iterator[dict[str, Any]]:
        type_ = str(check.get("type") or check.get("$ref") or "")
        try:
            found = expectations(
                type_, self._rendered(check.get("value"), values, lists), check.get("threshold")
            )
        except NoEquivalent as error:
            self._note(f"{where}: the assert “{type_}” has no equivalent{error} and is left out.")
            return
        except _LeftOut as why:
            self._note(f"{where}: the assert “{type_}” is left out: {why}")
            return
        if type_ in CASELESS:
            self._note("The case of what “contains” and its like look for: here it does not matter.")
        for key in check.keys() & _WITHOUT - ({"threshold"} if type_ == "latency" else set()):
            self._note(f"{where}: “{key}” of an assert has no equivalent and is left out.")
        metric = check.get("metric")
        named = {"limit": metric} if isinstance(metric, str) and metric.startswith("limit.") else {}
        for kind, value in found:
            yield {"kind": kind, "value": value, "turn": turn} | named


def _flat(checks: Sequence[Any], note: Callable[[str], None], where: str) -> Iterator[Mapping[str, Any]]:
    """Asserts one by one, those of a set too."""
    for check in checks:
        if not isinstance(check, Mapping):
            note(f"{where}: an assert is no object and is left out.")
        elif check.get("type") == "assert-set":
            note(f"{where}: the asserts of an assert-set are read one by one; its threshold is left out.")
            yield from _flat(_list(check.get("assert")), note, where)
        else:
            yield check


def _single(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if not isinstance(value, list)}


def _without(values: Mapping[str, Any], says: Sequence[str]) -> dict[str, Any]:
    """A variable that is nothing but what the user says is none of the prompt's."""
    return {name: value for name, value in values.items() if value not in says}


def _matrix(lists: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """Lists of values are combined, as promptfoo does."""
    count = math.prod(len(values) for values in lists.values())
    if count > MOST_COMBINATIONS:
        raise _LeftOut(f"its variables combine to {count:,} rows, more than {MOST_COMBINATIONS}.")
    return (
        {"matrix": [dict(zip(lists, row, strict=True)) for row in product(*lists.values())]} if lists else {}
    )


def _id(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.:-]+", "-", text).strip("-")[:120]


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
