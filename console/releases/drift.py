"""Watching releases: their evidence is played again on a schedule and when the model's lifecycle changes.

The rows are the queue. Whoever looks, and however many look at once: a cause makes one check, a check makes one run
(and at most one more to confirm), and an open alarm is one.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from console.accounts.models import Membership
from console.accounts.permissions import Action, require
from console.audit.acts import Act
from console.audit.services import SYSTEM, Actor, Subject, record
from console.governance.services import pack_in_force
from console.problems import DomainError, Invalid
from console.prompts.models import Prompt
from console.provider.catalogue import Model, list_models
from console.provider.endpoints import endpoint_for
from console.provider.errors import ProviderError
from console.releases.drift_compare import Comparison, compare, confirmed_drops
from console.releases.drift_models import Alarm, Check, Watch
from console.releases.models import Label, Release
from console.releases.pages import predicate_of
from console.trials.casting import Cast, needs_user
from console.trials.models import Run
from console.trials.runs import Limits, create_run
from console.trials.scenarios import parse_scenario
from console.trials.stats import shown_p
from console.trials.subjects import of_revision

CONCURRENCY = 4
PATIENCE = timedelta(hours=6)  # that a check waits for a provider that is away
MISSED = 2  # schedules without a result, after which the evidence is stale
LATE = 21_600  # seconds that a result may come after its tick


# --- what people decide


@transaction.atomic
def watch(
    *,
    prompt: Prompt,
    member: Membership,
    label: str = "",
    release: Release | None = None,
    every: int = Watch.Every.WEEK,
    max_cost: Decimal | None = None,
) -> Watch:
    """Watch a label of the prompt, or one release. Raises NotAllowed, Invalid."""
    require(member, Action.WATCH, prompt)
    target = release or _named(prompt, label)
    if every not in Watch.Every.values:
        raise Invalid("A watch runs every day, every week or every 30 days.")
    if not evidence_of(target):
        raise Invalid(
            f"Release {target.number} was approved without a run, so that there is nothing to compare with.",
            "Ask for a review with a finished run as its evidence.",
        )
    try:
        with transaction.atomic():
            made = Watch.objects.create(
                workspace=prompt.workspace,
                prompt=prompt,
                label="" if release else label,
                release=release,
                every=every,
                max_cost=max_cost,
                created_by=member.user,
            )
    except IntegrityError:
        raise Invalid(
            f"{label or target} is watched already.", "End that watch before you begin another."
        ) from None
    detail = {"every": every, "max_cost": str(max_cost) if max_cost else None}
    _record(made, Act.DRIFT_WATCHED, member.actor, detail)
    return made


def _named(prompt: Prompt, label: str) -> Release:
    found = Label.objects.select_related("release__revision").filter(prompt=prompt, name=label).first()
    if found is None:
        raise Invalid(f"{prompt.title} has no label “{label[:40]}”.", "Choose one that points to a release.")
    return found.release


@transaction.atomic
def end_watch(*, watch: Watch, member: Membership) -> None:
    """Raises NotAllowed, DomainError (it ended already)."""
    require(member, Action.WATCH, watch)
    if not Watch.objects.filter(pk=watch.pk, ended_at=None).update(ended_at=Now()):
        raise DomainError("This watch ended already.", "There is nothing to end.")
    _record(watch, Act.DRIFT_UNWATCHED, member.actor, {})


@transaction.atomic
def close_alarm(*, alarm: Alarm, reason: str, member: Membership) -> None:
    """Raises NotAllowed, Invalid (no reason), DomainError (closed already)."""
    require(member, Action.CLOSE_ALARM, alarm.watch)
    if not reason.strip():
        raise Invalid("An alarm is closed with a reason.", "Say what was found and what was done.")
    closed = {"closed_at": Now(), "closed_by": member.user, "reason": reason.strip()[:500]}
    if not Alarm.objects.filter(pk=alarm.pk, closed_at=None).update(**closed):
        raise DomainError("This alarm was closed already.", "There is nothing to close.")
    _record(alarm.watch, Act.DRIFT_CLOSED, member.actor, {"alarm": alarm.pk, "reason": reason.strip()[:500]})


def check_now(*, watch: Watch, member: Membership) -> list[Check]:
    """Play the evidence again at once. Raises NotAllowed, Invalid."""
    require(member, Action.WATCH, watch)
    if watch.ended_at:
        raise Invalid("This watch ended.", "Begin a new one.")
    if watch.checks.filter(status__in=Check.OPEN).exists():
        raise Invalid("A check of it is under way.", "Wait until it ended.")
    cause = f"asked:{uuid.uuid4()}"
    _plan(watch, cause, f"{member.user.shown_name} asked for it")
    return list(watch.checks.filter(cause=cause))


def _record(watch: Watch, act: Act, actor: Actor, detail: dict[str, object]) -> None:
    record(
        chain=watch.workspace.chain,
        actor=actor,
        act=act,
        subject=Subject("watch", str(watch.pk), str(watch)),
        detail=detail,
    )


# --- what is due


def sweep(now: datetime | None = None) -> None:
    """Everything that is due: causes become checks, checks become runs, runs that ended are compared."""
    active = Watch.objects.filter(ended_at=None).select_related("workspace", "prompt", "release__revision")
    for each in active:
        plan_ticks(each, now or timezone.now())
    for pk in Check.objects.filter(status=Check.Status.WAITING).order_by("pk").values_list("pk", flat=True):
        start(pk)
    for pk in (
        Check.objects.filter(status__in=[Check.Status.RUNNING, Check.Status.CONFIRMING])
        .order_by("pk")
        .values_list("pk", flat=True)
    ):
        settle(pk)


def plan_ticks(watch: Watch, now: datetime) -> None:
    """The check of the newest tick. A tick that nobody was there for is a gap, and not made up for."""
    tick = int((now - watch.created_at).total_seconds() // watch.every)
    if tick > 0 and not watch.checks.filter(cause=f"tick:{tick}").exists():
        _plan(watch, f"tick:{tick}", watch.get_every_display())


def look_at_models() -> None:
    """A check at once where the model of a watched release is deprecated or gone, once for each change."""
    active = Watch.objects.filter(ended_at=None).select_related("workspace", "prompt", "release__revision")
    for each in active:
        try:
            models = {model.id: model for model in list_models(endpoint_for(each.workspace))}
        except ProviderError:
            continue  # it is looked at again soon
        release = current_release(each)
        for evidence in evidence_of(release) if release else ():
            if said := _lifecycle(evidence.model, models):
                _plan(each, *said)


def _lifecycle(name: str, models: dict[str, Model]) -> tuple[str, str] | None:
    """The cause and its words; None while the model is active, or where the server lists no models."""
    model = models.get(name)
    if not models or (model is not None and model.lifecycle == "active"):
        return None
    if model is None:
        return f"model:{name}:gone"[:200], f"{name} is offered no more"
    since = f"{model.deprecated_at:%Y-%m-%d}" if model.deprecated_at else ""
    until = f", until {model.retires_at:%d %b %Y}" if model.retires_at else ""
    return f"model:{name}:{model.lifecycle}:{since}"[:200], f"{name} is {model.lifecycle}{until}"[:200]


def _plan(watch: Watch, cause: str, why: str) -> None:
    """INSERT … ON CONFLICT DO NOTHING: whoever else plans the same cause plans nothing."""
    release = current_release(watch)
    if release is not None:
        Check.objects.bulk_create(
            [
                Check(watch=watch, release=release, evidence=run, cause=cause, why=why)
                for run in evidence_of(release)
            ],
            ignore_conflicts=True,
        )


def current_release(watch: Watch) -> Release | None:
    if watch.release is not None:
        return watch.release
    found = Label.objects.select_related("release__revision").filter(prompt=watch.prompt, name=watch.label)
    label = found.first()
    return label.release if label else None


def evidence_of(release: Release) -> list[Run]:
    """The runs that the release was approved on, as its statement names them."""
    evidence = predicate_of(release)["evidence"]
    assert isinstance(evidence, dict)
    digests = [run["digest"] for run in evidence["runs"]]
    return list(
        Run.objects.filter(workspace=release.workspace_id, digest__in=digests)
        .select_related("suite_version__suite")
        .order_by("number")
    )


# --- one check


def start(check_id: int) -> None:
    """Begin the re-run of a waiting check. May be called by anybody, any number of times."""
    waiting = _checks().filter(pk=check_id, status=Check.Status.WAITING).first()
    if waiting is None:
        return
    try:
        list_models(endpoint_for(waiting.watch.workspace))  # asked here: no call is made under the row's lock
    except ProviderError as error:
        if timezone.now() - waiting.created_at > PATIENCE:
            _fail(waiting, f"{error.message} {error.what_to_do}")
        return
    with transaction.atomic():
        if _locked(check_id, Check.Status.WAITING) is None:
            return
        try:
            run = _play_again(waiting)
        except DomainError as error:
            _fail(waiting, f"{error.message} {error.what_to_do}")
        else:
            Check.objects.filter(pk=check_id).update(status=Check.Status.RUNNING, run=run)


def _checks() -> QuerySet[Check]:
    return Check.objects.select_related(
        "watch__workspace", "watch__prompt", "release__revision", "evidence__suite_version__suite", "run", "confirmation"
    )  # fmt: skip


def _locked(check_id: int, *statuses: str) -> Check | None:
    rows = Check.objects.select_for_update(skip_locked=True, of=("self",))
    return rows.filter(pk=check_id, status__in=statuses).first()


def _play_again(check: Check) -> Run:
    """The same suite version, model, samples, judge and users' words, the released revision alone."""
    evidence = check.evidence
    scenarios = [parse_scenario(form) for form in evidence.suite_version.played]
    revision = check.release.revision
    revision.prompt = check.watch.prompt
    return create_run(
        workspace=check.watch.workspace,
        suite_version=evidence.suite_version,
        subjects=[of_revision(revision)],
        model=evidence.model,
        samples=evidence.samples,
        concurrency=CONCURRENCY,
        limits=Limits(cost=check.watch.max_cost),
        prompt=check.watch.prompt,
        cast=Cast(judge=evidence.judge_model, repeats=evidence if needs_user(scenarios) else None),
    )


