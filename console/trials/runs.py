"""Runs: started, cancelled, stopped and closed. What a run does meanwhile is in its conversations."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.db.models.functions import Now

from console import live, queue
from console.accounts.models import Membership, Workspace
from console.accounts.permissions import Action, require
from console.audit.acts import Act
from console.audit.services import SYSTEM, Subject, record
from console.problems import DomainError, Invalid
from console.prompts.models import Prompt
from console.provider.allowance import Allowance, allowance_of, narrower
from console.provider.catalogue import Model
from console.provider.endpoints import Endpoint, endpoint_at, endpoint_for
from console.provider.models import ProviderAccount
from console.provider.spending import Reservation
from console.trials import quality, results
from console.trials.abilities import fitted, known_models, model_named
from console.trials.batch_models import MessageBatch
from console.trials.batches import qualifying
from console.trials.casting import USUAL, Cast, Scripts, judge_of, scripts_of, user_of
from console.trials.conversation import opening, reservation_of
from console.trials.ending import record_end, tell_cancelled
from console.trials.models import Conversation, Run, SuiteVersion
from console.trials.models import Subject as SubjectRow
from console.trials.plans import filled, plan_of_run
from console.trials.scenarios import Scenario, parse_scenario
from console.trials.subjects import SubjectForm
from policies import FillError
from policies.forms import did_you_mean

logger = logging.getLogger(__name__)

MOST_CELLS = 20_000
MOST_SUBJECTS = 8
MOST_SAMPLES = 50
MOST_CONCURRENCY = 256
# A window of so many conversations for each slot is open at once: small enough that a conversation's history is still
# in the provider's cache when its next turn comes, large enough that no slot waits for the last ones of a window.
WINDOW = 4

Status = Conversation.Status


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a run may go; None: as far as its workspace allows, which no number exceeds."""

    tokens: int | None = None
    cost: Decimal | None = None
    seconds: int | None = None


def create_run(
    *,
    workspace: Workspace,
    suite_version: SuiteVersion,
    subjects: Sequence[SubjectForm],
    model: str,
    samples: int = 1,
    concurrency: int = 8,
    limits: Limits = Limits(),
    prompt: Prompt | None = None,
    by: Membership | None = None,
    account: ProviderAccount | None = None,
    base_url: str = "",
    pool: str = "",
    ahead: int = 0,
    cast: Cast = USUAL,
    economy: bool = False,
    alongside: Callable[[Run], None] = lambda run: None,
) -> Run:
    """Start a run; the first subject is the baseline. ``by``: None only for a command or the seed.

    ``account``: None for the workspace's default, or the deployment's configuration. ``base_url``, ``pool`` and ``ahead`` are a command's: another endpoint, and workers of its own, which have so many
    conversations more in hand than calls under way. ``economy``: in message batches, where the run allows it. ``alongside`` writes more in the
    same transaction, and undoes it by what it raises. Raises Invalid for what cannot
    be run and ProviderError when the endpoint cannot be asked for its models.
    """
    if by is not None:
        require(by, Action.RUN, prompt)
    scenarios = [parse_scenario(form) for form in suite_version.played]
    _check_size(scenarios, subjects, samples, concurrency)
    _check_variables(scenarios, subjects)
    endpoint = endpoint_at(base_url) if base_url else endpoint_for(workspace, account)
    allowed = allowance_of(workspace.pk)
    known = check_model(endpoint, model)
    subjects = [fitted(form, known) for form in subjects]
    if economy and (why := qualifying.why_not(endpoint, scenarios, subjects)):
        raise Invalid(f"This run cannot go in batches. {why}", "Start it as an ordinary run.")
    scripts = scripts_of(_checked(cast, workspace, subjects), scenarios, samples)
    with transaction.atomic():
        run = Run.objects.create(
            workspace=workspace,
            number=_next_number(workspace),
            prompt=prompt,
            suite_version=suite_version,
            model=model,
            samples=samples,
            concurrency=concurrency,
            endpoint=endpoint.name,
            base_url=base_url,
            account_id=endpoint.account,
            rehearsal=endpoint.rehearsal,
            pool=pool,
            ahead=ahead,
            judge_model=judge_of(cast, workspace, endpoint, model, scenarios),
            user_model=user_of(cast, workspace, endpoint, model, scenarios),
            compares=cast.compares,
            economy=economy,
            repeats=cast.repeats,
            max_tokens=narrower(limits.tokens, allowed.run_tokens),
            max_cost=narrower(limits.cost, allowed.run_cost),
            max_seconds=narrower(limits.seconds, _seconds(allowed, economy=economy)),
            planned=len(scenarios) * len(subjects) * samples,
            created_by=by.user if by else None,
        )
        alongside(run)
        _add_conversations(run, scenarios, subjects, scripts, allowed)
        _record(
            run,
            Act.RUN_STARTED,
            by,
            {"suite": suite_version.digest, "subjects": [s.digest for s in subjects]}
            | ({"economy": True} if economy else {}),
        )
        if not pool:
            wake_workers(run.pk, 1 if economy else min(concurrency, run.planned))
    return run


