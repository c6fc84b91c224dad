"""Reading what a judge says. It is a model's text after all: nothing of it is taken that cannot be checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from console.prompts.judge_prompt import Question, schema_for
from console.prompts.judge_subject import Subject, Words, occurs
from console.provider.calls import Reply
from console.provider.judging.answers import Unusable, clean, documents_of, parsed, refuse_other_ends
from console.provider.judging.quotes import LONGEST as LONGEST_QUOTE
from policies import Pack, Severity


@dataclass(frozen=True, slots=True)
class Said:
    """One finding of an answer whose rule is in the policy and whose quote is in the text."""

    rule: str
    severity: str
    quote: str
    why: str
    suggestion: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What an answer says of the text. ``discarded``: a sentence for each thing that could not be taken."""

    findings: tuple[Said, ...]
    addressed: tuple[str, ...]
    discarded: tuple[str, ...]


def read_answer(reply: Reply, question: Question, subject: Subject, pack: Pack) -> Answer:
    """The verdict that a reply gives. Raises Unusable for anything less than one."""
    if reply.rehearsal:
        raise Unusable("stand_in", "The stand-in answered, and it is no judge.", again=False)
    refuse_other_ends(reply, "the prompt")
    expected = {number for number in (question.asked, question.control) if number}
    documents = documents_of(parsed(reply.text, _form()), question.nonce, expected)
    if question.control:
        _must_see_control(documents[question.control], question, pack)
    return _checked(documents[question.asked], subject, pack)


@cache
def _form() -> Draft202012Validator:
    # Without the list of ids: an unknown one costs the finding, not the answer.
    return Draft202012Validator(schema_for())


def _must_see_control(document: Mapping[str, Any], question: Question, pack: Pack) -> None:
    control = Subject("", (), (Words("prompt", "", question.control_text),))
    for finding in document["findings"]:
        if pack.rule(finding["rule"]) and occurs(finding["quote"], control):
            return
    raise Unusable(
        "control",
        "The judge passed words that break a rule for certain, which stood beside the prompt: something keeps it from judging.",
    )


def _checked(document: Mapping[str, Any], subject: Subject, pack: Pack) -> Answer:
    kept: dict[tuple[str, str], Said] = {}
    discarded: list[str] = []
    lost_block = False
    for given in document["findings"]:
        if problem := _problem(given, subject, pack):
            discarded.append(problem)
            lost_block = lost_block or given["severity"] == Severity.BLOCK
        else:
            said = _said(given)
            known = kept.get((said.rule, said.quote))
            if known is None or known.severity != Severity.BLOCK:  # said twice: the graver counts
                kept[said.rule, said.quote] = said
    if lost_block and not any(said.severity == Severity.BLOCK for said in kept.values()):
        # A verdict of "block" is never lost to a bad quote: that would be the way to pass.
        raise Unusable("quotes", f"The judge reports what blocks, but {discarded[0]}")
    return Answer(tuple(kept.values()), tuple(_addressed(document, subject)), tuple(discarded))


def _problem(given: Mapping[str, Any], subject: Subject, pack: Pack) -> str:
    """Why a finding cannot be taken, as the end of a sentence; "" when it can."""
    if pack.rule(given["rule"]) is None:
        return f"{pack.ref} has no rule {clean(given['rule'])[:60]}."
    if len(given["quote"]) > LONGEST_QUOTE or not occurs(given["quote"], subject):
        return f"the text does not hold the words that it quotes for {given['rule']}."
    return ""


def _said(given: Mapping[str, Any]) -> Said:
    why = clean(given["why"]) or "The judge gave no reason."
    return Said(given["rule"], given["severity"], given["quote"], why, clean(given["suggestion"]))


def _addressed(document: Mapping[str, Any], subject: Subject) -> Iterator[str]:
    for quote in dict.fromkeys(document["addressed"]):
        if len(quote) <= LONGEST_QUOTE and occurs(quote, subject):
            yield quote
