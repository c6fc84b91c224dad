"""Watching releases: their evidence is played again on a schedule and when the model's lifecycle changes.

The rows are the queue. Whoever looks, and however many look at once: a cause makes one check, a check makes one run
(and at most one more to confirm), and an open alarm is one.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone

from console.accounts.models import Membership
from console.accounts.permissions import Action, require
from console.audit.acts import Act
from console.problems import DomainError, Invalid
from console.prompts.models import Prompt
from console.provider.catalogue import Model, list_models
from console.provider.endpoints import endpoint_for
from console.provider.errors import ProviderError
from console.releases import drift_checks
from console.releases.drift_checks import record_of
from console.releases.drift_models import Alarm, Check, Watch
from console.releases.models import Label, Release
from console.releases.pages import predicate_of
from console.trials.models import Run

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
    economy: bool = False,
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
                economy=economy,
                created_by=member.user,
            )
    except IntegrityError:
        raise Invalid(
            f"{label or target} is watched already.", "End that watch before you begin another."
        ) from None
    detail: dict[str, object] = {"every": every, "max_cost": str(max_cost) if max_cost else None}
    if economy:
        detail["economy"] = True
    record_of(made, Act.DRIFT_WATCHED, member.actor, detail)
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
    record_of(watch, Act.DRIFT_UNWATCHED, member.actor, {})


@transaction.atomic
def close_alarm(*, alarm: Alarm, reason: str, member: Membership) -> None:
    """Raises NotAllowed, Invalid (no reason), DomainError (closed already)."""
    require(member, Action.CLOSE_ALARM, alarm.watch)
    if not reason.strip():
        raise Invalid("An alarm is closed with a reason.", "Say what was found and what was done.")
    closed = {"closed_at": Now(), "closed_by": member.user, "reason": reason.strip()[:500]}
    if not Alarm.objects.filter(pk=alarm.pk, closed_at=None).update(**closed):
        raise DomainError("This alarm was closed already.", "There is nothing to close.")
    record_of(
        alarm.watch, Act.DRIFT_CLOSED, member.actor, {"alarm": alarm.pk, "reason": reason.strip()[:500]}
    )


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


# --- what is due


def sweep(now: datetime | None = None) -> None:
    """Everything that is due: causes become checks, checks become runs, runs that ended are compared."""
    active = Watch.objects.filter(ended_at=None).select_related("workspace", "prompt", "release__revision")
    for each in active:
        plan_ticks(each, now or timezone.now())
    for pk in Check.objects.filter(status=Check.Status.WAITING).order_by("pk").values_list("pk", flat=True):
        drift_checks.start(pk)
    for pk in (
        Check.objects.filter(status__in=[Check.Status.RUNNING, Check.Status.CONFIRMING])
        .order_by("pk")
        .values_list("pk", flat=True)
    ):
        drift_checks.settle(pk)


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


# --- what holds now


def is_stale(watch: Watch, last_done: datetime | None, now: datetime | None = None) -> bool:
    """No result for two schedules: nobody knows whether the evidence still holds."""
    since = last_done or watch.created_at
    return ((now or timezone.now()) - since).total_seconds() > MISSED * watch.every + LATE
