"""Reading what a judge says. It is a model's text after all: nothing of it is taken that cannot be checked."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator

from console.provider.calls import Reply

LONGEST = 600  # characters of a sentence that is kept


class Unusable(Exception):
    """An answer that is no verdict, and why. ``again``: another attempt may bring one."""

    def __init__(self, kind: str, sentence: str, *, again: bool = True) -> None:
        super().__init__(sentence)
        self.kind, self.again = kind, again


def closed_object(**properties: Any) -> dict[str, Any]:
    """The schema of an object with exactly these keys, in this order: the form that structured output asks for."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def refuse_other_ends(reply: Reply, what: str) -> None:
    """Raise Unusable unless the answer came to its end. ``what`` was to be read: "the prompt"."""
    if reply.stop_reason == "refusal":
        category = reply.refusal.category if reply.refusal else None
        about = f" ({clean(category)})" if category else ""
        raise Unusable("refusal", f"The provider refused to read {what}{about}.", again=False)
    if reply.stop_reason in ("max_tokens", "model_context_window_exceeded"):
        raise Unusable("cut", "The judge’s answer was cut off before its end.")


def parsed(text: str, form: Draft202012Validator, who: str = "The judge") -> Mapping[str, Any]:
    """The answer's JSON. Raises Unusable when it is none, or of another form."""
    try:
        answer = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise Unusable("form", f"{who}’s answer is not the JSON that was asked for.") from None
    if not form.is_valid(answer):
        raise Unusable("form", f"{who}’s answer does not have the form that was asked for.")
    return dict(answer)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A key that stands twice may say two things."""
    if len({key for key, _ in pairs}) < len(pairs):
        raise ValueError("a key stands twice")
    return dict(pairs)


def documents_of(answer: Mapping[str, Any], nonce: str, expected: set[int]) -> dict[int, Mapping[str, Any]]:
    """What it says of each document, which must be each once, with the call's secret word. Raises Unusable."""
    if answer["nonce"] != nonce:
        raise Unusable("nonce", "The judge’s answer lacks the secret word of the call.")
    found = {entry["document"]: entry for entry in answer["documents"]}
    if set(found) != expected or len(answer["documents"]) != len(expected):
        raise Unusable("form", "The judge’s answer does not speak of each document once.")
    return found


def clean(text: str) -> str:
    """A model's sentence on one line, without characters that hide or turn around what stands there."""
    seen = "".join(
        " " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c)[0] != "C"
    )
    return " ".join(seen.split())[:LONGEST]
