"""What the drift page reads: each watch with its timeline, its alarm, and whether anything is known at all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import DateTimeField, Max, OuterRef, QuerySet, Subquery
from django.utils import timezone

from console.accounts.models import Membership
from console.prompts.models import Prompt
from console.releases import drift
from console.releases.drift_models import Alarm, Check, Watch
from console.releases.models import Release
from console.trials.plots import Axis, Tick, axis_over, spaced

WIDTH, LEFT, RIGHT, TOP, BOTTOM = 1392, 52, 1380, 22, 140
SHOWN = 60  # checks of a watch, the newest
APART = 90.0  # units between two dates


@dataclass(frozen=True, slots=True)
class Dot:
    """A check in the drawing."""

    check: Check
    x: float
    y: float
    top: float
    bottom: float
    look: str
    text: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Event:
    x: float
    text: str
    at_end: bool


@dataclass(frozen=True, slots=True)
class Timeline:
    """Pass rates over time against the band that was approved."""

    up: Axis
    dots: tuple[Dot, ...]
    line: str
    events: tuple[Event, ...]
    band_top: float
    band_height: float
    dates: tuple[Tick, ...]
    sentence: str


DONE, HOLDS = Check.Status.DONE, "The evidence holds"


@dataclass(frozen=True, slots=True)
class Watched:
    watch: Watch
    release: Release | None
    alarm: Alarm | None
    checks: tuple[Check, ...]
    timelines: tuple[tuple[str, Timeline], ...]  # one an evidence run, with its suite's name
    stale: bool

    @property
    def state(self) -> str:
        """The mark: stop, care, or quiet."""
        if self.alarm or self.stale:
            return "blocked" if self.alarm else "stale"
        return "ok" if self.words == HOLDS else "draft"

    @property
    def words(self) -> str:
        if self.alarm:
            return "The evidence no longer holds"
        if self.stale:
            return "Not known: no result for two schedules"
        newest = {check.evidence_id: check.word for check in reversed(self.checks) if check.status == DONE}
        if not newest:
            return "No result yet"
        if set(newest.values()) <= {"equivalent", "better"}:
            return HOLDS
        return "No loss was found; it would take more scenarios to say that the evidence holds"


def watched(prompt: Prompt) -> list[Watched]:
    """All active watches of a prompt; a constant number of statements for each, and few watches a prompt."""
    found = prompt.watches.filter(ended_at=None).select_related("release__revision", "created_by", "prompt")
    return [_watched(watch) for watch in found[:6]]


def _watched(watch: Watch) -> Watched:
    checks = list(
        watch.checks.select_related("run", "confirmation", "release", "evidence__suite_version__suite")[
            :SHOWN
        ]
    )
    done = [check.finished_at for check in checks if check.status == Check.Status.DONE and check.finished_at]
    by_evidence: dict[int, list[Check]] = {}
    for check in reversed(checks):
        by_evidence.setdefault(check.evidence_id, []).append(check)
    return Watched(
        watch=watch,
        release=drift.current_release(watch),
        alarm=watch.alarms.filter(closed_at=None).select_related("check_row__run").first(),
        checks=tuple(checks),
        timelines=tuple(
            (str(each[0].evidence.suite_version), line)
            for each in by_evidence.values()
            if (line := timeline(each)) is not None
        ),
        stale=drift.is_stale(watch, max(done, default=None)),
    )


def timeline(checks: Sequence[Check]) -> Timeline | None:
    """``checks`` of one evidence run, oldest first. A check without a figure is a gap, never a zero."""
    told = [check for check in checks if check.result.get("rate", {}).get("value") is not None]
    if not told:
        return None
    baseline = told[-1].result["baseline"]
    shares = [baseline["low"], baseline["high"]]
    shares += [check.result["rate"][end] for check in told for end in ("low", "high")]
    up = axis_over(shares, BOTTOM, TOP)
    xs = _places([check.created_at for check in checks])
    place = dict(zip((check.pk for check in checks), xs, strict=True))
    dots = tuple(_dot(check, place[check.pk], up) for check in told)
    named = spaced(xs, least=APART)
    return Timeline(
        up=up,
        dots=dots,
        line=" ".join(f"{dot.x},{dot.y}" for dot in dots),
        events=tuple(_events(checks, place)),
        band_top=up.at(baseline["high"]),
        band_height=round(up.at(baseline["low"]) - up.at(baseline["high"]), 1),
        dates=tuple(
            Tick(x, f"{timezone.localtime(check.created_at):%-d %b}")
            for check, x, shown in zip(checks, xs, named, strict=True)
            if shown
        ),
        sentence=(
            f"Pass rate of {len(dots)} re-run{'s' * (len(dots) > 1)}, the last {told[-1].result['rate']['value']:.0%};"
            f" approved at {baseline['value']:.0%} ({baseline['low']:.0%} to {baseline['high']:.0%})"
        ),
    )


def _places(times: Sequence[datetime]) -> list[float]:
    """By time; one alone stands in the middle."""
    first, span = times[0], (times[-1] - times[0]).total_seconds()
    if span <= 0:
        return [round(LEFT + (n + 1) / (len(times) + 1) * (RIGHT - LEFT), 1) for n in range(len(times))]
    inside = RIGHT - LEFT - 60
    return [round(LEFT + 30 + (time - first).total_seconds() / span * inside, 1) for time in times]


def _dot(check: Check, x: float, up: Axis) -> Dot:
    rate = check.result["rate"]
    worse = check.word == "worse" or check.result.get("losses") or check.result.get("confirmed")
    words = "worse" if worse else check.word or check.get_status_display()
    return Dot(
        check=check,
        x=x,
        y=up.at(rate["value"]),
        top=up.at(rate["high"]),
        bottom=up.at(rate["low"]),
        look="bad" if worse else "",
        text=f"{rate['value']:.0%}",
        sentence=(
            f"{timezone.localtime(check.created_at):%-d %B %Y}: {rate['value']:.0%}"
            f" ({rate['low']:.0%} to {rate['high']:.0%}), {words}"
        ),
    )


def _events(checks: Sequence[Check], place: dict[int, float]) -> Iterable[Event]:
    """Where the model changed, and where another release was approved in between."""
    before = None
    for check in checks:
        x = place[check.pk]
        if check.cause.startswith("model:"):
            yield Event(x, check.why, x > WIDTH / 2)
        elif before is not None and before.release_id != check.release_id:
            yield Event(x, f"release {check.release.number}", x > WIDTH / 2)
        before = check


# --- what home and the release's page ask


def open_alarms(member: Membership) -> QuerySet[Alarm]:
    """Of the workspace's active watches, the newest first."""
    return (
        Alarm.objects.filter(
            closed_at=None,
            watch__ended_at=None,
            watch__workspace=member.workspace_id,
            watch__prompt__archived=False,
        )
        .select_related("watch__prompt", "watch__release")
        .order_by("-opened_at")
    )


def stale_watches(member: Membership) -> list[Watch]:
    """Active watches without a result for two schedules, as ``drift.is_stale`` has it. One statement."""
    last = (
        Check.objects.filter(watch=OuterRef("pk"), status=Check.Status.DONE)
        .order_by()
        .values("watch")
        .annotate(last=Max("finished_at"))
    )
    active = (
        Watch.objects.filter(ended_at=None, workspace=member.workspace_id, prompt__archived=False)
        .select_related("prompt", "release")
        .annotate(last_done=Subquery(last.values("last"), output_field=DateTimeField()))
    )
    return [watch for watch in active if drift.is_stale(watch, watch.last_done)]


def alarm_of(release: Release) -> Alarm | None:
    """The open alarm that speaks against this release."""
    return (
        Alarm.objects.filter(closed_at=None, watch__ended_at=None, check_row__release=release)
        .select_related("watch__prompt")
        .first()
    )