def _fail(check: Check, sentence: str) -> None:
    """What could not be found out is unknown: neither a pass nor a loss."""
    Check.objects.filter(pk=check.pk, status__in=Check.OPEN).update(
        status=Check.Status.FAILED, word="unknown", sentence=sentence.strip()[:1000], finished_at=Now()
    )


def settle(check_id: int) -> None:
    """Compare a re-run that ended. May be called by anybody, any number of times."""
    with transaction.atomic():
        locked = _locked(check_id, Check.Status.RUNNING, Check.Status.CONFIRMING)
        if locked is None:
            return
        check = _checks().get(pk=check_id)
        run = check.confirmation if check.status == Check.Status.CONFIRMING else check.run
        if run.is_open:
            return
        if not run.is_complete:
            why = run.reason or run.get_status_display().lower()
            _fail(check, f"Run {run.number} did not finish: {why}.")
        elif check.status == Check.Status.CONFIRMING:
            _conclude(check, confirmed_drops(check.result["drops"], run))
        else:
            _compared(check)


def _compared(check: Check) -> None:
    found = _comparison(check)
    check.result, check.word, check.sentence = found.as_dict(), found.word, found.sentence[:1000]
    check.save(update_fields=["result", "word", "sentence"])
    if not found.drops or found.is_worse:
        _conclude(check, [])
        return
    try:
        again = _play_again(check)
    except DomainError as error:
        _fail(check, f"It could not be confirmed: {error.message} {error.what_to_do}")
    else:
        Check.objects.filter(pk=check.pk).update(status=Check.Status.CONFIRMING, confirmation=again)


