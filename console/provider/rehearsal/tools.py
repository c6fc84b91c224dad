"""Which tool fits the user's request, and whether to ask before using it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from console.provider.rehearsal.arguments import Filled, fill, flatten
from console.provider.rehearsal.manner import ASKING
from console.provider.rehearsal.results import report, says
from console.provider.rehearsal.scene import Said, Scene, Tool, ToolCall

READING = {
    "get",
    "list",
    "find",
    "search",
    "look",
    "lookup",
    "show",
    "check",
    "read",
    "fetch",
    "count",
    "view",
    "query",
}
# What people say -> what tools are called.
SYNONYMS = {
    "send": "transfer", "pay": "transfer", "wire": "transfer", "show": "list", "everything": "list", "move": "book",
    "reschedule": "book", "appointment": "slot", "lost": "freeze", "stolen": "freeze", "block": "freeze", "raise": "set",
    "owe": "balance", "money": "balance", "spent": "transactions", "payments": "transactions", "sepa": "transactions",
}  # fmt: skip
NO_WAY_BACK = re.compile(
    r"\b(cannot|can'?t|can not|never) be (recalled|undone|reversed|had back|restored|cancelled)|irreversib|permanent|instant;|for good\b",
    re.I,
)
AGREES = re.compile(
    r"\b(yes|yep|yeah|ok(ay)?|sure|go ahead|confirm(ed)?|do it|send it|please do|perfect|that'?s right|thats right|correct|agreed)\b",
    re.I,
)
SHALL_I = "Shall I go ahead?"
WHICH = "Which one do you mean?"
NEED = "To do that I still need"
QUESTIONS = (SHALL_I, WHICH, NEED)
MOST_IN_A_ROW = 4


def use(scene: Scene) -> Said | None:
    """The next step with tools: call one, report what it answered, or ask."""
    request = _request(scene)
    goal = _goal(scene, request)
    if scene.talk.fresh:
        return _after(scene, request, goal)
    return _towards(scene, request, goal) if goal else None


def _after(scene: Scene, request: tuple[str, ...], goal: Tool | None) -> Said:
    last = scene.talk.fresh[-1]
    on = None
    if goal and not last.failed and last.name != goal["name"] and len(scene.talk.fresh) < MOST_IN_A_ROW:
        on = _towards(scene, request, goal)
    return on or report(scene, last)


def _towards(scene: Scene, request: tuple[str, ...], goal: Tool) -> Said | None:
    filled = fill(goal["input_schema"], request, scene)
    if filled.choices:
        return _ask_which(filled)
    if filled.missing:
        return _find_out(scene, request, filled) or _ask_for(scene, goal, filled)
    if _must_ask(scene, goal) and not _agreed(scene, goal):
        return _propose(scene, goal, filled)
    return _call(scene, goal, filled.input)


def _request(scene: Scene) -> tuple[str, ...]:
    """What the user said since the matter at hand came up: the answers to our questions belong to it."""
    said, replies = scene.talk.said, scene.talk.replies
    start = len(said) - 1
    while start > 0 and any(question in replies[start - 1] for question in QUESTIONS):
        start -= 1
    return said[max(start, 0) :]


def _goal(scene: Scene, request: tuple[str, ...]) -> Tool | None:
    if not request:
        return None
    scored = [(_fit(tool, request[0]), -index, tool) for index, tool in enumerate(scene.tools)]
    best = max(scored, key=lambda entry: entry[:2], default=None)
    return best[2] if best and best[0] >= 3 else None


def _fit(tool: Tool, text: str) -> int:
    """Three points for a word of the tool's name, one for a word of its description."""
    asked = set()
    for word in re.findall(r"[a-z]{3,}", text.lower()):
        asked |= {_stem(word), _stem(SYNONYMS.get(word, word))}
    named = {_stem(word) for word in tool["name"].lower().split("_")}
    described = {_stem(word) for word in re.findall(r"[a-z]{4,}", tool.get("description", "").lower())}
    return 3 * len(asked & named) + len(asked & described - named)


def _stem(word: str) -> str:
    return re.sub(r"(ies|ing|ed|es|s)$", "", word)[:7]


def _find_out(scene: Scene, request: tuple[str, ...], filled: Filled) -> Said | None:
    """A reading tool that may tell what is missing: find_payee for payee_id, search_slots for slot_id."""
    for name in filled.missing:
        subject = name.removesuffix("_id")
        for tool in scene.tools:
            if not _reads(tool) or subject not in tool["name"]:
                continue
            needs = fill(tool["input_schema"], request, scene)
            called = any(
                answer.name == tool["name"] and answer.input == needs.input for answer in scene.talk.answers
            )
            if needs.complete and not called:
                return _call(scene, tool, needs.input)
    return None


def _reads(tool: Tool) -> bool:
    return tool["name"].split("_")[0].lower() in READING


def _must_ask(scene: Scene, tool: Tool) -> bool:
    """Whether the prompt wants a confirmation first: of this tool by name, of every act, or of what has no way back."""
    if _reads(tool):
        return False
    named = rf"{re.escape(tool['name'])}|{tool['name'].replace('_', ' ')}"
    told = any(
        re.search(named, sentence, re.I) and re.search(ASKING, sentence, re.I)
        for sentence in scene.prompt.told
    )
    no_way_back = scene.prompt.confirms == "irreversible" and NO_WAY_BACK.search(tool.get("description", ""))
    return told or scene.prompt.confirms == "all" or bool(no_way_back)


def _agreed(scene: Scene, tool: Tool) -> bool:
    """The user says yes to what was proposed: to a question of ours, not out of the blue."""
    asked = SHALL_I in scene.talk.last_reply or (
        WHICH in scene.talk.last_reply and not NO_WAY_BACK.search(tool.get("description", ""))
    )
    return asked and bool(AGREES.search(scene.talk.last))


def _ask_which(filled: Filled) -> Said:
    items = next(iter(filled.choices.values()))
    return Said(f"I found {len(items)}: {'; '.join(says(item) for item in items[:6])}.", (WHICH,), bare=True)


def _ask_for(scene: Scene, tool: Tool, filled: Filled) -> Said:
    wanted = " and ".join(f"the {name.replace('_', ' ')}" for name in filled.missing)
    return Said(f"{NEED} {wanted}.", (), bare=True)


def _propose(scene: Scene, tool: Tool, filled: Filled) -> Said:
    what = tool["name"].replace("_", " ")
    details = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in filled.input.items())
    about = _known(scene, filled.input)
    warning = " It cannot be undone." if NO_WAY_BACK.search(tool.get("description", "")) else ""
    return Said(f"Before I do that, please check: {what}, {details}{about}.{warning}", (SHALL_I,), bare=True)


def _known(scene: Scene, given: Mapping[str, Any]) -> str:
    """The name behind an id, so that a person can check it."""
    for answer in scene.talk.answers:
        for item in flatten(answer.content):
            name = item.get("name") or item.get("time")
            if name and any(item.get(key) == value for key, value in given.items()):
                return f" ({name})"
    return ""


def _call(scene: Scene, tool: Tool, given: Mapping[str, Any]) -> Said:
    words = scene.pick(("One moment.", "Let me look.", "I'll see to it."), tool["name"])
    return Said("" if scene.talk.fresh else words, tool=ToolCall(tool["name"], given), bare=True)
