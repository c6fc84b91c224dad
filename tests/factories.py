"""Makers of what tests are about: plain functions that go through the same services as people do."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

from console.accounts.models import Membership, User, Workspace
from console.accounts.services import add_member, create_workspace
from console.prompts.drafts import create_prompt, draft_of, save
from console.prompts.models import Prompt, Revision
from console.prompts.revisions import create_revision
from console.reviews.models import Decision, Review
from console.reviews.services import decide, request_review
from console.reviews.standing import standing
from console.trials.models import Conversation, Run, Subject, SuiteVersion, Verdict
from console.trials.runs import close, create_run
from console.trials.scenarios import Scenario, parse_scenario
from console.trials.subjects import SubjectForm, of_revision
from console.trials.suites import create_suite
from console.trials.transcript import reply_entry, user_entry

_numbers = itertools.count(1)
PASSWORD = "correct horse"
MODEL = "claude-sonnet-5-5"


def make_user(name: str = "") -> User:
    name = name or f"person{next(_numbers)}"
    return User.objects.create_user(username=name, password=PASSWORD, name=name.title())


def make_workspace(slug: str = "", *, playground: bool = True) -> Workspace:
    slug = slug or f"workspace{next(_numbers)}"
    return create_workspace(slug=slug, name=slug.title(), playground=playground)


def make_member(
    workspace: Workspace, *roles: str, name: str = "", user: User | None = None, domains: Sequence[str] = ()
) -> Membership:
    return add_member(
        workspace=workspace, user=user or make_user(name), roles=roles or ("author",), domains=domains
    )


# --- trials


def make_scenario(
    id: str = "hello", *says: str, expect: Sequence[dict[str, Any]] = (), **fields: Any
) -> Scenario:
    """A scenario whose user says ``says`` (default: Hello), expecting nothing but what is given."""
    turns = [{"user": text} for text in says or ("Hello",)]
    form = {"id": id, "title": f"Scenario {id}", "turns": turns, "expect": list(expect)}
    return parse_scenario(form | fields)


def make_suite(workspace: Workspace, *scenarios: Scenario, slug: str = "") -> SuiteVersion:
    slug = slug or f"suite{next(_numbers)}"
    return create_suite(
        workspace=workspace, slug=slug, title=slug.title(), scenarios=scenarios or [make_scenario()]
    )


def make_subject_form(
    label: str = "r1", system: str = "You are Aria.", *, tools: Sequence[dict[str, Any]] = (), **params: Any
) -> SubjectForm:
    return SubjectForm(
        label=label,
        digest=f"digest of {label}",
        params={"model": MODEL, "max_tokens": 200, "system": system, **params},
        variables={},
        tools=list(tools),
    )


def make_run(
    workspace: Workspace | None = None,
    *scenarios: Scenario,
    base_url: str,
    subjects: Sequence[SubjectForm] = (),
    pool: str = "tests",
    **fields: Any,
) -> Run:
    """A run on the Messages API at ``base_url``, for workers of a pool of its own."""
    workspace = workspace or make_workspace()
    return create_run(
        workspace=workspace,
        suite_version=make_suite(workspace, *scenarios),
        subjects=subjects or [make_subject_form()],
        model=MODEL,
        base_url=base_url,
        pool=pool,
        **fields,
    )


def make_content(**fields: Any) -> dict[str, Any]:
    """A small draft in its exchanged form that nothing speaks against."""
    role = {
        "id": "role",
        "kind": "role",
        "text": "You are Aria, the assistant of Meridian Bank. You are an AI.",
    }
    task = {
        "id": "task",
        "kind": "task",
        "text": "Help customers with cards and accounts.\nWhen you do not know something, say so.",
    }
    base = {"draft": 1, "title": "Aria", "model": MODEL, "domain": "finance", "sections": [role, task]}
    return {**base, **fields}


def make_prompt(member: Membership, slug: str = "", **fields: Any) -> Prompt:
    """A prompt with its draft, made by ``member``; ``fields`` go into the draft's content."""
    slug = slug or f"prompt{next(_numbers)}"
    return create_prompt(member=member, slug=slug, title=slug.title(), content=make_content(**fields))


def make_revision(
    member: Membership, prompt: Prompt | None = None, *, text: str = "", message: str = ""
) -> Revision:
    """The prompt's next revision, frozen by ``member``; ``text`` first becomes that of its first section."""
    draft = draft_of(prompt or make_prompt(member))
    if text:
        first, *rest = draft.content["sections"]
        content = {**draft.content, "sections": [{**first, "text": text}, *rest]}
        draft = save(draft=draft, version=draft.version, content=content, member=member)
    return create_revision(draft=draft, version=draft.version, message=message, member=member)


# --- reviews


