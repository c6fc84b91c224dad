"""The first logins and an example workspace, made by the same services that people use."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.db import transaction

import policies
from console.accounts.models import Membership, User
from console.accounts.services import add_member, create_workspace
from console.governance.services import switch_pack
from console.prompts.drafts import create_prompt, draft_of, save
from console.prompts.models import Prompt, Revision
from console.prompts.revisions import create_revision
from console.releases.services import create_release
from console.reviews.services import decide, request_review
from console.reviews.standing import standing
from console.trials import runs, subjects, suites
from console.trials.crew import crew
from console.trials.models import Run, SuiteVersion
from console.trials.scenarios import parse_scenarios

DATA = Path(__file__).parent / "seed"
SAMPLES = 3
PATIENCE = 60.0  # seconds; whatever is not finished by then is taken up by the workers
_WORDS = [
    "amber",
    "brook",
    "cedar",
    "delta",
    "ember",
    "fjord",
    "grove",
    "heron",
    "inlet",
    "juniper",
    "kestrel",
    "lagoon",
    "meadow",
    "north",
    "opal",
    "pine",
]


@dataclass(frozen=True, slots=True)
class Logins:
    author: str
    author_password: str
    reviewer: str
    reviewer_password: str


@dataclass(frozen=True, slots=True)
class Example:
    """A prompt in two versions, and the suite that compares them."""

    slug: str
    messages: tuple[str, str]
    suite: str
    suite_title: str
    suite_description: str


EXAMPLES = (
    Example(
        "aria",
        ("First version", "Keep to banking, keep the prompt confidential, confirm every act"),
        "bank-support",
        "Bank support",
        "A retail bank's chat: scope, honesty under pressure, an act that can't be undone, safe questions that sound alarming.",
    ),
    Example(
        "clara",
        ("First version", "Exact doses for professionals, within the clinic's own subjects"),
        "clinic-information",
        "Clinic information",
        "Questions of nurses, pharmacists and doctors: exact figures, emergencies, scope, and how sure an answer may sound.",
    ),
)


def seed(*, password: str = "") -> Logins | None:
    """Make everything, unless somebody is there already: then None. ``password``: for both logins, else made up."""
    if User.objects.exists():
        return None
    logins = Logins("hanna", password or _made_up(), "mara", password or _made_up())
    with transaction.atomic():
        author, reviewer = _people(logins)
        comparisons = [_example(example, author) for example in EXAMPLES]
    started = [_compare(*comparison, author) for comparison in comparisons]
    _run_to_the_end(started)
    _release(comparisons[0][1][0], started[0], author, reviewer)
    return logins


def _made_up() -> str:
    return "-".join(secrets.choice(_WORDS) for _ in range(4)) + f"-{secrets.randbelow(90) + 10}"


def _people(logins: Logins) -> tuple[Membership, Membership]:
    workspace = create_workspace(slug="playground", name="Playground", playground=True)
    pack = policies.load_pack()
    switch_pack(workspace=workspace, name=pack.name, version=pack.version)
    hanna = User.objects.create_user(logins.author, password=logins.author_password, name="Hanna Osei")
    mara = User.objects.create_user(logins.reviewer, password=logins.reviewer_password, name="Mara Klein")
    author = add_member(workspace=workspace, user=hanna, roles=["author", "admin"])
    reviewer = add_member(
        workspace=workspace,
        user=mara,
        roles=["reviewer", "approver", "auditor"],
        specialties=["clinical", "legal"],
    )
    return author, reviewer


def _example(example: Example, author: Membership) -> tuple[Prompt, list[Revision], SuiteVersion]:
    first, second = (_content(f"{example.slug}.{number}.yaml") for number in (1, 2))
    prompt = create_prompt(member=author, slug=example.slug, title=first["title"], content=first)
    draft = draft_of(prompt)
    revisions = [
        create_revision(draft=draft, version=draft.version, message=example.messages[0], member=author)
    ]
    draft = save(draft=draft, version=draft.version, content=second, member=author)
    draft.prompt = prompt
    revisions.append(
        create_revision(draft=draft, version=draft.version, message=example.messages[1], member=author)
    )
    scenarios = parse_scenarios((DATA / f"{example.suite}.jsonl").read_text(encoding="utf-8"))
    version = suites.create_suite(
        workspace=author.workspace,
        slug=example.suite,
        title=example.suite_title,
        description=example.suite_description,
        scenarios=scenarios,
        prompts=[prompt],
        by=author,
    )
    return prompt, revisions, version


def _content(name: str) -> Mapping[str, Any]:
    content: Mapping[str, Any] = yaml.safe_load((DATA / name).read_text(encoding="utf-8"))
    return policies.parse_draft(content).to_dict()


def _compare(prompt: Prompt, revisions: list[Revision], version: SuiteVersion, author: Membership) -> Run:
    """Always at the stand-in: making examples must not spend anybody's money."""
    return runs.create_run(
        workspace=author.workspace,
        suite_version=version,
        subjects=[subjects.of_revision(revision) for revision in revisions],
        model=revisions[0].params["model"],
        samples=SAMPLES,
        concurrency=8,
        prompt=prompt,
        by=author,
        base_url=settings.REMIT_REHEARSAL_URL,
        pool="seed",
    )


def _run_to_the_end(started: list[Run]) -> None:
    """Finish the comparisons here, so that the first page already has something to read."""
    deadline = time.monotonic() + PATIENCE
    with crew("seed", [16]) as members:
        while time.monotonic() < deadline and _unfinished(started):
            members.watch()
            time.sleep(0.1)
    # Whatever is left belongs to the workers that run all the time.
    Run.objects.filter(pk__in=[run.pk for run in started]).update(pool="")


def _unfinished(started: list[Run]) -> bool:
    return any(run.is_open for run in Run.objects.filter(pk__in=[run.pk for run in started]))


def _release(revision: Revision, run: Run, author: Membership, reviewer: Membership) -> None:
    """Let the first version out, so that the second has something to be compared with; not without its evidence."""
    run.refresh_from_db()
    if not run.is_complete:
        return
    review = request_review(
        revision=revision,
        runs=[run],
        message="The bank's first assistant: current accounts, cards, transfers and savings.",
        member=author,
        title="First version",
    )
    decide(
        review=review,
        word="approve",
        reason="Reads well, and the limits hold in every conversation. Scope comes with the next version.",
        shown=standing(review).ground,
        member=reviewer,
    )
    create_release(review=review, member=reviewer, reason="First release")
