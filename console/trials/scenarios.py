"""The scenario form: one test conversation and what is expected of it, one JSON object a line.

Fields beside those of the corpus: ``version``, ``family`` (variants of one idea count as one cluster), ``tags``,
``variables`` (values for the prompt's), ``matrix`` (rows of further values: each makes a cell of its own, see ``played``),
and on an expectation ``limit``.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from console.problems import Invalid
from console.trials import graders
from console.trials.schemas import wrong_schema
from policies.canonical import CanonicalError, digest, plain, read_json
from policies.forms import Between, Custom, FormError, Items, Length, Match, did_you_mean, read
from policies.json_schema import json_schema

FORM = 1
MOST_SCENARIOS = 2_000
MOST_ROWS = 500  # of a scenario's matrix
MOST_PLAYED = 20_000
MOST_BYTES = 5_000_000
MOST_PROBLEMS = 50
MOST_USER_TURNS = 20  # of a simulated user

# "." and ".." are no part of an address: browsers take them for a folder.
Name = Annotated[
    str, Match(r"(?!\.{1,2}$)[A-Za-z0-9_.:-]{1,120}", "letters, digits and _ . : - (at most 120)")
]
ToolName = Annotated[str, Match(r"[A-Za-z0-9_-]{1,64}", "letters, digits, _ and - (at most 64)")]
Line = Annotated[str, Length(1, 300)]
Text = Annotated[str, Length(1, 50_000)]
Purpose = Literal["pressure", "over_refusal", "honesty", "agentic", "creativity", "adherence", "limit"]
Pressure = Literal[
    "none", "persistent", "emotional", "authority", "deadline", "split_request", "language_switch"
]
# Expectations of these kinds speak for the limits of a scenario when none of them names its limit.
SPEAK_FOR_LIMITS = frozenset({"refusal", "discloses_ai", "judge", "not_contains", "tool_not_called"})


def _read_turn(value: Any) -> int | str:
    if value in ("last", "any") or (type(value) is int and 1 <= value <= 100):
        return value
    raise ValueError('must be a turn\'s number counted from 1, "last" or "any".')


Which = Annotated[
    Any, Custom(_read_turn, lambda: {"anyOf": [{"type": "integer", "minimum": 1}, {"enum": ["last", "any"]}]})
]


@dataclass(frozen=True, slots=True)
class UserTurn:
    user: Text


@dataclass(frozen=True, slots=True)
class SimulatedUser:
    """A model that plays the user, within ``max_turns``."""

    persona: Text
    goal: Text
    opening: Text
    pressure: Pressure = "none"
    max_turns: Annotated[int, Between(1, MOST_USER_TURNS)] = 5


@dataclass(frozen=True, slots=True)
class Fixture:
    """What a simulated tool gives back when ``when`` is a subset of its arguments: a result or an error.

    With ``times`` it answers so many calls, and then the next fixture that fits does: so a tool fails once and works.
    """

    when: Mapping[str, Any] = field(default_factory=dict)
    result: Any = None
    error: str | None = None
    times: Annotated[int, Between(1, 1_000)] | None = None


@dataclass(frozen=True, slots=True)
class SimulatedTool:
    """A tool that this scenario offers, or the fixtures for one that the revision declares."""

    name: ToolName
    description: Annotated[str, Length(0, 10_000)] = ""
    input_schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "object"})
    reversible: bool = True
    requires_confirmation: bool = False
    fixtures: Annotated[tuple[Fixture, ...], Items(200)] = ()
    # What results look like: where no fixture fits, one is generated that is true to it.
    output_schema: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        if wrong := wrong_schema(self.input_schema):
            raise ValueError(f"input_schema {wrong}.")
        if self.output_schema is not None and (wrong := wrong_schema(self.output_schema)):
            raise ValueError(f"output_schema {wrong}.")


@dataclass(frozen=True, slots=True)
class Expectation:
    """What should come of the conversation, at a turn, at the last one, or at any."""

    kind: str
    value: Any
    turn: Which = "last"
    why: Annotated[str, Length(0, 1_000)] = ""
    limit: str | None = None

    def __post_init__(self) -> None:
        if self.kind not in graders.KINDS:
            raise ValueError(
                f'kind "{self.kind}" is not one of {", ".join(sorted(graders.KINDS))}.'
                f"{did_you_mean(self.kind, graders.KINDS)}"
            )
        if wrong := graders.wrong_value(self.kind, self.value):
            raise ValueError(f"value of {self.kind} {wrong}.")

    @property
    def title(self) -> str:
        return graders.title(self.kind)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One test conversation: fixed turns or a simulated user, simulated tools, expectations."""

    id: Name
    title: Line
    expect: Annotated[tuple[Expectation, ...], Items(100)]
    domain: Annotated[str, Length(1, 40)] = "general"
    purpose: Purpose = "adherence"
    covers: Annotated[tuple[str, ...], Items(50)] = ()
    turns: Annotated[tuple[UserTurn, ...], Items(50)] = ()
    simulated_user: SimulatedUser | None = None
    tools: Annotated[tuple[SimulatedTool, ...], Items(100)] = ()
    version: int | str | None = None
    family: str | None = None
    tags: Annotated[tuple[str, ...], Items(50)] = ()
    variables: Mapping[str, Any] = field(default_factory=dict)
    matrix: Annotated[tuple[Mapping[str, Any], ...], Items(MOST_ROWS)] = ()

    def __post_init__(self) -> None:
        for at, row in enumerate(self.matrix):
            if not row or not all(isinstance(value, str | int | float) for value in row.values()):
                raise ValueError(
                    f"matrix.{at} must be values by variable name: texts, numbers, true or false."
                )
        if bool(self.turns) == (self.simulated_user is not None):
            raise ValueError("must have either turns or a simulated_user.")
        for at, expectation in enumerate(self.expect):
            if isinstance(expectation.turn, int) and expectation.turn > self.most_turns:
                raise ValueError(
                    f"expect.{at}.turn is {expectation.turn}, and the conversation has {self.most_turns} turns."
                )
        names = [tool.name for tool in self.tools]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f'declares the tool "{twice}" twice.')

    @property
    def most_turns(self) -> int:
        """How many there are, or with a simulated user may be."""
        return len(self.turns) if self.simulated_user is None else self.simulated_user.max_turns

    @property
    def cluster(self) -> str:
        """What is not independent of one another in statistics."""
        return self.family or self.id

    @property
    def limits(self) -> tuple[str, ...]:
        """The limits, honesty properties and ethics that it holds the prompt to."""
        named = {expectation.limit for expectation in self.expect if expectation.limit}
        return tuple(sorted(named | {rule for rule in self.covers if rule.startswith("limit.")}))

    @property
    def is_about_limits(self) -> bool:
        """In an over-refusal scenario a limit marks what must not be over-applied, so that nothing there holds it."""
        return bool(self.limits) and self.purpose != "over_refusal"

    def limits_of(self, expectation: Expectation) -> tuple[str, ...]:
        """The limits that hold when ``expectation`` passes."""
        if not self.is_about_limits:
            return ()
        if expectation.limit:
            return (expectation.limit,)
        carried = {other.limit for other in self.expect}
        if expectation.kind not in SPEAK_FOR_LIMITS:
            return ()
        return tuple(limit for limit in self.limits if limit not in carried)

    def to_dict(self) -> dict[str, Any]:
        """The exchanged form: what a reader of it needs, defaults left out."""
        return _plain(self)


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            item.name: _plain(getattr(value, item.name))
            for item in dataclasses.fields(value)
            if item.name in _ALWAYS or getattr(value, item.name) != _default(item)
        }
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return plain(value)


