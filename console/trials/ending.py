"""What is said of a run that ended: one entry in the record, which other systems are told of, and a word to whoever began it."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Count
from django.urls import reverse
from django.utils import timezone

from console.accounts.models import Membership
from console.audit.acts import Act
from console.audit.services import SYSTEM, Subject, record
from console.notifications.models import Kind
from console.notifications.services import notify
from console.queue import wake
from console.trials.models import Conversation, Run

LONG = timedelta(seconds=30)  # whoever began a shorter one is still looking at it

Status = Conversation.Status


def record_end(run: Run) -> None:
    """Call it in the transaction that ends the run, which the caller holds locked: it is said once."""
    counts = counts_of(run)
    record(
        chain=run.workspace.chain,
        actor=SYSTEM,
        act=Act.RUN_FINISHED,
        subject=Subject("run", str(run.pk), f"run {run.number}"),
        detail={
            "run": run.number,
            "status": str(run.status),
            "conversations": counts,
            "evidence": run.digest,
            "reason": run.reason,
            "rehearsal": run.rehearsal,
        },
    )
    if run.prompt_id:
        wake("reviews.look_at_prompt", run.prompt_id)  # its reviews may rest on the run
    _tell_end(run, counts)


def counts_of(run: Run) -> dict[str, int]:
    """What became of the planned conversations. Those that came to an end are counted by their verdict too."""
    found = run.conversations.order_by().values_list("status", "verdict").annotate(n=Count("pk"))
    counts = dict.fromkeys(("finished", "error", "cancelled", "passed", "failed", "not_graded"), 0)
    verdicts = {"pass": "passed", "fail": "failed"}
    for status, verdict, number in found:
        if status in counts:
            counts[status] += number
        if status == Status.FINISHED:
            counts[verdicts.get(verdict, "not_graded")] += number
    return {"planned": run.planned, **counts}


def _tell_end(run: Run, counts: dict[str, int]) -> None:
    """Nobody is told of what they watched to its end, nor of what somebody cancelled: see ``tell_cancelled``."""
    stopped = run.status == Run.Status.STOPPED
    if run.status == Run.Status.CANCELLED or not (stopped or timezone.now() - run.created_at >= LONG):
        return
    said = "was stopped" if stopped else "is finished"
    results = f"{counts['passed']} of {counts['planned']} conversations passed, {counts['failed']} failed"
    errors = f", {counts['error']} without an answer" if counts["error"] else ""
    _tell(run, f"Run {run.number}{_about(run)} {said}", f"{results}{errors}. {run.reason}".strip())


def tell_cancelled(run: Run, by: Membership | None) -> None:
    """Whoever began it, where somebody else ended it."""
    if by is not None and by.user_id != run.created_by_id:
        _tell(run, f"{by.user.shown_name} cancelled run {run.number}{_about(run)}", "")


def _tell(run: Run, title: str, text: str) -> None:
    begun_by = Membership.objects.filter(workspace=run.workspace_id, user=run.created_by_id)
    notify(
        begun_by.select_related("user", "workspace"),
        kind=Kind.RAN,
        key=f"{run.pk}",
        title=title,
        text=text,
        address=reverse("trials:run", args=[run.workspace.slug, run.number]),
    )


def _about(run: Run) -> str:
    return f" of {run.prompt.slug}" if run.prompt else ""
