"""What went wrong in a run, grouped, so that a thousand failures with one cause read as one."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Max, Q

from console.trials import graders
from console.trials.models import Conversation, Run, Verdict


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong in a subject's conversations, grouped: errors by their kind, expectations by theirs."""

    what: str
    count: int  # conversations
    example: str
    is_error: bool


def failures_of(run: Run, position: int) -> list[Failure]:
    """Those of most conversations first. Two statements."""
    mine = Q(run=run, subject__position=position)
    errors = (
        Conversation.objects.filter(mine, status="error")
        .values("error_kind")
        .annotate(n=Count("pk"), said=Max("error"))
    )
    wrong = Verdict.objects.filter(
        conversation__run=run, conversation__subject__position=position, verdict__in=["fail", "error"]
    )
    kinds = wrong.values("kind", "verdict").annotate(
        n=Count("conversation", distinct=True), said=Max("reason")
    )
    found = [Failure(row["error_kind"] or "error", row["n"], row["said"], True) for row in errors]
    found += [
        Failure(graders.title(row["kind"]), row["n"], row["said"], row["verdict"] == "error")
        for row in kinds.order_by()
    ]
    return sorted(found, key=lambda failure: (-failure.count, failure.what))
