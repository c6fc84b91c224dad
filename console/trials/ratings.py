"""What people say of conversations, beside what graders say, and how far a judge agrees with them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

from django.db import transaction
from django.db.models import F

from console.accounts.models import Membership, Workspace
from console.accounts.permissions import Action, require
from console.audit.acts import Act
from console.audit.services import Subject, record
from console.problems import DomainError, Invalid
from console.trials.agreement import Agreement, agreement
from console.trials.models import Conversation, Rating, Verdict

DECIDED = ("pass", "fail")
LONGEST_NOTE = 1_000


@dataclass(frozen=True, slots=True)
class RatingForm:
    """``expect``: the index of an expectation, None for the whole conversation. ``word``: pass or fail."""

    word: str
    expect: int | None = None
    score: int | None = None
    note: str = ""
    blind: bool = False


def rate(*, conversation: Conversation, given: RatingForm, by: Membership) -> Rating:
    """A person's rating; rating again replaces one's own. Raises NotAllowed, DomainError, Invalid.

    A blind rating is never replaced: who has seen the machine's word since is not blind any more.
    """
    require(by, Action.RATE, conversation)
    _check(conversation, given)
    with transaction.atomic():
        known = Rating.objects.select_for_update(no_key=True).filter(
            conversation=conversation, expect=given.expect, by=by.user
        )
        before = known.first()
        if before is not None and before.blind:
            raise DomainError("You rated this blind already.", "A blind rating stays as it was given.")
        fields = {"word": given.word, "score": given.score, "note": given.note, "blind": given.blind}
        row, _ = Rating.objects.update_or_create(
            conversation=conversation, expect=given.expect, by=by.user, defaults=fields
        )
        what = "whole" if given.expect is None else str(given.expect)
        record(
            chain=by.workspace.chain,
            actor=by.actor,
            act=Act.CONVERSATION_RATED,
            subject=Subject(
                "conversation", str(conversation.pk), f"{conversation.scenario} #{conversation.sample}"
            ),
            detail={
                "run": conversation.run_id,
                "of": what,
                "word": row.word,
                "score": row.score,
                "blind": row.blind,
                "before": before.word if before else None,
            },
        )
    return row


def _check(conversation: Conversation, given: RatingForm) -> None:
    if conversation.run_id is None or conversation.status != Conversation.Status.FINISHED:
        raise DomainError("Only a finished conversation of a run can be rated.", "Wait until it has ended.")
    if given.word not in Rating.Word.values:
        raise Invalid("A rating is “holds” or “fails”.", "Choose one of the two.")
    if given.score is not None and not 1 <= given.score <= 5:
        raise Invalid(f"The score must be from 1 to 5, and {given.score} is not.", "Choose one, or none.")
    if len(given.note) > LONGEST_NOTE:
        raise Invalid(
            f"The note has {len(given.note):,} characters; the most is {LONGEST_NOTE:,}.", "Shorten it."
        )
    if given.expect is not None and not conversation.verdicts.filter(expect=given.expect).exists():
        raise Invalid(
            "There is no such expectation in this conversation.", "Rate one that is there, or the whole."
        )


def ratings_of(conversations: Iterable[int]) -> dict[int, list[Rating]]:
    """By conversation, with who gave them. One statement."""
    found: dict[int, list[Rating]] = defaultdict(list)
    for row in Rating.objects.filter(conversation__in=list(conversations)).select_related("by"):
        found[row.conversation_id].append(row)
    return found


# --- how far a judge agrees with people


@dataclass(frozen=True, slots=True)
class Calibration:
    """A judge's verdicts that people rated blind, against the majority of people; ties are left out.

    ``among_people``: pairs of people who rated the same, as the ceiling of what a judge can reach.
    """

    judge: str
    agreement: Agreement
    among_people: Agreement
    people: int = 0

    @property
    def is_calibrated(self) -> bool:
        return self.agreement.is_calibrated


def calibrations(workspace: Workspace, judges: Iterable[str]) -> dict[str, Calibration]:
    """Of each judge (by ``Verdict.judge``), over the whole workspace. One statement."""
    judges = set(judges) - {""}
    rated: dict[str, dict[int, list[tuple[int, str]]]] = {judge: defaultdict(list) for judge in judges}
    words: dict[int, str] = {}
    found = Verdict.objects.filter(
        judge__in=judges,
        verdict__in=DECIDED,
        conversation__workspace=workspace,
        conversation__ratings__expect=F("expect"),
        conversation__ratings__blind=True,
    ).order_by("pk")
    for pk, judge, verdict, person, word in found.values_list(
        "pk", "judge", "verdict", "conversation__ratings__by", "conversation__ratings__word"
    ):
        words[pk] = verdict
        rated[judge][pk].append((person, word))
    return {judge: _calibration(judge, items, words) for judge, items in rated.items()}


def _calibration(judge: str, items: dict[int, list[tuple[int, str]]], words: dict[int, str]) -> Calibration:
    against = [(words[pk], word) for pk, said in items.items() if (word := _majority(said))]
    pairs = [
        pair
        for said in items.values()
        for (_, one), (_, two) in combinations(sorted(said), 2)
        # Neither of two people is the measure of the other: each pair counts in both directions.
        for pair in ((one, two), (two, one))
    ]
    people = {person for said in items.values() for person, _ in said}
    return Calibration(judge, agreement(against), agreement(pairs), len(people))


def _majority(said: list[tuple[int, str]]) -> str:
    passes = sum(word == "pass" for _, word in said)
    return "" if 2 * passes == len(said) else "pass" if 2 * passes > len(said) else "fail"