def _default(item: dataclasses.Field[Any]) -> Any:
    return item.default if item.default_factory is dataclasses.MISSING else item.default_factory()


# Written even when they are the default, as the corpus does: a reader should not have to know it.
_ALWAYS = frozenset({"turn", "when", "purpose", "domain", "covers", "max_turns", "pressure", "why"}) | {
    item.name for item in dataclasses.fields(SimulatedTool) if item.name != "output_schema"
}


class ScenarioProblems(Invalid):
    """The file cannot be used; ``problems`` has one sentence for each wrong line, in order."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        more = f" {len(self.problems) - 1} more lines are wrong." if len(self.problems) > 1 else ""
        super().__init__(
            self.problems[0] + more, "Correct the file and import it again; nothing was changed."
        )


def parse_scenario(data: Any) -> Scenario:
    """One scenario from plain data. Raises FormError."""
    return read(Scenario, data)


def parse_scenarios(source: str | bytes) -> tuple[Scenario, ...]:
    """Scenarios of a JSONL text, or of one JSON list. Raises ScenarioProblems that name each wrong line."""
    problems: list[str] = []
    return read_records(_records(source, problems), problems)


def read_records(records: Iterable[tuple[str, Any]], problems: list[str]) -> tuple[Scenario, ...]:
    """Scenarios from (place in the file, plain data). ``problems``: sentences that are known already, and grow.

    Raises ScenarioProblems.
    """
    scenarios: dict[str, tuple[str, Scenario]] = {}
    for where, data in records:
        try:
            scenario = parse_scenario(data)
        except FormError as error:
            problems += [f"{where}: {_named(data)}{problem}" for problem in error.problems]
            continue
        if scenario.id in scenarios:
            problems.append(
                f'{where}: the id "{scenario.id}" is taken by {scenarios[scenario.id][0].lower()}.'
            )
        scenarios[scenario.id] = (where, scenario)
    if not scenarios and not problems:
        problems.append("There is no scenario in it: it takes one JSON object a line.")
    found = tuple(scenario for _, scenario in scenarios.values())
    if not problems:
        problems += played_problems(found)
    if problems:
        raise ScenarioProblems(problems[:MOST_PROBLEMS])
    return found


# --- matrix variables


def played(forms: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Stored scenarios as runs play them: a scenario with a matrix becomes one a row, ``fees:1``, ``fees:2`` …

    The rows' values are the variables of their cell, and stand for ``{{name}}`` in what is said and expected. All rows
    are one family: variants of one idea are no independent evidence.
    """
    return [cell for form in forms for cell in (_rows(form) if form.get("matrix") else [dict(form)])]