def _seconds(allowed: Allowance, *, economy: bool) -> int | None:
    """How long a run may take; what the provider may take for its batches comes on top."""
    if allowed.run_seconds is None or not economy:
        return allowed.run_seconds
    return allowed.run_seconds + qualifying.SECONDS


def check_model(endpoint: Endpoint, model: str) -> Model | None:
    """Refuse a model that the endpoint does not list; servers that list none are taken at the word given."""
    models = known_models(endpoint)
    names = [known.id for known in models]
    if names and model not in names:
        listed = ", ".join(names[:8])
        raise Invalid(
            f'{endpoint.name} offers no model "{model}".{did_you_mean(model, names)}', f"It offers {listed}."
        )
    return model_named(models, model)


def cancel_run(*, run: Run, by: Membership | None = None) -> Run:
    """No further call begins. Calls in flight end by themselves and are booked; then the run is cancelled."""
    if by is not None:
        require(by, Action.RUN, run)
    with transaction.atomic():
        if not Run.objects.filter(pk=run.pk, status=Run.Status.RUNNING).update(status=Run.Status.CANCELLING):
            raise DomainError(f"Run {run.number} is not running.", "There is nothing to cancel.")
        _record(run, Act.RUN_CANCELLED, by, {})
        tell_cancelled(run, by)
        _hurry(run.pk)
    close(run.pk)
    run.refresh_from_db()
    return run


def stop(run_id: int, reason: str) -> None:
    """End a run that can go no further, with the reason in a sentence."""
    stopping = {"status": Run.Status.STOPPING, "reason": reason[:300]}
    if Run.objects.filter(pk=run_id, status=Run.Status.RUNNING).update(**stopping):
        logger.info("Run %s stops: %s", run_id, reason)
        _hurry(run_id)
    close(run_id)


def _hurry(run_id: int) -> None:
    """Batches of a run that ends are looked after at once."""
    open_ones = MessageBatch.objects.filter(run=run_id, status__in=MessageBatch.OPEN)
    if open_ones.update(run_after=None) and not Run.objects.get(pk=run_id).pool:
        wake_workers(run_id, 1)


def close(run_id: int) -> None:
    """End the run if nothing of it is left to do. May be called at any time, by anybody, any number of times."""
    left = Conversation.objects.filter(run=run_id, status__in=(Status.WAITING, Status.RUNNING))
    ending = Run.objects.filter(pk=run_id, status__in=(Run.Status.CANCELLING, Run.Status.STOPPING)).exists()
    if ending:
        # What is in a batch may be answered, and is paid for then: it ends with its batch.
        _cancel(left.filter(Q(economy=False) | Q(message_batch=None), status=Status.WAITING))
    if not left.exists():
        _end(run_id)
    elif ending:
        live.publish(f"run:{run_id}")


def _cancel(waiting: QuerySet[Conversation]) -> None:
    """Every worker of the run may be here at once. An UPDATE locks rows as it meets them, and those that another one has
    moved it meets elsewhere: two would wait for each other. So they are locked in one order first.
    """
    with transaction.atomic():
        in_order = waiting.order_by("pk").select_for_update(no_key=True)
        held = list(in_order.values_list("pk", flat=True))
        Conversation.objects.filter(pk__in=held).update(
            status=Status.CANCELLED, economy=False, run_after=None, finished_at=Now()
        )


_ENDS = {
    Run.Status.RUNNING: Run.Status.FINISHED,
    Run.Status.CANCELLING: Run.Status.CANCELLED,
    Run.Status.STOPPING: Run.Status.STOPPED,
}


def _end(run_id: int) -> None:
    with transaction.atomic():
        run = Run.objects.select_for_update(no_key=True).filter(pk=run_id, status__in=_ENDS).first()
        if run is None:
            return
        run.status = _ENDS[Run.Status(run.status)]
        if run.status == Run.Status.FINISHED:
            # Words and a digest are only for a run whose every planned cell is in.
            run.result = results.result_of(run)
            run.digest = results.evidence_digest(run)
            run.quality = quality.measure(run)
        run.finished_at = Now()
        run.save(update_fields=["status", "result", "quality", "digest", "finished_at"])
        record_end(run)
        live.publish(f"run:{run_id}", "done")


