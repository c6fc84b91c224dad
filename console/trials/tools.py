"""Simulated tools: the only tools of a conversation. Nothing is called, read or written outside of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from console.provider.calls import ToolUse
from console.trials.generated import generate
from console.trials.graders.tool_calls import confirmed, is_subset
from console.trials.scenarios import Fixture, Scenario, SimulatedTool
from console.trials.schemas import first_problem
from console.trials.transcript import Entry, Turn, turns
from policies.canonical import plain

INVALID = "invalid arguments"
UNKNOWN = "no such tool"
NO_FIXTURE = "no fixture for these arguments"
GENERATED = "generated"
UNCONFIRMED = "irreversible, not confirmed"
UNASKED = "not confirmed"


@dataclass(frozen=True, slots=True)
class Offered:
    """A tool as one conversation offers it. ``of_scenario``: only the scenario has it, not the revision."""

    name: str
    description: str
    input_schema: Mapping[str, Any]
    reversible: bool
    requires_confirmation: bool
    fixtures: tuple[Fixture, ...]
    of_scenario: bool
    output_schema: Mapping[str, Any] | None = None
    open: bool = False  # where no fixture fits, a result is generated although there are fixtures

    @property
    def needs_a_yes(self) -> list[str]:
        """What is noted of a call to which nobody agreed."""
        if not self.reversible:
            return [UNCONFIRMED]
        return [UNASKED] if self.requires_confirmation else []

    def for_api(self) -> dict[str, Any]:
        return {"name": self.name, "description": self.description, "input_schema": plain(self.input_schema)}


def offered(declared: Iterable[Mapping[str, Any]], scenario: Scenario | None) -> dict[str, Offered]:
    """The revision's tools, then those that only the scenario has. Of one name, the revision's definition wins.

    In a chat (no scenario) the declarations bring their fixtures along, and what these leave open is generated.
    """
    if scenario is None:
        return {tool["name"]: _in_chat(tool) for tool in declared}
    simulated = {tool.name: tool for tool in scenario.tools}
    tools = {tool["name"]: _declared(tool, simulated.get(tool["name"])) for tool in declared}
    for name, tool in simulated.items():
        tools.setdefault(name, _of_scenario(tool))
    return tools


def _declared(tool: Mapping[str, Any], simulated: SimulatedTool | None) -> Offered:
    return Offered(
        name=tool["name"],
        description=tool.get("description", ""),
        input_schema=tool.get("input_schema", {"type": "object"}),
        reversible=tool.get("reversible", True),
        requires_confirmation=tool.get("requires_confirmation", False),
        fixtures=simulated.fixtures if simulated else (),
        of_scenario=False,
        output_schema=simulated.output_schema if simulated else None,
    )


def _in_chat(tool: Mapping[str, Any]) -> Offered:
    fixtures = tuple(Fixture(**fixture) for fixture in tool.get("fixtures", ()))
    return replace(_declared(tool, None), fixtures=fixtures, open=True)


def _of_scenario(tool: SimulatedTool) -> Offered:
    return Offered(
        name=tool.name,
        description=tool.description,
        input_schema=tool.input_schema,
        reversible=tool.reversible,
        requires_confirmation=tool.requires_confirmation,
        fixtures=tool.fixtures,
        of_scenario=True,
        output_schema=tool.output_schema,
    )


def answer(
    uses: Iterable[ToolUse], tools: Mapping[str, Offered], entries: Iterable[Entry]
) -> tuple[list[dict[str, Any]], dict[str, list[str]]]:
    """The tool results of one reply, and what is to be noted about each use. ``entries``: everything said so far."""
    so_far = turns(entries)
    agreed = bool(so_far) and confirmed(so_far, len(so_far) - 1)
    served = _served(so_far, tools)
    blocks, notes = [], {}
    for use in uses:
        text, is_error, noted = _simulate(use, tools.get(use.name), served, agreed=agreed)
        block: dict[str, Any] = {"type": "tool_result", "tool_use_id": use.id, "content": [_text(text)]}
        blocks.append(block | {"is_error": True} if is_error else block)
        notes[use.id] = noted
    return blocks, notes


Served = Counter[tuple[str, int]]  # tool and number of the fixture -> how often it answered


def _served(so_far: Iterable[Turn], tools: Mapping[str, Offered]) -> Served:
    """Which fixtures answered before: found from the transcript alone, so that a repeated step finds the same."""
    served: Served = Counter()
    for turn in so_far:
        for call in turn.calls:
            tool = tools.get(call.name)
            if tool and call.result is not None and INVALID not in call.notes:
                _fixture(tool, call.input, served)
    return served


def _fixture(tool: Offered, given: Mapping[str, Any], served: Served) -> Fixture | None:
    """The first fixture that fits and is not used up; it is counted as used."""
    for number, fixture in enumerate(tool.fixtures):
        used = served[tool.name, number]
        if is_subset(fixture.when, given) and (fixture.times is None or used < fixture.times):
            served[tool.name, number] += 1
            return fixture
    return None


def _simulate(
    use: ToolUse, tool: Offered | None, served: Served, *, agreed: bool
) -> tuple[str, bool, list[str]]:
    if tool is None:
        return f"There is no tool named {use.name}.", True, [UNKNOWN]
    if problem := first_problem(tool.input_schema, plain(use.input)):
        return f"The arguments are not valid: {problem}", True, [INVALID]
    noted = [] if agreed else tool.needs_a_yes
    fixture = _fixture(tool, use.input, served)
    if fixture is None:
        return _without_fixture(use, tool, noted)
    if fixture.error is not None:
        return fixture.error, True, noted
    return _shown(fixture.result), False, noted


def _without_fixture(use: ToolUse, tool: Offered, noted: list[str]) -> tuple[str, bool, list[str]]:
    """A list of fixtures is the whole world of its tool, unless the form of its results says what else there may be."""
    if tool.output_schema is not None:
        try:
            result = generate(tool.output_schema, tool=tool.name, given=plain(use.input))
        except ValueError:
            return (
                "No result true to the tool's output_schema could be generated.",
                True,
                [*noted, NO_FIXTURE],
            )
        return _shown(result), False, [*noted, GENERATED]
    if tool.fixtures and not tool.open:
        return "No simulated answer was prepared for these arguments.", True, [*noted, NO_FIXTURE]
    return _shown(repeated(use)), False, [*noted, GENERATED]


def repeated(use: ToolUse) -> dict[str, Any]:
    """A result that claims no fact, of a tool that declares no form of its results: it repeats what was asked."""
    return {"status": "ok", "simulated": True, **plain(use.input)}


def _shown(result: Any) -> str:
    return result if isinstance(result, str) else json.dumps(plain(result), ensure_ascii=False)


def _text(text: str) -> dict[str, str]:
    # The API refuses an empty text block.
    return {"type": "text", "text": text or "(nothing)"}