def _comparison(check: Check) -> Comparison:
    position = check.evidence.subjects.filter(digest=check.release.revision.digest).values_list(
        "position", flat=True
    )[0]
    assert check.run is not None
    return compare(
        evidence=check.evidence,
        position=position,
        rerun=check.run,
        earlier=_earlier(check),
        margin=pack_in_force(check.watch.workspace).statistics.margin_other,
        label=f"r{check.release.revision.number}",
    )


def _earlier(check: Check) -> list[float]:
    """Rates since the approval or the last closed alarm, of the same evidence, oldest first."""
    done = check.watch.checks.filter(
        status=Check.Status.DONE, release=check.release, evidence=check.evidence, pk__lt=check.pk
    )
    closed = check.watch.alarms.exclude(closed_at=None).order_by("-closed_at").first()
    if closed is not None:
        done = done.filter(finished_at__gt=closed.closed_at)
    rates = [result["rate"]["value"] for result in done.order_by("pk").values_list("result", flat=True)]
    return [rate for rate in rates if rate is not None]


def _conclude(check: Check, confirmed: Sequence[str]) -> None:
    """The check is done; an alarm where the evidence no longer holds."""
    check.result["confirmed"] = list(confirmed)
    check.status, check.finished_at = Check.Status.DONE, timezone.now()
    check.save(update_fields=["result", "status", "finished_at"])
    reasons = list(_reasons(check))
    if reasons and not check.watch.alarms.filter(closed_at=None).exists():
        sentence = " ".join(reasons)[:1000]
        alarm = Alarm.objects.create(watch=check.watch, check_row=check, sentence=sentence)
        detail = {"alarm": alarm.pk, "run": check.run.digest if check.run else "", "sentence": sentence}
        _record(check.watch, Act.DRIFT_ALARMED, SYSTEM, detail)


def _reasons(check: Check) -> Iterable[str]:
    result = check.result
    for loss in result["losses"]:
        yield (
            f"{loss['limit']} holds less often than at the approval: {loss['after']:.0%} against"
            f" {loss['before']:.0%} (p = {shown_p(loss['p'])}, corrected)."
        )
    for scenario in result["confirmed"]:
        yield f"{scenario} held in every sample at the approval and mostly breaks a limit now, twice over."
    if check.word == "worse":
        yield check.sentence
    signals = result.get("signals") or {}
    if not result["losses"] and check.word != "worse":
        if signals.get("by_ewma"):
            yield "The pass rate of the last re-runs has sunk below what chance explains (EWMA)."
        elif signals.get("by_cusum"):
            yield "The pass rate has been a little lower for long (CUSUM)."


# --- what holds now


def is_stale(watch: Watch, last_done: datetime | None, now: datetime | None = None) -> bool:
    """No result for two schedules: nobody knows whether the evidence still holds."""
    since = last_done or watch.created_at
    return ((now or timezone.now()) - since).total_seconds() > MISSED * watch.every + LATE
