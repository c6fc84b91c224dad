"""Rating blind: one judged conversation after the other, without revision, run order or the judge's word.

Half of what is offered are failures as far as there are any, drawn by a digest: a judge that fails little is otherwise
measured on passes alone. The order differs from person to person and stays the same for one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass

from console.accounts.models import Membership
from console.trials.models import Rating, Run, Verdict
from console.trials.ratings import DECIDED


@dataclass(frozen=True, slots=True)
class Offered:
    """What is rated next; ``verdict`` None: nothing is left. ``rated``: by this person in this run."""

    verdict: Verdict | None
    rated: int
    total: int


def next_for(run: Run, member: Membership, *, skipped: Collection[int] = ()) -> Offered:
    """Of the judge's verdicts in the run, one that the member has not rated. Two statements."""
    judged = Verdict.objects.filter(
        conversation__run=run, conversation__status="finished", verdict__in=DECIDED
    ).exclude(judge="")
    rated = set(
        Rating.objects.filter(conversation__run=run, by=member.user, expect__isnull=False).values_list(
            "conversation", "expect"
        )
    )
    known = list(judged.values_list("pk", "verdict", "conversation", "expect"))
    left = [(pk, word) for pk, word, cell, expect in known if (cell, expect) not in rated]
    count = len(known) - len(left)
    open_ones = [(pk, word) for pk, word in left if pk not in skipped] or left
    if not open_ones:
        return Offered(None, count, len(known))
    # One of each kind in two, in an order that nobody can guess.
    turn = count + len(skipped)
    wanted = DECIDED[(_roll(run.pk, member.user_id, turn // 2) + turn) % 2]
    pool = [pk for pk, word in open_ones if word == wanted] or [pk for pk, _ in open_ones]
    chosen = min(pool, key=lambda pk: _roll(run.pk, member.user_id, "verdict", pk))
    return Offered(judged.select_related("conversation").get(pk=chosen), count, len(known))


def _roll(*parts: object) -> int:
    return int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:8], "big")
