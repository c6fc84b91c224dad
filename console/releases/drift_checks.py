"""One check: the evidence is played again, compared with the approval, confirmed where one scenario dropped, and told.

Every function may be called by anybody, any number of times: the row's status and lock decide who does it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from console.audit.acts import Act
from console.audit.services import SYSTEM, Actor, Subject, record
from console.governance.services import pack_in_force
from console.problems import DomainError
from console.provider.catalogue import list_models
from console.provider.endpoints import Endpoint, endpoint_for
from console.provider.errors import ProviderError
from console.releases.drift_compare import Comparison, compare, confirmed_drops
from console.releases.drift_models import Alarm, Check, Watch
from console.trials.batches.qualifying import why_not
from console.trials.casting import Cast, needs_user
from console.trials.models import Run
from console.trials.runs import Limits, create_run
from console.trials.scenarios import parse_scenario
from console.trials.stats import shown_p
from console.trials.subjects import of_revision

CONCURRENCY = 4
PATIENCE = timedelta(hours=6)  # that a check waits for a provider that is away


def start(check_id: int) -> None:
    """Begin the re-run of a waiting check. May be called by anybody, any number of times."""
    waiting = _checks().filter(pk=check_id, status=Check.Status.WAITING).first()
    if waiting is None:
        return
    try:  # asked here: no call is made under the row's lock
        endpoint = endpoint_for(waiting.watch.workspace)
        list_models(endpoint)
        economy = waiting.watch.economy and _may_go_in_batches(waiting, endpoint)
    except ProviderError as error:
        if timezone.now() - waiting.created_at > PATIENCE:
            _fail(waiting, f"{error.message} {error.what_to_do}")
        return
    with transaction.atomic():
        if _locked(check_id, Check.Status.WAITING) is None:
            return
        try:
            run = _play_again(waiting, economy=economy)
        except DomainError as error:
            _fail(waiting, f"{error.message} {error.what_to_do}")
        else:
            Check.objects.filter(pk=check_id).update(status=Check.Status.RUNNING, run=run)


def _checks() -> QuerySet[Check]:
    return Check.objects.select_related(
        "watch__workspace", "watch__prompt", "release__revision", "evidence__suite_version__suite", "run", "confirmation"
    )  # fmt: skip


def _locked(check_id: int, *statuses: str) -> Check | None:
    rows = Check.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
    return rows.filter(pk=check_id, status__in=statuses).first()


def _may_go_in_batches(check: Check, endpoint: Endpoint) -> bool:
    scenarios = [parse_scenario(form) for form in check.evidence.suite_version.played]
    return not why_not(endpoint, scenarios, [of_revision(check.release.revision)])


def _play_again(check: Check, *, economy: bool) -> Run:
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
        economy=economy,
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
        assert run is not None  # a check runs, or confirms, on a run
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
        again = _play_again(check, economy=False)  # somebody may have to be alarmed
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
        record_of(check.watch, Act.DRIFT_ALARMED, SYSTEM, detail)


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


def record_of(watch: Watch, act: Act, actor: Actor, detail: dict[str, object]) -> None:
    """Into the audit, under the watch's name."""
    record(
        chain=watch.workspace.chain,
        actor=actor,
        act=act,
        subject=Subject("watch", str(watch.pk), str(watch)),
        detail=detail,
    )
