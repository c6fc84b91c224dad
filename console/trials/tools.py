"""Simulated tools: the only tools of a conversation. Nothing is called, read or written outside of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from console.provider.calls import ToolUse
from console.trials.graders.tool_calls import confirmed, is_subset
from console.trials.scenarios import Fixture, Scenario, SimulatedTool
from console.trials.schemas import first_problem
from console.trials.transcript import Entry, turns
from policies.canonical import plain

INVALID = "invalid arguments"
UNKNOWN = "no such tool"
NO_FIXTURE = "no fixture for these arguments"
MADE_UP = "made up"
UNCONFIRMED = "irreversible, not confirmed"


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
    made_up: bool = False  # where no fixture fits, a result is made up instead of none being given

    def for_api(self) -> dict[str, Any]:
        return {"name": self.name, "description": self.description, "input_schema": plain(self.input_schema)}


def offered(declared: Iterable[Mapping[str, Any]], scenario: Scenario | None) -> dict[str, Offered]:
    """The revision's tools, then those that only the scenario has. Of one name, the revision's definition wins.

    In a chat (no scenario) the declarations bring their fixtures along, and what these leave open is made up.
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
    )


def _in_chat(tool: Mapping[str, Any]) -> Offered:
    fixtures = tuple(Fixture(**fixture) for fixture in tool.get("fixtures", ()))
    return replace(_declared(tool, None), fixtures=fixtures, made_up=True)


def _of_scenario(tool: SimulatedTool) -> Offered:
    return Offered(
        name=tool.name,
        description=tool.description,
        input_schema=tool.input_schema,
        reversible=tool.reversible,
        requires_confirmation=tool.requires_confirmation,
        fixtures=tool.fixtures,
        of_scenario=True,
    )


def answer(
    uses: Iterable[ToolUse], tools: Mapping[str, Offered], entries: Iterable[Entry]
) -> tuple[list[dict[str, Any]], dict[str, list[str]]]:
    """The tool results of one reply, and what is to be noted about each use. ``entries``: everything said so far."""
    so_far = turns(entries)
    agreed = bool(so_far) and confirmed(so_far, len(so_far) - 1)
    blocks, notes = [], {}
    for use in uses:
        text, is_error, noted = _simulate(use, tools.get(use.name), agreed=agreed)
        block: dict[str, Any] = {"type": "tool_result", "tool_use_id": use.id, "content": [_text(text)]}
        blocks.append(block | {"is_error": True} if is_error else block)
        notes[use.id] = noted
    return blocks, notes


def _simulate(use: ToolUse, tool: Offered | None, *, agreed: bool) -> tuple[str, bool, list[str]]:
    if tool is None:
        return f"There is no tool named {use.name}.", True, [UNKNOWN]
    if problem := first_problem(tool.input_schema, plain(use.input)):
        return f"The arguments are not valid: {problem}", True, [INVALID]
    noted = [UNCONFIRMED] if (tool.requires_confirmation or not tool.reversible) and not agreed else []
    for fixture in tool.fixtures:
        if is_subset(fixture.when, use.input):
            if fixture.error is not None:
                return fixture.error, True, noted
            return _shown(fixture.result), False, noted
    if tool.made_up:
        return _shown(made_up(use)), False, [*noted, MADE_UP]
    return "No simulated answer was prepared for these arguments.", True, [*noted, NO_FIXTURE]


def made_up(use: ToolUse) -> dict[str, Any]:
    """A result that claims no fact: a tool declares no form of its results, so it repeats what was asked."""
    return {"status": "ok", "simulated": True, **plain(use.input)}


def _shown(result: Any) -> str:
    return result if isinstance(result, str) else json.dumps(plain(result), ensure_ascii=False)


def _text(text: str) -> dict[str, str]:
    # The API refuses an empty text block.
    return {"type": "text", "text": text or "(nothing)"}
