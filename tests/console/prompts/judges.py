"""Scripted judges: what an endpoint answers that reads a judge's question as a model would."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.messages_api import Request

CONTROL = "A prompt for a general assistant of the public."


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as the endpoint reads it: its secret word, its mark, and its documents by number."""

    nonce: str
    mark: str
    documents: Mapping[int, str]

    @property
    def control(self) -> int:
        return next(number for number, text in self.documents.items() if text.startswith(CONTROL))

    @property
    def judged(self) -> str:
        return next(text for number, text in self.documents.items() if number != self.control)

    @property
    def texts(self) -> list[str]:
        """What stands between the marks of the document that is judged."""
        return re.findall(rf"\[{self.mark}\]\n(.*?)\n\[/{self.mark}\]", self.judged, re.DOTALL)


def asked_of(request: Request) -> Asked:
    said = request.last_text
    nonce = said.partition("\n")[0].removeprefix("Secret word: ")
    mark = re.search(r"between the marks:\n\[([0-9a-f]{32})\]\n", said)
    assert mark, said
    split = re.split(r"(?:^|\n\n)Document ([12])\n(?=A prompt for a general|Domain: )", said)
    documents = {int(number): text for number, text in zip(split[1::2], split[2::2], strict=True)}
    return Asked(nonce, mark[1], documents)


def finding(
    quote: str, rule: str = "limit.ai_disclosure", severity: str = "block", **fields: str
) -> dict[str, str]:
    said = {"why": "It denies being an AI.", "suggestion": "Say that it is an AI."}
    return {"rule": rule, "severity": severity, "quote": quote, **said, **fields}


def verdict(
    request: Request,
    *findings: Mapping[str, Any],
    addressed: Sequence[str] = (),
    sees_control: bool = True,
    **changes: Any,
) -> str:
    """The answer of a judge that found this; ``changes`` replace parts of it."""
    asked = asked_of(request)
    control_words = asked.documents[asked.control].split(f"[{asked.mark}]\n")[1].split("\n[/")[0]
    control = [finding(control_words, "limit.user_deception")] if sees_control else []
    documents = [
        {
            "document": number,
            "findings": control if number == asked.control else list(findings),
            "addressed": [] if number == asked.control else list(addressed),
        }
        for number in asked.documents
    ]
    return json.dumps({"nonce": asked.nonce, "documents": documents, **changes})


def finds(*findings: Mapping[str, Any], **changes: Any) -> Callable[[Request], str]:
    """For ``api.answer``."""
    return lambda request: verdict(request, *findings, **changes)
