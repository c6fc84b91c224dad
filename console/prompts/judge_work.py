"""What a worker does for a judgement: one call, and what follows from it. Nothing sleeps here."""

from __future__ import annotations

import logging
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from django.db import connection

import policies
from console.governance import packs
from console.prompts import judge_queue
from console.prompts.judge_answer import read_answer
from console.prompts.judge_models import Judgement
from console.prompts.judge_prompt import Question, question, version_of
from console.prompts.judge_queue import Lease, LeaseLost, Took
from console.prompts.judge_subject import Subject, subject_from
from console.provider import client, limiter, pricing, retries
from console.provider.calls import Call, Reply
from console.provider.endpoints import Endpoint, endpoint_for
from console.provider.errors import ProviderError
from console.provider.judging.answers import Unusable, clean
from console.provider.judging.marks import NoMark
from console.provider.retries import RetryPolicy
from console.provider.spending import reservation_for
from policies import Pack

logger = logging.getLogger(__name__)

# The budget of a judgement: so many calls that the provider fails, so long a wait, so many answers of no use.
POLICY = RetryPolicy(attempts=6, budget=300.0)
MOST_UNUSABLE = 3


class Hopeless(Exception):
    """The judgement cannot be made, and no call would change that."""

    def __init__(self, kind: str, sentence: str) -> None:
        super().__init__(sentence)
        self.kind = kind


def advance(pk: int) -> None:
    """Make the next call of a judgement, if it is due and nobody has it."""
    lease = judge_queue.take(pk)
    if lease is None:
        return
    try:
        _one_call(lease)
    except LeaseLost:
        logger.warning("Judgement %s was put back or is another worker's by now.", pk)
    except Exception:
        logger.exception("Judgement %s could not go on.", pk)
        _fail(lease, "fault", "The console failed at this judgement; its log says how.")


def _one_call(lease: Lease) -> None:
    try:
        endpoint, pack = _judge(lease.judgement)
        subject = subject_from(lease.judgement.subject)
        asked = _question(subject, pack, lease.judgement.model)
    except Hopeless as error:
        judge_queue.fail(lease, error.kind, str(error))
        return
    if not _may_go(lease, endpoint, asked.call):
        return
    try:
        with judge_queue.keeping(lease):
            reply = client.create(endpoint, asked.call)
    except ProviderError as error:
        limiter.record(endpoint, asked.call, error)
        _failed(lease, error)
    else:
        limiter.record(endpoint, asked.call, reply)
        _answered(lease, reply, asked, subject, pack, endpoint)


def _may_go(lease: Lease, endpoint: Endpoint, call: Call) -> bool:
    """Whether the call may be made now; if not, the judgement waits or has failed."""
    if refused := judge_queue.reserve(lease, reservation_for(call)):
        judge_queue.fail(lease, "budget", refused)
        return False
    if seconds := limiter.reserve(endpoint, call):
        judge_queue.put_back(lease, seconds)
        return False
    if not connection.in_atomic_block:
        connection.close()  # a call takes long, and threads outnumber connections
    return True


def _judge(row: Judgement) -> tuple[Endpoint, Pack]:
    """Who is asked, under which policy; Hopeless where it would not be the judge that was asked for."""
    endpoint = endpoint_for(row.workspace)
    if endpoint.rehearsal:
        raise Hopeless("no_provider", "No provider is configured any more, and the stand-in is no judge.")
    try:
        pack = packs.load(row.workspace, row.pack, row.pack_digest)
    except policies.PackError as error:
        raise Hopeless("policy", f"The policy {row.pack} cannot be read: {error}") from error
    if pack.digest != row.pack_digest or version_of(pack, row.model) != row.judge_version:
        raise Hopeless("version", "The policy or the judge changed since it was asked: ask again.")
    return endpoint, pack


def _question(subject: Subject, pack: Pack, model: str) -> Question:
    try:
        return question(subject, pack, model)
    except NoMark:
        raise Hopeless("mark", "The text holds the marks that were drawn to fence it in.") from None


def _failed(lease: Lease, error: ProviderError) -> None:
    """An attempt that brought no reply: tried again later, or recorded as what it is."""
    row = lease.judgement
    words = clean(f"{error} {error.what_to_do}")
    entry = {"kind": error.kind, "words": words[:500], "request": clean(error.request_id or "")[:120]}
    seconds = retries.delay(error, row.attempt, waited=row.waited, policy=POLICY)
    waited = row.waited + (seconds or 0.0)
    _end(lease, Took(), entry, error.kind, words, seconds, waited)


def _answered(
    lease: Lease, reply: Reply, asked: Question, subject: Subject, pack: Pack, endpoint: Endpoint
) -> None:
    used = reply.usage
    took = Took(used.total_input, used.output_tokens, pricing.cost(reply.model, used, datetime.now(UTC)))
    entry = {
        "kind": "answer",
        "words": "",
        "request": clean(reply.request_id or "")[:120],
        "model": clean(reply.model)[:120],
        "input_tokens": took.input_tokens,
        "output_tokens": took.output_tokens,
        "seconds": round(reply.seconds, 1),
    }
    try:
        answer = read_answer(reply, asked, subject, pack)
    except Unusable as error:
        _unusable(lease, error, took, entry)
        return
    judge_queue.write(
        lease,
        took,
        entry,
        seconds=None,
        status=Judgement.Status.DONE,
        findings=[asdict(said) for said in answer.findings],
        addressed=list(answer.addressed),
        discarded=list(answer.discarded),
        endpoint=endpoint.name[:200],
        error_kind="",
        error="",
    )


def _unusable(lease: Lease, error: Unusable, took: Took, entry: dict[str, Any]) -> None:
    """An answer that is no verdict is an error, never a pass."""
    row = lease.judgement
    asked = [at for at, old in enumerate(row.log) if old["kind"] == "asked"]
    before = [old for old in row.log[asked[-1] + 1 if asked else 0 :] if old.get("unusable")]
    again = error.again and len(before) + 1 < MOST_UNUSABLE
    entry = {**entry, "kind": error.kind, "words": str(error), "unusable": True}
    _end(lease, took, entry, error.kind, str(error), 0.0 if again else None, row.waited)


def _end(
    lease: Lease,
    took: Took,
    entry: dict[str, Any],
    kind: str,
    words: str,
    seconds: float | None,
    waited: float,
) -> None:
    """Another attempt after so many seconds; None: it failed."""
    status = Judgement.Status.FAILED if seconds is None else Judgement.Status.WAITING
    judge_queue.write(
        lease,
        took,
        entry,
        seconds=seconds,
        status=status,
        attempt=lease.judgement.attempt + (seconds is not None),
        waited=waited,
        error_kind=kind,
        error=words[:500],
    )
    if seconds is not None:
        judge_queue.wake_after(lease.judgement.pk, seconds)


def _fail(lease: Lease, kind: str, sentence: str) -> None:
    try:
        judge_queue.fail(lease, kind, sentence)
    except LeaseLost:
        logger.warning("Judgement %s is another worker's by now.", lease.judgement.pk)