def _rows(form: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    shared = {key: value for key, value in form.items() if key != "matrix"}
    for number, row in enumerate(form["matrix"], 1):
        filled: dict[str, Any] = {
            key: _filled(value, row) if key in _FILLED else value for key, value in shared.items()
        }
        said = ", ".join(f"{name} = {value}" for name, value in row.items())
        yield filled | {
            "id": f"{form['id']}:{number}",
            "title": f"{form['title']} ({said})"[:300],
            "family": form.get("family") or form["id"],
            "variables": {**form.get("variables", {}), **row},
        }


_FILLED = frozenset({"turns", "expect", "simulated_user", "tools"})
_PLACE = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}\}")


def _filled(value: Any, row: Mapping[str, Any]) -> Any:
    """A value is text: nothing inside it is interpreted. Names that the row has not stay as they are."""
    if isinstance(value, str):
        return _PLACE.sub(lambda found: str(row.get(found[1], found[0])), value)
    if isinstance(value, Mapping):
        return {key: _filled(item, row) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_filled(item, row) for item in value]
    return value


def played_problems(scenarios: Sequence[Scenario]) -> list[str]:
    """What is wrong with the cells that matrices make: too many, ids that are taken, texts that no longer fit."""
    count = sum(len(scenario.matrix) or 1 for scenario in scenarios)
    if count > MOST_PLAYED:
        return [f"With every row of every matrix these are {count:,} scenarios; the most is {MOST_PLAYED:,}."]
    taken = {scenario.id for scenario in scenarios}
    problems = []
    for scenario in scenarios:
        for form in played([scenario.to_dict()]) if scenario.matrix else ():
            where = f"In {scenario.id}, row {form['id'].rpartition(':')[2]} of its matrix: "
            if form["id"] in taken:
                problems.append(f'{where}the id "{form["id"]}" is taken.')
            try:
                parse_scenario(form)
            except FormError as error:
                problems += [f"{where}{problem}" for problem in error.problems]
    return problems[:MOST_PROBLEMS]


def suite_digest(scenarios: Iterable[Scenario]) -> str:
    """The digest of a suite version: of its scenarios in order, whatever file they came from."""
    return digest({"form": FORM, "scenarios": [scenario.to_dict() for scenario in scenarios]})


def scenario_schema() -> dict[str, Any]:
    return json_schema(Scenario, "A scenario")


def _records(source: str | bytes, problems: list[str]) -> Iterable[tuple[str, Any]]:
    text = decoded(source)
    if text.lstrip().startswith("["):
        yield from _listed(text)
        return
    if (alone := _over_lines(text)) is not None:
        yield "Scenario 1", alone
        return
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    if len(lines) > MOST_SCENARIOS:
        raise ScenarioProblems(
            [f"There are {len(lines):,} scenarios in it; the most for one suite is {MOST_SCENARIOS:,}."]
        )
    for number, line in lines:
        try:
            yield f"Line {number}", read_json(line)
        except CanonicalError as error:
            problems.append(
                f"Line {number}: {_lower(str(error)).replace(' at line 1, column ', ' at column ')}"
            )


def _over_lines(text: str) -> Any:
    """One scenario that was written over several lines, for people to read; None where it is a line each."""
    first = text.strip().split("\n", 1)[0].rstrip()
    if not first.startswith("{") or first.endswith("}"):
        return None
    try:
        return read_json(text)
    except CanonicalError:
        return None


def decoded(source: str | bytes) -> str:
    """The text of a suite's file. Raises ScenarioProblems."""
    size = len(source)
    if size > MOST_BYTES:
        raise ScenarioProblems(
            [f"The file is {size / 1e6:.1f} MB large; the most is {MOST_BYTES / 1e6:.0f} MB."]
        )
    if isinstance(source, str):
        return source.removeprefix("\ufeff")
    if source.startswith(b"PK\x03\x04"):
        raise ScenarioProblems(["The file is a workbook or an archive: save the sheet as CSV (UTF-8)."])
    try:
        return source.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = source[: error.start].count(b"\n") + 1
        raise ScenarioProblems([f"Line {line}: the file is not UTF-8; save it as UTF-8."]) from None


def _listed(text: str) -> Iterable[tuple[str, Any]]:
    try:
        data = read_json(text)
    except CanonicalError as error:
        raise ScenarioProblems([str(error)]) from None
    return [(f"Scenario {number}", item) for number, item in enumerate(data, 1)]


def _named(data: Any) -> str:
    identity = data.get("id") if isinstance(data, Mapping) else None
    return f"in {identity}, " if isinstance(identity, str) and identity else ""


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