def make_finished_run(
    revision: Revision,
    *scenarios: Scenario,
    baseline: Revision | None = None,
    failing: Sequence[str] = (),
    **fields: Any,
) -> Run:
    """A run of a revision whose every cell is in, written down instead of played; ``failing`` scenarios fail.

    The default scenario covers what a small finance prompt needs. Each scenario bears on the limits that it covers.
    """
    workspace = revision.prompt.workspace
    scenarios = scenarios or (make_scenario(covers=["limit.ai_disclosure", "limit.user_deception"]),)
    last = Run.objects.filter(workspace=workspace).order_by("-number").first()
    given = {"rehearsal": True, "endpoint": "rehearsal", "model": revision.params["model"], **fields}
    run = Run.objects.create(
        workspace=workspace,
        number=last.number + 1 if last else 1,
        prompt=revision.prompt,
        suite_version=make_suite(workspace, *scenarios),
        planned=len(scenarios) * (2 if baseline else 1),
        **given,
    )
    for position, tested in enumerate([baseline, revision] if baseline else [revision]):
        subject = of_revision(tested).row(position)
        subject.run = run
        subject.save()
        for scenario in scenarios:
            fails = tested == revision and scenario.id in failing
            _write_cell(run, subject, scenario, "fail" if fails else "pass")
    close(run.pk)
    run.refresh_from_db()
    return run


def _write_cell(run: Run, subject: Subject, scenario: Scenario, word: str) -> None:
    cell = Conversation.objects.create(
        workspace=run.workspace,
        run=run,
        subject=subject,
        scenario=scenario.id,
        status=Conversation.Status.FINISHED,
        verdict=word,
        messages=[user_entry(1, "Hello"), reply_entry(1, [{"type": "text", "text": "Hello."}], "end_turn")],
        turns=1,
    )
    limits = [id for id in scenario.covers if id.startswith("limit.")]
    Verdict.objects.create(conversation=cell, expect=0, kind="judge", verdict=word, limits=limits)


def make_review(member: Membership, *, runs: Sequence[Run] | None = None, **fields: Any) -> Review:
    """A review of a new revision by ``member`` (or of ``revision``), with evidence that covers what it needs."""
    revision = fields.pop("revision", None) or make_revision(member)
    runs = [make_finished_run(revision)] if runs is None else runs
    return request_review(revision=revision, runs=runs, member=member, **fields)


def make_approval(review: Review, member: Membership, reason: str = "") -> Decision:
    """The member approves what stands now."""
    shown = standing(Review.objects.get(pk=review.pk)).ground
    return decide(review=review, word="approve", reason=reason, shown=shown, member=member)


def make_measured_run(
    revisions: Sequence[Revision],
    scenarios: Sequence[Scenario],
    play: Callable[[Revision, Scenario, int], tuple[Sequence[str], Sequence[str]]],
    *,
    samples: int = 1,
    suite: SuiteVersion | None = None,
    **fields: Any,
) -> Run:
    """A complete run, written down instead of played.

    ``play(revision, scenario, sample)`` gives the replies, one a turn, and the verdict of each expectation.
    """
    workspace = revisions[0].prompt.workspace
    last = Run.objects.filter(workspace=workspace).order_by("-number").first()
    given = {"rehearsal": True, "endpoint": "rehearsal", "model": revisions[0].params["model"], **fields}
    run = Run.objects.create(
        workspace=workspace,
        number=last.number + 1 if last else 1,
        prompt=revisions[0].prompt,
        suite_version=suite or make_suite(workspace, *scenarios),
        samples=samples,
        planned=len(scenarios) * len(revisions) * samples,
        **given,
    )
    cells, verdicts = [], []
    for position, revision in enumerate(revisions):
        subject = of_revision(revision).row(position)
        subject.run = run
        subject.save()
        for scenario, sample in itertools.product(scenarios, range(1, samples + 1)):
            replies, words = play(revision, scenario, sample)
            cell = _played_cell(run, subject, scenario, sample, replies, words)
            cells.append(cell)
            verdicts += [
                Verdict(
                    conversation=cell, expect=index, kind=expectation.kind, verdict=word, turn=len(replies),
                    reason="as written", limits=list(scenario.limits_of(expectation)),
                )
                for index, (expectation, word) in enumerate(zip(scenario.expect, words, strict=True))
            ]  # fmt: skip
    Conversation.objects.bulk_create(cells)
    Verdict.objects.bulk_create(verdicts)
    close(run.pk)
    run.refresh_from_db()
    return run


def _played_cell(
    run: Run, subject: Subject, scenario: Scenario, sample: int, replies: Sequence[str], words: Sequence[str]
) -> Conversation:
    messages = [
        entry
        for turn, (said, reply) in enumerate(zip(scenario.turns, replies, strict=False), 1)
        for entry in (
            user_entry(turn, said.user),
            reply_entry(turn, [{"type": "text", "text": reply}], "end_turn"),
        )
    ]
    return Conversation(
        workspace=run.workspace, run=run, subject=subject, scenario=scenario.id, sample=sample,
        status="finished", verdict="fail" if "fail" in words else "pass", messages=messages,
        turns=len(replies), calls=len(replies),
    )  # fmt: skip
