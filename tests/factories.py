"""Makers of what tests are about: plain functions that go through the same services as people do."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from console.accounts.models import Membership, User, Workspace
from console.accounts.services import add_member, create_workspace
from console.prompts.drafts import create_prompt, draft_of, save
from console.prompts.models import Prompt, Revision
from console.prompts.revisions import create_revision
from console.trials.models import Run, SuiteVersion
from console.trials.runs import create_run
from console.trials.scenarios import Scenario, parse_scenario
from console.trials.subjects import SubjectForm
from console.trials.suites import create_suite

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
        "text": "Answer from the product pages.\nWhere they are silent, say so.",
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
