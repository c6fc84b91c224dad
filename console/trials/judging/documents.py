"""A conversation as a judge reads it: data, each message between marks that no text can hold."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from console.provider.judging.answers import closed_object
from console.trials.transcript import Turn
from policies.canonical import plain


@dataclass(frozen=True, slots=True)
class Piece:
    """One message, or what came of a tool. ``by_assistant``: it said or did this itself."""

    turn: int
    who: str
    text: str
    by_assistant: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """What is judged: the pieces up to the turn that is rated, and the rubric. ``turn`` None: the whole is rated."""

    rubric: str
    pieces: tuple[Piece, ...]
    turn: int | None = None

    @property
    def texts(self) -> list[str]:
        return [self.rubric, *(piece.text for piece in self.pieces)]

    @property
    def judged(self) -> list[str]:
        """What the assistant said and did where it is rated: a verdict quotes from here."""
        return [piece.text for piece in self.pieces if piece.by_assistant and self.turn in (None, piece.turn)]

    @property
    def said(self) -> list[str]:
        return [piece.text for piece in self.pieces]


def document(rubric: str, turns: Sequence[Turn], turn: int | None) -> Document:
    shown = [one for one in turns if turn is None or one.number <= turn]
    return Document(rubric, tuple(piece for one in shown for piece in pieces_of(one)), turn)


def pieces_of(turn: Turn) -> Iterator[Piece]:
    yield Piece(turn.number, "user", turn.said)
    for text, calls in turn.steps:
        if text:
            yield Piece(turn.number, "assistant", text, by_assistant=True)
        for call in calls:
            used = f"{call.name} {json.dumps(plain(call.input), ensure_ascii=False)}"
            yield Piece(turn.number, "assistant calls the tool", used, by_assistant=True)
            yield Piece(turn.number, "result of the tool", call.result or "(none)")
    if turn.refused:
        yield Piece(
            turn.number, "assistant", "(It refused: the provider stopped the answer.)", by_assistant=True
        )
    elif turn.cut_short:
        yield Piece(turn.number, "note", "(The answer was cut at its longest.)")


def written(number: int, found: Document, mark: str) -> str:
    """The document as a message holds it."""
    what = "the whole conversation" if found.turn is None else f"what the assistant did in turn {found.turn}"
    return "\n".join(
        (
            f"Document {number}",
            f"Rate {what}. The rubric, between marks:",
            fenced("rubric", found.rubric, mark),
            *transcript(found.pieces, mark),
        )
    )


def transcript(pieces: Sequence[Piece], mark: str) -> Iterator[str]:
    return (fenced(f"turn {piece.turn}, {piece.who}", piece.text, mark) for piece in pieces)


def fenced(name: str, text: str, mark: str) -> str:
    return f"[{mark} {name}]\n{text}\n[/{mark}]"


def answer_schema(**decided: Any) -> dict[str, Any]:
    """What a judge answers of each document: why, with quotes, who spoke to it; and what it ``decided``."""
    text = {"type": "string"}
    texts = {"type": "array", "items": text}
    each = closed_object(document={"type": "integer"}, why=text, quotes=texts, addressed=texts, **decided)
    return closed_object(nonce=text, documents={"type": "array", "items": each})
