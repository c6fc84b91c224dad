"""What was said, as it is kept: the messages of the API, each with the turn it belongs to and how it ended.

{"role": "user", "content": "Hello", "turn": 1}
{"role": "assistant", "content": [blocks], "turn": 1, "stop": "tool_use", "seconds": 0.812}
{"role": "user", "content": [tool results], "turn": 1, "notes": {"toolu_1": ["…"]}}
{"role": "assistant", "content": [blocks], "turn": 1, "stop": "end_turn", "seconds": 1.25}
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Entry = Mapping[str, Any]

CUT_SHORT = frozenset({"max_tokens", "model_context_window_exceeded"})


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One use of a simulated tool, with what it gave back and what was noted about it."""

    id: str
    name: str
    input: Mapping[str, Any]
    result: str | None = None  # None: not answered yet
    is_error: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """A user message and everything the model said and called until it stopped. ``number`` counts from 1."""

    number: int
    said: str
    reply: str
    calls: tuple[ToolCall, ...] = ()
    stop: str = ""  # the last stop_reason; "" while the turn is going on
    refusal: str | None = None  # the provider's category, with stop "refusal"
    steps: tuple[tuple[str, tuple[ToolCall, ...]], ...] = ()  # what was said and called, in order
    seconds: float | None = None  # that its calls took; None where that is not known of each

    @property
    def refused(self) -> bool:
        return self.stop == "refusal"

    @property
    def cut_short(self) -> bool:
        return self.stop in CUT_SHORT


def user_entry(turn: int, text: str) -> dict[str, Any]:
    return {"role": "user", "content": text, "turn": turn}


def reply_entry(
    turn: int,
    content: Sequence[Mapping[str, Any]],
    stop: str,
    refusal: str | None = None,
    seconds: float | None = None,
) -> dict[str, Any]:
    entry: dict[str, Any] = {"role": "assistant", "content": list(content), "turn": turn, "stop": stop}
    if refusal:
        entry["refusal"] = refusal
    return entry if seconds is None else entry | {"seconds": round(seconds, 3)}


def results_entry(
    turn: int, blocks: Sequence[Mapping[str, Any]], notes: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    return {
        "role": "user",
        "content": list(blocks),
        "turn": turn,
        "notes": {k: list(v) for k, v in notes.items()},
    }


def api_messages(entries: Iterable[Entry]) -> tuple[dict[str, Any], ...]:
    """What goes into the next call.

    A turn that the provider's classifiers refused is left out: sent again, it would be refused again whatever is asked.
    """
    entries = list(entries)
    refused = {entry["turn"] for entry in entries if entry.get("stop") == "refusal"}
    return tuple(
        {"role": entry["role"], "content": entry["content"]}
        for entry in entries
        if entry["turn"] not in refused
    )


def turns(entries: Iterable[Entry]) -> tuple[Turn, ...]:
    """The conversation as people read it."""
    grouped: dict[int, list[Entry]] = {}
    for entry in entries:
        grouped.setdefault(entry["turn"], []).append(entry)
    return tuple(_turn(number, grouped[number]) for number in sorted(grouped))


def _turn(number: int, entries: list[Entry]) -> Turn:
    replies = [entry for entry in entries if entry["role"] == "assistant"]
    results = _results(entries)
    steps = tuple((text_of(entry["content"]), tuple(_calls(entry, results))) for entry in replies)
    last = replies[-1] if replies else {}
    stop = last.get("stop", "")
    return Turn(
        number=number,
        said="\n\n".join(text_of(entry["content"]) for entry in entries if _is_said(entry)),
        reply="\n\n".join(text for text, _ in steps if text),
        calls=tuple(call for _, calls in steps for call in calls),
        stop="" if stop in {"tool_use", "pause_turn"} else stop,
        refusal=last.get("refusal"),
        steps=steps,
        seconds=_seconds(replies),
    )


def _seconds(replies: list[Entry]) -> float | None:
    took = [entry.get("seconds") for entry in replies]
    known = [seconds for seconds in took if seconds is not None]
    return sum(known) if known and len(known) == len(took) else None


def _is_said(entry: Entry) -> bool:
    return entry["role"] == "user" and "notes" not in entry


_Results = dict[str, tuple[Mapping[str, Any], Mapping[str, Sequence[str]]]]


def _results(entries: list[Entry]) -> _Results:
    """By the use's id: the block that answered it, and the notes of its entry."""
    return {
        block["tool_use_id"]: (block, entry["notes"])
        for entry in entries
        if "notes" in entry
        for block in entry["content"]
    }


def _calls(reply: Entry, results: _Results) -> Iterable[ToolCall]:
    for block in reply["content"]:
        if block["type"] == "tool_use":
            given, notes = results.get(block["id"], ({}, {}))
            yield ToolCall(
                id=block["id"],
                name=block["name"],
                input=block["input"],
                result=text_of(given["content"]) if given else None,
                is_error=bool(given.get("is_error")),
                notes=tuple(notes.get(block["id"], ())),
            )


def text_of(content: str | Sequence[Mapping[str, Any]]) -> str:
    if isinstance(content, str):
        return content
    return "".join(block["text"] for block in content if block["type"] == "text")


def storable(value: Any) -> Any:
    """With U+FFFD for what PostgreSQL does not store, and a model may say: NUL, and halves of surrogate pairs."""
    if isinstance(value, str):
        return value.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, Mapping):
        return {storable(key): storable(item) for key, item in value.items()}
    return [storable(item) for item in value] if isinstance(value, list | tuple) else value
