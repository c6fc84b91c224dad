"""How far a run is: for the meter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q
from django.utils import timezone

from console.trials.models import Conversation, Run


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of the meter with its name. ``of``: what it is out of, or ""."""

    name: str
    value: str
    of: str = ""
    bad: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    total: int
    done: int  # finished, whatever was found
    error: int
    cancelled: int
    flying: int
    waiting_for_retry: int
    in_batches: int  # waiting for what a message batch brings
    first: datetime | None

    @property
    def ended(self) -> int:
        """Those that are in; a cancelled one never comes."""
        return self.done + self.error


def progress_of(run: Run) -> Progress:
    status = Conversation.Status
    counts = run.conversations.aggregate(
        total=Count("pk"),
        done=Count("pk", filter=Q(status=status.FINISHED)),
        error=Count("pk", filter=Q(status=status.ERROR)),
        cancelled=Count("pk", filter=Q(status=status.CANCELLED)),
        flying=Count("pk", filter=Q(status=status.RUNNING)),
        waiting_for_retry=Count("pk", filter=Q(status=status.WAITING, run_after__gt=timezone.now())),
        in_batches=Count("pk", filter=Q(status=status.WAITING, economy=True)),
        first=Min("started_at"),
    )
    return Progress(**counts)


def figures_of(run: Run, progress: Progress) -> list[Figure]:
    """The meter's figures, those of a run that ended or goes on."""
    figures = [Figure("conversations", f"{progress.ended:,}", f"{progress.total:,}")]
    if progress.in_batches:
        figures.append(Figure("in batches", f"{progress.in_batches:,}"))
    if run.is_open:
        figures.append(Figure("in flight", str(progress.flying), str(run.concurrency)))
    if progress.error:
        figures.append(Figure("without an answer", str(progress.error), bad=True))
    if progress.cancelled:
        figures.append(Figure("cancelled", f"{progress.cancelled:,}"))
    if progress.waiting_for_retry and run.is_open:
        figures.append(Figure("waiting to try again", str(progress.waiting_for_retry)))
    figures.append(Figure("calls", f"{run.calls:,}"))
    figures.append(Figure("tokens", _short(run.input_tokens + run.output_tokens), _short(run.max_tokens)))
    if not run.rehearsal:
        figures.append(Figure("cost so far" if run.is_open else "cost", f"${run.cost:.2f}", _money(run)))
        if run.saved > 0:
            figures.append(Figure("saved by caching", f"${run.saved:.2f}"))
    figures.extend(_times(run, progress))
    return figures


def _times(run: Run, progress: Progress) -> list[Figure]:
    if progress.first is None:
        return []
    # Answers of a batch come all at once: what they took is the time since the run began.
    began = run.created_at if run.economy else progress.first
    elapsed = ((run.finished_at or timezone.now()) - began).total_seconds()
    if not run.is_open:
        return [Figure("from start to end" if run.economy else "from first call to last", _duration(elapsed))]
    if run.economy:
        return []
    figures = []
    if elapsed > 1 and run.calls:
        figures.append(Figure("calls a minute", f"{run.calls / elapsed * 60:,.0f}"))
    if progress.ended and run.status == Run.Status.RUNNING:
        left = elapsed / progress.ended * (progress.total - progress.ended)
        figures.append(Figure("left, about", _duration(left)))
    return figures


def _money(run: Run) -> str:
    return "" if run.max_cost is None else f"${run.max_cost:,.2f}"


def _short(tokens: int | None) -> str:
    if tokens is None:
        return ""
    for size, unit in ((1_000_000, "M"), (1_000, "k")):
        if tokens >= size:
            return f"{tokens / size:.1f}".removesuffix(".0") + unit
    return str(tokens)


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
