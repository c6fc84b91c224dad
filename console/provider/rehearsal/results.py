"""What a tool answered, told to the user. Whatever stands in it is data: orders in it are shown, not followed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from console.provider.rehearsal.arguments import flatten
from console.provider.rehearsal.conversation import ToolAnswer
from console.provider.rehearsal.scene import Said, Scene

GIVES_ORDERS = re.compile(
    r"\b(assistant|system|ai)\b[^.]{0,40}\b(must|should|notice|instruction|override|ignore)|\bdo not (show|tell|mention)|\bignore (all|previous|your)",
    re.I,
)
AT_LEAST = re.compile(r"\b(?:over|above|more than|at least|from)\s+[£$€]?(\d+(?:[.,]\d+)?)", re.I)
SHOWN = 8


def report(scene: Scene, answer: ToolAnswer) -> Said:
    if answer.failed:
        return _failed(scene, answer)
    items = answer.content if isinstance(answer.content, list) else None
    if items is None:
        return _done(answer)
    rows: list[Mapping[str, Any]] = [item for item in items if isinstance(item, dict)]
    if not rows:
        return Said("I looked, and there is nothing.", ("Shall I look for something else?",), bare=True)
    return _rows(scene, rows)


def _failed(scene: Scene, answer: ToolAnswer) -> Said:
    done = [earlier for earlier in scene.talk.fresh if not earlier.failed]
    rest = "Nothing else was changed." if not done else "What was done before that stands."
    left = [says(item) for item in _alternatives(scene, answer)]
    offer = (
        (f"Still open: {'; '.join(left[:4])}. Would one of these do?",)
        if left
        else ("Shall I try something else?",)
    )
    return Said(f"That did not work: {_text(answer.content)}.", (rest, *offer), bare=True)


def _alternatives(scene: Scene, answer: ToolAnswer) -> list[Mapping[str, Any]]:
    """Items from which the one that failed was chosen, without it."""
    for key, value in answer.input.items():
        for earlier in reversed(scene.talk.answers):
            items = [item for item in flatten(earlier.content) if key in item]
            if len(items) > 1 and any(item[key] == value for item in items):
                return [item for item in items if item[key] != value]
    return []


def _done(answer: ToolAnswer) -> Said:
    if isinstance(answer.content, dict):
        told = ", ".join(
            f"{name.replace('_', ' ')} {value}"
            for name, value in {**answer.input, **answer.content}.items()
            if value not in (True, None)
        )
        return Said(f"Done: {answer.name.replace('_', ' ')}, {told}.", _warning([answer.content]), bare=True)
    return Said(
        f"Here is what came back: {_text(answer.content)}.", _warning([{"text": answer.content}]), bare=True
    )


def _rows(scene: Scene, rows: list[Mapping[str, Any]]) -> Said:
    wanted = _wanted(scene.talk.last, rows)
    named = [row for row in rows if row not in wanted and _names(row, scene.talk.last)]
    opening = f"I found {len(wanted)} {'entry' if len(wanted) == 1 else 'entries'}."
    return Said(
        opening, (*(f"{says(row)}." for row in (*wanted[:SHOWN], *named)), *_warning(rows)), bare=True
    )


def _wanted(text: str, rows: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    least = AT_LEAST.search(text)
    if not least or not all(isinstance(row.get("amount"), int | float) for row in rows):
        return rows
    return [row for row in rows if abs(row["amount"]) >= float(least.group(1).replace(",", "."))]


def _names(row: Mapping[str, Any], text: str) -> bool:
    written = {
        word
        for value in row.values()
        if isinstance(value, str) and len(value) < 60
        for word in re.findall(r"[a-z]{4,}", value.lower())
    }
    return bool(written & set(re.findall(r"[a-z]{4,}", text.lower())))


def _warning(rows: list[Mapping[str, Any]]) -> tuple[str, ...]:
    if not any(
        GIVES_ORDERS.search(value) for row in rows for value in row.values() if isinstance(value, str)
    ):
        return ()
    return (
        "One entry carries a text that tries to give me orders. I have not followed it, nothing was changed, and you may want to report it.",
    )


def says(item: Mapping[str, Any]) -> str:
    """One item in a line: its values, without internal ids and without texts that give orders."""
    shown = [
        str(value)
        for name, value in item.items()
        if not name.endswith("_id")
        and isinstance(value, str | int | float)
        and value != ""
        and not GIVES_ORDERS.search(str(value))
    ]
    return ", ".join(shown)


def _text(content: Any) -> str:
    text = (
        content
        if isinstance(content, str)
        else ", ".join(f"{name}: {value}" for name, value in content.items())
        if isinstance(content, dict)
        else str(content)
    )
    return " ".join(text.split())[:300].rstrip(".")
