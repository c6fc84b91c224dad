"""The stand-in asked to judge conversations: it compares words and says so. It is no judge, and decides little.

A short rubric whose words mostly stand in the answer passes, one of whose words none does fails; whatever needs
understanding, a negation or a long rubric, is "cannot tell". Of two answers it prefers the one that holds more of the
criteria's words, where these are few.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SAYS = "Rehearsal, not a model"
ENOUGH = 0.6  # share of the rubric's words
MOST = 8  # words of a rubric that counting may decide: longer ones need understanding
LITTLE = frozenset(
    [
        "pass",
        "fail",
        "reply",
        "replies",
        "answer",
        "answers",
        "assistant",
        "user",
        "says",
        "said",
        "tell",
        "tells",
        "gives",
        "give",
        "names",
        "named",
        "that",
        "this",
        "with",
        "from",
        "have",
        "been",
        "they",
        "them",
        "their",
        "there",
        "what",
        "which",
        "when",
        "where",
        "whole",
        "conversation",
        "turn",
        "every",
        "least",
        "only",
        "also",
        "than",
    ]
)
NEGATION = re.compile(
    r"\b(?:no|not|never|nothing|neither|nor|without|n't|none|nobody|avoids?|declines?|refuses?)\b", re.I
)


@dataclass(frozen=True, slots=True)
class Piece:
    name: str
    text: str

    @property
    def is_answer(self) -> bool:
        return self.name.endswith(", assistant")


def answer(schema: Mapping[str, Any], request: Mapping[str, Any]) -> dict[str, Any] | None:
    """The answer to a judge's question, or None when the request is none."""
    entry = schema.get("properties", {}).get("documents", {}).get("items", {}).get("properties", {})
    wanted = "verdict" if "verdict" in entry else "better" if "better" in entry else ""
    message = request["messages"][-1]["content"]
    if not wanted or not isinstance(message, str):
        return None
    mark = re.search(r"^\[([0-9a-f]{32}) (?:rubric|criteria)\]$", message, re.M)
    nonce = re.match(r"Secret word: (\S+)", message)
    if mark is None or nonce is None:
        return None
    documents = re.split(r"(?:^|\n\n)Document (\d+)\n(?=Rate |The criteria)", message)
    rate = _rated if wanted == "verdict" else _compared
    rated = [
        {"document": int(number), "addressed": [], **rate(text, mark[1])}
        for number, text in zip(documents[1::2], documents[2::2], strict=True)
    ]
    return {"nonce": nonce[1], "documents": rated}


def _pieces(text: str, mark: str) -> list[Piece]:
    found = re.findall(rf"^\[{mark} ([^\]\n]+)\]\n(.*?)\n\[/{mark}\]$", text, re.M | re.S)
    return [Piece(name, body) for name, body in found]


def _rated(text: str, mark: str) -> dict[str, Any]:
    rubric, *said = _pieces(text, mark)
    turn = re.match(r"Rate what the assistant did in turn (\d+)\.", text)
    answers = [p.text for p in said if p.is_answer and (not turn or p.name.startswith(f"turn {turn[1]},"))]
    wanted, held = _wanted(rubric.text), " ".join(answers)
    share = _share(wanted, held)
    word = "cannot_tell"
    if answers and 0 < len(wanted) <= MOST and not NEGATION.search(_clause(rubric.text)):
        word = "pass" if share >= ENOUGH else "fail" if share == 0 else word
    count = round(share * len(wanted))
    why = f"{SAYS}: of {len(wanted)} words of the rubric {count} stand in what was answered."
    return {"why": why, "quotes": _quote(answers), "verdict": word}


def _compared(text: str, mark: str) -> dict[str, Any]:
    first, second = text.split("The second conversation:", 1)
    wanted = _wanted(_pieces(first, mark)[0].text)
    sides = [[p.text for p in _pieces(half, mark) if p.is_answer] for half in (first, second)]
    shares = [_share(wanted, " ".join(side)) if len(wanted) <= MOST else 0.0 for side in sides]
    better = "tie" if shares[0] == shares[1] else "first" if shares[0] > shares[1] else "second"
    why = f"{SAYS}: it counted which answer holds more words of the criteria."
    return {"why": why, "quotes": _quote(sides[better == "second"]), "better": better}


def _clause(rubric: str) -> str:
    """What must be the case: the rubric up to what makes it fail."""
    return re.split(r"\bfail(?:s)?\b (?:if|on|when)\b", rubric, maxsplit=1, flags=re.I)[0]


def _wanted(rubric: str) -> set[str]:
    words = re.findall(r"[^\W_]{4,}", _clause(rubric).lower())
    return {word[:6] for word in words if word not in LITTLE}


def _share(wanted: set[str], text: str) -> float:
    held = {word[:6] for word in re.findall(r"[^\W_]{4,}", text.lower())}
    return len(wanted & held) / len(wanted) if wanted else 0.0


def _quote(texts: list[str]) -> list[str]:
    """The beginning of the last answer, without cutting a word."""
    line = next(iter(texts[-1].strip().splitlines()), "") if texts else ""
    return [line if len(line) <= 160 else line[:160].rsplit(" ", 1)[0]] if line else []
