"""Suites and runs by token: start one, wait for it, read what it found."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.urls import reverse
from ninja import Header, Router, Schema
from ninja.responses import Status
from pydantic import Field

from console.accounts.bearer import Bearer, TokenRequest
from console.accounts.models import Right
from console.accounts.permissions import Action
from console.openapi import Form, Page, PageNumber, PageSize, Slug, Text, page_of
from console.problems import Invalid
from console.trials import reports, runs, subjects, suites
from console.trials.batches.shown import Shown, shown_batches
from console.trials.casting import Cast
from console.trials.models import Conversation, Run, SuiteVersion
from console.trials.pages import run_for
from console.trials.progress import progress_of
from console.trials.start_keys import Named, Taken, digest_of
from console.trials.starting import REFERENCE, prompt_of, revision_named, subject_of_draft
from console.trials.subjects import SubjectForm
from console.trials.waiting import LONGEST, wait_for

router = Router(tags=["Runs"])
read = Bearer(Right.READ, Action.READ)
start = Bearer(Right.RUN, Action.RUN)
Label = Annotated[Text, Field(min_length=1, max_length=100)]
# What a header may hold and a program would make up.
StartedAs = Annotated[
    Annotated[str, Field(pattern=r"^[\x21-\x7e]{1,255}$")] | None,
    Header(alias="Idempotency-Key", description="A name of your own for this request."),
]
Reference = Annotated[str, Field(max_length=120, examples=["aria@production"])]


class SuiteOut(Schema):
    slug: str
    title: str
    version: int
    digest: str
    scenarios: int


class DraftIn(Form):
    """A draft in its exchanged form that need not be in the console."""

    label: Label
    draft: dict[str, Any]


class RunIn(Form):
    """The first of several `revisions` is the baseline: `aria@14`, `aria@production`, or a draft of your own.

    `judge` is a model, or `none`; by default the workspace's, where a scenario needs one. `preferences` asks it, in both
    orders, whose answers it prefers. `repeat_users` is a run whose simulated users are repeated word by word.
    `economy`: in message batches, for half the price and within 24 hours, where every scenario is one turn without tools.
    """

    suite: Slug
    revisions: Annotated[list[Reference | DraftIn], Field(min_length=1, max_length=runs.MOST_SUBJECTS)]
    model: Annotated[Text, Field(max_length=100)] | None = None
    samples: Annotated[int, Field(ge=1, le=runs.MOST_SAMPLES)] = 1
    concurrency: Annotated[int, Field(ge=1, le=runs.MOST_CONCURRENCY)] = 8
    judge: Annotated[Text, Field(min_length=1, max_length=100)] | None = None
    preferences: bool = False
    repeat_users: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    economy: bool = False
    max_cost: Annotated[float | int, Field(gt=0, le=100_000)] | None = None
    max_tokens: Annotated[int, Field(gt=0, le=10**12)] | None = None
    max_seconds: Annotated[int, Field(gt=0, le=10**6)] | None = None


class RunOut(Schema):
    """`done` of `planned` conversations are in; words about the result come once all are."""

    number: int
    status: Literal["running", "cancelling", "stopping", "finished", "cancelled", "stopped"]
    open: bool
    reason: str
    suite: str
    suite_version: int
    model: str
    judge: str | None
    samples: int
    rehearsal: bool
    economy: bool
    planned: int
    done: int
    errors: int
    calls: int
    input_tokens: int
    output_tokens: int
    cost: float
    digest: str | None
    created_at: datetime
    finished_at: datetime | None
    page: str


class BatchOut(Schema):
    """A message batch of an economy run: `taken` of its `requests` are answered and read. `name`: as the provider has it."""

    number: int
    name: str
    state: str
    open: bool
    requests: int
    taken: int
    sent_at: datetime | None
    expires_at: datetime | None
    error: str


class RunRead(RunOut):
    """`batches` are empty unless the run is an economy run. What is in one is answered by its `expires_at`."""

    batches: list[BatchOut]


@router.get("/suites", response=Page[SuiteOut], auth=read, summary="List suites")
def list_suites(request: TokenRequest, page: PageNumber = 1, size: PageSize = 50) -> dict[str, Any]:
    """The newest version of each. Right: read."""
    return page_of(suites.newest_versions(request.member.workspace), page, size, _suite)


@router.get("/runs", response=Page[RunOut], auth=read, summary="List runs")
def list_runs(request: TokenRequest, page: PageNumber = 1, size: PageSize = 20) -> dict[str, Any]:
    """Newest first; of the prompts that the token reaches. Right: read."""
    found = Run.objects.filter(workspace=request.member.workspace_id).select_related("suite_version__suite")
    slugs = request.token.slugs
    if slugs is not None:
        found = found.filter(prompt__slug__in=slugs)
    status = Conversation.Status
    counted = found.annotate(
        cells_done=Count("conversations", filter=Q(conversations__status=status.FINISHED)),
        cells_in_error=Count("conversations", filter=Q(conversations__status=status.ERROR)),
    )
    return page_of(
        counted.order_by("-number"),
        page,
        size,
        lambda run: _form(request, run, run.cells_done, run.cells_in_error),
    )


@router.post("/runs", response={202: RunOut}, auth=start, summary="Start a run")
def start_run(
    request: TokenRequest, given: RunIn, response: HttpResponse, idempotency_key: StartedAs = None
) -> Status:
    """Answers at once; wait with `GET /runs/{number}?wait=60`. With an `Idempotency-Key` the same request of a token
    starts one run within 24 hours, however often it is sent; another request with that key is refused.
    Right: run; role: author, reviewer or approver.
    """
    run = _started(request, given, idempotency_key, response)
    response["Location"] = reverse("api:rest:read_run", args=[run.number])
    return Status(202, _run(request, run))


def _started(request: TokenRequest, given: RunIn, key: str | None, response: HttpResponse) -> Run:
    if key is None:
        return _start(request, given)
    named = Named(request.token, key, digest_of(given.model_dump(mode="json")))
    run = named.run()
    if run is None:
        try:
            return _start(request, given, alongside=named.keep)
        except Taken:
            run = named.run()
    if run is None:  # and gone again: it takes a day
        raise Invalid("This Idempotency-Key was in use a moment ago.", "Send the request again.")
    response["Idempotent-Replayed"] = "true"
    return run


def _start(request: TokenRequest, given: RunIn, alongside: Callable[[Run], None] = lambda run: None) -> Run:
    workspace = request.member.workspace
    forms = [_subject(request, entry) for entry in given.revisions]
    if len({form.label for form in forms}) != len(forms):
        raise Invalid(
            "The same revision is given twice.", "Give each one once; samples repeats conversations."
        )
    model = given.model or forms[0].params.get("model")
    if not model:
        raise Invalid("Neither the request nor the first revision names a model.", "Add the field model.")
    limits = runs.Limits(
        given.max_tokens, Decimal(str(given.max_cost)) if given.max_cost else None, given.max_seconds
    )
    return runs.create_run(
        workspace=workspace,
        suite_version=suites.newest_version(workspace, given.suite),
        subjects=forms,
        model=model,
        samples=given.samples,
        concurrency=given.concurrency,
        limits=limits,
        prompt=prompt_of(forms),
        by=request.member,
        cast=Cast(
            judge="" if given.judge == "none" else given.judge,
            compares=given.preferences,
            repeats=_reached(request, given.repeat_users) if given.repeat_users else None,
        ),
        economy=given.economy,
        alongside=alongside,
    )


@router.get("/runs/{int:number}", response=RunRead, auth=read, summary="Read a run, or wait for it")
def read_run(
    request: TokenRequest, number: int, wait: Annotated[float, Field(ge=0, le=LONGEST)] = 0
) -> dict[str, Any]:
    """With `wait` the answer comes when the run ended, or after so many seconds (at most 60) as it is then; under load
    it may come at once. Ask again while `open` is true. Right: read.
    """
    run = wait_for(_reached(request, number), wait)
    return {
        **_run(request, run),
        "batches": [_batch(batch) for batch in shown_batches(run)] if run.economy else [],
    }


@router.get(
    "/runs/{int:number}/results",
    response=dict[str, Any],
    auth=read,
    summary="Read what a run found",
    openapi_extra={"responses": {200: {"content": {"application/xml": {"schema": {"type": "string"}}}}}},
)
def read_results(
    request: TokenRequest, number: int, format: Literal["json", "junit"] = "json"
) -> dict[str, Any] | HttpResponse:
    """As `manage.py run_suite --format json` (or `junit`) reports it; while the run is open, what is in so far.
    Right: read.
    """
    run = _reached(request, number)
    if format == "junit":
        return HttpResponse(reports.as_junit(run), content_type="application/xml")
    return reports.as_json(run)


@router.post("/runs/{int:number}/cancel", response=RunOut, auth=start, summary="Cancel a run")
def cancel_run(request: TokenRequest, number: int) -> dict[str, Any]:
    """No further call begins; those in flight end and are booked. Right: run."""
    return _run(request, runs.cancel_run(run=_reached(request, number), by=request.member))


def _reached(request: TokenRequest, number: int) -> Run:
    """Run ``number``, if the token reaches its prompt; Http404 else."""
    run, slugs = run_for(request.member, number), request.token.slugs
    if slugs is not None and (run.prompt is None or run.prompt.slug not in slugs):
        raise Http404
    return run


def _subject(request: TokenRequest, given: str | DraftIn) -> SubjectForm:
    workspace = request.member.workspace
    if isinstance(given, DraftIn):
        if request.token.slugs is not None:
            raise Invalid(
                "This token reaches single prompts, and a draft of your own belongs to none.",
                "Run a revision of a prompt it reaches, or use a token that reaches all.",
            )
        return subject_of_draft(workspace, given.draft, given.label)
    named = REFERENCE.fullmatch(given)
    slugs = request.token.slugs
    if named is None or (slugs is not None and named[1] not in slugs):
        raise Invalid(
            f"“{given[:120]}” names no revision that this token reaches.",
            "Write a prompt's slug with the number of a revision or a label, as in aria@14.",
        )
    return subjects.of_revision(revision_named(workspace, named[1], named[2]), label=given)


def _suite(row: SuiteVersion) -> dict[str, Any]:
    return {
        "slug": row.suite.slug,
        "title": row.suite.title,
        "version": row.number,
        "digest": row.digest,
        "scenarios": len(row.scenarios),
    }


def _batch(batch: Shown) -> dict[str, Any]:
    return {
        "number": batch.number,
        "name": batch.name,
        "state": batch.word,
        "open": batch.is_open,
        "requests": batch.requests,
        "taken": batch.taken,
        "sent_at": batch.sent_at,
        "expires_at": batch.expires_at,
        "error": batch.error,
    }


def _run(request: TokenRequest, run: Run) -> dict[str, Any]:
    now = progress_of(run)
    return _form(request, run, now.done, now.error)


def _form(request: TokenRequest, run: Run, done: int, errors: int) -> dict[str, Any]:
    path = reverse("trials:run", args=[request.member.workspace.slug, run.number])
    return {
        "number": run.number,
        "status": run.status,
        "open": run.is_open,
        "reason": run.reason,
        "suite": run.suite_version.suite.slug,
        "suite_version": run.suite_version.number,
        "model": run.model,
        "judge": run.judge_model or None,
        "samples": run.samples,
        "rehearsal": run.rehearsal,
        "economy": run.economy,
        "planned": run.planned,
        "done": done,
        "errors": errors,
        "calls": run.calls,
        "input_tokens": run.input_tokens,
        "output_tokens": run.output_tokens,
        "cost": float(run.cost),
        "digest": run.digest or None,
        "created_at": run.created_at,
        "finished_at": run.finished_at,
        "page": request.build_absolute_uri(path),
    }