def wake_workers(run_id: int, count: int) -> None:
    for _ in range(count):
        queue.wake("trials.advance", run_id)


def _check_size(
    scenarios: Sequence[Scenario], subjects: Sequence[SubjectForm], samples: int, concurrency: int
) -> None:
    cells = len(scenarios) * len(subjects) * samples
    checks = (
        (
            1 <= len(subjects) <= MOST_SUBJECTS,
            f"A run takes 1 to {MOST_SUBJECTS} revisions, and these are {len(subjects)}.",
        ),
        (1 <= samples <= MOST_SAMPLES, f"Samples must be from 1 to {MOST_SAMPLES}, and {samples} is not."),
        (
            1 <= concurrency <= MOST_CONCURRENCY,
            f"Concurrency must be from 1 to {MOST_CONCURRENCY}, and {concurrency} is not.",
        ),
        (
            cells <= MOST_CELLS,
            f"This would be {cells:,} conversations; the most for one run is {MOST_CELLS:,}.",
        ),
    )
    for holds, sentence in checks:
        if not holds:
            raise Invalid(sentence, "Change it and start again.")


def _checked(cast: Cast, workspace: Workspace, subjects: Sequence[SubjectForm]) -> Cast:
    if cast.compares and len(subjects) < 2:
        raise Invalid(
            "A preference takes two revisions, and this is one.", "Add a baseline, or leave it out."
        )
    if cast.repeats is not None and cast.repeats.workspace_id != workspace.pk:
        raise Invalid("The run to repeat is not of this workspace.", "Choose one of its runs.")
    return cast


def _check_variables(scenarios: Sequence[Scenario], subjects: Sequence[SubjectForm]) -> None:
    for position, subject in enumerate(subjects):
        row = subject.row(position)
        for scenario in scenarios:
            try:
                filled(row, scenario.variables)
            except FillError as error:
                raise Invalid(
                    f"{subject.label} cannot be filled for scenario {scenario.id}: {error}",
                    "Give the variable a default, or a value under “variables” in the scenario.",
                ) from None


def _next_number(workspace: Workspace) -> int:
    Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
    return (Run.objects.filter(workspace=workspace).aggregate(last=Max("number"))["last"] or 0) + 1


def _add_conversations(
    run: Run,
    scenarios: Sequence[Scenario],
    subjects: Sequence[SubjectForm],
    scripts: Scripts,
    allowed: Allowance,
) -> None:
    """One row a cell, so ordered that the cells of one scenario end near each other and can be compared early."""
    rows = [form.row(position) for position, form in enumerate(subjects)]
    for row in rows:
        row.run = run
    SubjectRow.objects.bulk_create(rows)
    reservations = _first_reservations(run, scenarios)
    cells = [
        (scenario, sample, row)
        for scenario in scenarios
        for sample in range(1, run.samples + 1)
        for row in rows
    ]
    Conversation.objects.bulk_create(
        (
            Conversation(
                workspace_id=run.workspace_id,
                run=run,
                subject=subject,
                scenario=scenario.id,
                sample=sample,
                script=scripts.get((scenario.id, sample)),
                batch=index // (WINDOW * run.concurrency),
                reserved_tokens=reservations[subject.pk, scenario.id].tokens,
                reserved_cost=reservations[subject.pk, scenario.id].cost,
                economy=run.economy and _fits(reservations[subject.pk, scenario.id], allowed),
            )
            for index, (scenario, sample, subject) in enumerate(cells)
        ),
        batch_size=1000,
    )


def _fits(first: Reservation, allowed: Allowance) -> bool:
    """Whether a conversation's own budget allows its first call. One that it refuses is left to the workers, who say so."""
    tokens, cost = allowed.conversation_tokens, allowed.conversation_cost
    return (tokens is None or first.tokens <= tokens) and (cost is None or first.cost <= cost)


def _first_reservations(run: Run, scenarios: Sequence[Scenario]) -> dict[tuple[int, str], Reservation]:
    """What the first call of each cell may use."""
    plan = plan_of_run(run.pk)
    return {
        (subject, scenario.id): reservation_of(
            plan, subject, scenario.id, opening(plan, scenario.id), batch=run.economy
        )
        for subject in plan.subjects
        for scenario in scenarios
    }


def _record(run: Run, act: Act, by: Membership | None, detail: dict[str, object]) -> None:
    record(
        chain=run.workspace.chain,
        actor=by.actor if by else SYSTEM,
        act=act,
        subject=Subject("run", str(run.pk), f"run {run.number}"),
        detail=detail,
    )
