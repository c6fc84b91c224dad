"""Scripted judges and users: what an endpoint answers that reads the console's questions as a model would."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from console.trials.judging.rubric import CONTROLS
from tests.messages_api import Answer, Fault, Request

Answering = Callable[[Request], str | Answer | Fault]


@dataclass(frozen=True, slots=True)
class Asked:
    """A judge's question as the endpoint reads it. ``right``: what it must say of each control."""

    nonce: str
    number: int
    text: str  # of the document that is judged
    right: Mapping[int, str]
    compares: bool

    @property
    def mark(self) -> str:
        found = re.search(r"\[([0-9a-f]{32}) (?:rubric|criteria)\]", self.text)
        assert found, self.text
        return found[1]

    def pieces(self, who: str) -> list[str]:
        """What stands between the marks of this name: "rubric", "turn 1, assistant"."""
        return re.findall(rf"\[{self.mark} {who}\]\n(.*?)\n\[/{self.mark}\]", self.text, re.DOTALL)


def is_judged(request: Request) -> bool:
    return request.last_text.startswith("Secret word: ")


def is_played(request: Request) -> bool:
    return request.system.startswith("You play a person")


def asked_of(request: Request) -> Asked:
    said = request.last_text
    split = re.split(r"(?:^|\n\n)Document ([1-3])\n(?=Rate |The criteria, )", said)
    documents = {int(number): text for number, text in zip(split[1::2], split[2::2], strict=True)}
    compares = "The second conversation:" in said
    known = {control.reply: control for pair in CONTROLS for control in pair}
    right = {}
    for number, text in documents.items():
        replies = [known[reply] for reply in known if f"\n{reply}\n" in text]
        if compares and len(replies) == 2:
            first = min(replies, key=lambda control: text.index(control.reply))
            right[number] = "first" if first.verdict == "pass" else "second"
        elif not compares and replies:
            right[number] = replies[0].verdict
    (number,) = set(documents) - set(right)
    nonce = said.partition("\n")[0].removeprefix("Secret word: ")
    return Asked(nonce, number, documents[number], right, compares)


def verdict(request: Request, word: str, quote: str | None = None, **changes: Any) -> str:
    """The answer of a judge that says ``word``; ``changes`` replace parts of what it says of the document."""
    asked = asked_of(request)
    name = "better" if asked.compares else "verdict"
    quotes = [(asked.pieces(r"turn \d+, assistant") or [""])[-1][:60] if quote is None else quote]
    base = {"why": "It shows.", "quotes": quotes, "addressed": [], name: word} | changes
    documents = [{"document": asked.number, **base}] + [
        {"document": number, "why": "Plain.", "quotes": [], "addressed": [], name: right}
        for number, right in asked.right.items()
    ]
    return json.dumps({"nonce": asked.nonce, "documents": documents})


def judging(judge: Answering, says: Answering | None = None, user: Answering | None = None) -> Answering:
    """For ``api.answer``: a judge's questions go to ``judge``, a user's to ``user``, everything else to ``says``."""

    def answer(request: Request) -> str | Answer | Fault:
        if is_judged(request):
            return judge(request)
        if is_played(request):
            assert user is not None, "nobody plays the user"
            return user(request)
        return says(request) if says else f"Answer {request.turn}: {request.last_text[:80]}"

    return answer


def says(word: str, **changes: Any) -> Answering:
    return lambda request: verdict(request, word, **changes)


def plays(*messages: str) -> Answering:
    """A user who says these after its opening, and then writes no more."""

    def answer(request: Request) -> str:
        so_far = len(re.findall(r"^\[[0-9a-f]{32} you\]$", request.last_text, re.MULTILINE))
        done = so_far > len(messages)
        return json.dumps({"message": "" if done else messages[so_far - 1], "done": done})

    return answer
