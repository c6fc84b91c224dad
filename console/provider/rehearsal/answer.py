"""The answer to one request: the first rule that has something to say, in the voice that the prompt asks for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from console.provider.rehearsal import judgement, knowledge, playing, rating, tasks, tools
from console.provider.rehearsal.conversation import view
from console.provider.rehearsal.prompt import read
from console.provider.rehearsal.scene import Said, Scene, ToolCall
from console.provider.rehearsal.structured import instance
from console.provider.rehearsal.style import words

Rule = Callable[[Scene], Said | None]
# The order is the priority: harm and life first, honesty about itself, then the work, then its limits.
RULES: tuple[Rule, ...] = (
    judgement.harm,
    judgement.orders_against_users,
    judgement.pressure,
    judgement.danger,
    judgement.about_itself,
    tools.use,
    tasks.as_json,
    tasks.summary,
    tasks.off_duty,
    tasks.list_of_names,
    knowledge.off_topic,
    knowledge.delicate,
    knowledge.answer,
    knowledge.from_prompt,
)


@dataclass(frozen=True, slots=True)
class Answer:
    text: str
    tool: ToolCall | None = None
    refusal: str | None = None


def answer(request: Mapping[str, Any], sample: int = 1) -> Answer:
    """What the stand-in says to a request of the Messages API: the same request and sample, the same answer."""
    scene = _scene(request, sample)
    schema = request.get("output_config", {}).get("format", {}).get("schema")
    if schema is not None:
        played = rating.answer(schema, request) or playing.answer(schema, system_text(request), scene)
        return Answer(json.dumps(played or instance(schema, scene), ensure_ascii=False))
    said = (
        _forced(request, scene)
        or next(filter(None, (rule(scene) for rule in RULES)), None)
        or knowledge.nothing(scene)
    )
    return Answer(words(said, scene), said.tool, said.refusal)


def _scene(request: Mapping[str, Any], sample: int) -> Scene:
    system = system_text(request)
    talk = view(request["messages"])
    choice = request.get("tool_choice", {}).get("type")
    # Of what was said, not of how it is written: marks for the cache change no answer.
    decides = (system, talk) if sample == 1 else (system, talk, sample)
    offered = [tool for tool in request.get("tools", ()) if "input_schema" in tool]
    return Scene(
        prompt=read(system),
        talk=talk,
        tools=() if choice == "none" else tuple(offered),
        seed=hashlib.sha256(repr(decides).encode("utf-8", "surrogatepass")).hexdigest(),
        effort=request.get("output_config", {}).get("effort") or "medium",
        sample=sample,
    )


def system_text(request: Mapping[str, Any]) -> str:
    system = request.get("system", "")
    return system if isinstance(system, str) else "\n\n".join(block["text"] for block in system)


def _forced(request: Mapping[str, Any], scene: Scene) -> Said | None:
    """A tool that the request insists on, with the least input that its schema takes."""
    choice = request.get("tool_choice", {})
    wanted = [
        tool for tool in scene.tools if choice.get("type") == "any" or tool["name"] == choice.get("name")
    ]
    if choice.get("type") not in {"any", "tool"} or not wanted or scene.talk.fresh:
        return None
    return Said(tool=ToolCall(wanted[0]["name"], instance(wanted[0]["input_schema"], scene)), bare=True)
