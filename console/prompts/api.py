"""Prompts by token: listed, read, validated, imported."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import Http404, HttpResponse
from ninja import Query, Router, Schema
from ninja.responses import Status
from pydantic import Field

import policies
from console.accounts.bearer import Bearer, TokenRequest
from console.accounts.models import Right
from console.accounts.permissions import Action
from console.governance import packs
from console.governance.services import governance_of
from console.openapi import Form, Line, Page, PageNumber, PageSize, Slug, Text, page_of
from console.problems import Invalid
from console.prompts import import_report
from console.prompts.import_batch import keep_all, look_at
from console.prompts.importers import read_prompts
from console.prompts.listing import Filter, listed
from console.prompts.models import Prompt, Revision
from console.prompts.pages import prompt_for, revision_for
from console.prompts.snippets import resolver
from policies import FormError, PackError, to_sarif
from policies.canonical import plain

router = Router(tags=["Prompts"])
read = Bearer(Right.READ, Action.READ)


class PromptOut(Schema):
    """A prompt as it is listed. ``blocks`` counts the blocking findings of its draft."""

    slug: str
    title: str
    kind: Literal["prompt", "snippet"]
    folder: str
    tags: list[str]
    archived: bool
    domain: str
    blocks: int
    last_revision: int | None
    in_review: bool
    created_at: datetime


class RevisionOut(Schema):
    """An immutable snapshot; ``config`` goes into messages.create once its variables are filled."""

    slug: str
    number: int
    digest: str
    pack: str
    pack_digest: str
    bounds_version: int
    domain: str
    blocked: bool
    message: str
    created_at: datetime
    created_by: str | None


class RevisionInFull(RevisionOut):
    config: dict[str, Any]
    draft: dict[str, Any]


class PromptFilter(Schema):
    q: Annotated[Text, Field(max_length=200)] = ""
    domain: Annotated[Text, Field(max_length=40)] = ""
    state: Literal["", "blocked", "changed", "review", "released", "archived"] = ""
    page: PageNumber = 1
    size: PageSize = 50


@router.get("/prompts", response=Page[PromptOut], auth=read, summary="List prompts")
def list_prompts(request: TokenRequest, asked: Query[PromptFilter]) -> dict[str, Any]:
    """The prompts that the token reaches; `q` looks in titles, slugs, folders and tags. Right: read."""
    found = listed(request.member, Filter(asked.q, asked.domain, asked.state))
    slugs = request.token.slugs
    if slugs is not None:
        found = found.filter(slug__in=slugs)
    return page_of(found, asked.page, asked.size, _prompt)


@router.get("/prompts/{slug:slug}", response=PromptOut, auth=read, summary="Read a prompt")
def read_prompt(request: TokenRequest, slug: str) -> dict[str, Any]:
    """Right: read."""
    reached(request, slug)
    for state in ("", "archived"):
        found = listed(request.member, Filter(state=state)).filter(slug=slug).first()
        if found is not None:
            return _prompt(found)
    raise Http404


@router.get("/revisions/{slug:slug}", response=Page[RevisionOut], auth=read, summary="List revisions")
def list_revisions(
    request: TokenRequest, slug: str, page: PageNumber = 1, size: PageSize = 50
) -> dict[str, Any]:
    """Newest first. Right: read."""
    prompt = prompt_for(request.member, reached(request, slug))
    rows = prompt.revisions.select_related("prompt", "created_by").defer("content", "compiled", "source_map")
    return page_of(rows, page, size, _revision)


@router.get(
    "/revisions/{slug:slug}/{int:number}", response=RevisionInFull, auth=read, summary="Read a revision"
)
def read_revision(request: TokenRequest, slug: str, number: int) -> dict[str, Any]:
    """With the draft that it froze and the request parameters it compiles to. Right: read."""
    found = revision_for(request.member, reached(request, slug), number)
    return {**_revision(found), "config": found.params, "draft": found.content}


class _ValidateIn(Form):
    domain: Annotated[str, Field(max_length=40, examples=["general"])] | None = None
    pack: Annotated[str, Field(max_length=120, examples=["claude@2026.2"])] | None = None


class TextIn(_ValidateIn):
    """A text declares nothing: limits, honesty and ethics are held against it."""

    text: str


class DraftIn(_ValidateIn):
    """A draft in its exchanged form."""

    draft: dict[str, Any]


class VerdictOut(Schema):
    """The same as `manage.py validate --workspace … --format json` prints."""

    verdict: Literal["pass", "block"]
    pack: str
    pack_digest: str
    findings: list[dict[str, Any]]


@router.post(
    "/validate",
    response=VerdictOut,
    auth=Bearer(Right.VALIDATE),
    summary="Validate a draft or a text",
    openapi_extra={
        "responses": {200: {"content": {"application/sarif+json": {"schema": {"type": "object"}}}}}
    },
)
def validate(
    request: TokenRequest, given: TextIn | DraftIn, format: Literal["json", "sarif"] = "json"
) -> dict[str, Any] | HttpResponse:
    """Under the workspace's policy, or the built-in `pack` that is named, with its bounds and snippets. Nothing is kept.
    `?format=sarif` answers in SARIF. Right: validate.
    """
    pack, verdict = _validated(request, given)
    if format == "sarif":
        body = json.dumps(plain(to_sarif([("prompt", verdict)], version=pack.ref)), ensure_ascii=False)
        return HttpResponse(body, content_type="application/sarif+json")
    return {
        "verdict": verdict.word,
        "pack": pack.ref,
        "pack_digest": pack.digest,
        "findings": [plain(finding.as_dict()) for finding in verdict.findings],
    }


def _validated(request: TokenRequest, given: TextIn | DraftIn) -> tuple[policies.Pack, policies.Verdict]:
    workspace = request.member.workspace
    governance = governance_of(workspace)
    try:
        pack = packs.load(workspace, given.pack) if given.pack else governance.pack
    except PackError as error:
        raise Invalid(f"There is no usable policy {given.pack!r}: {error}") from error
    known = [domain.id for domain in pack.domains]
    if given.domain is not None and given.domain not in known:
        raise Invalid(f"“{given.domain}” is no domain of {pack.ref}.", f"Choose one of {', '.join(known)}.")
    try:
        source = policies.parse_draft(given.draft) if isinstance(given, DraftIn) else given.text
    except FormError as error:
        raise _unreadable(error) from error
    verdict = policies.validate(
        source, pack, governance.bounds.organisation, domain=given.domain, snippets=resolver(workspace)
    )
    return pack, verdict


def _unreadable(error: FormError) -> Invalid:
    refused = Invalid(f"It is not a draft: {error}", "Correct it, and send it again.")
    refused.errors = [{"where": problem.path, "message": str(problem)} for problem in error.problems[:50]]
    return refused


class ImportIn(Form):
    """`source` is a file's content in any form that the console imports; its `name` helps to tell which."""

    source: Annotated[str, Field(min_length=1)]
    name: Line = ""
    domain: Annotated[str, Field(max_length=40)] = ""
    audience: Annotated[list[str], Field(max_length=5)] = []
    slug: Slug | None = None
    dry_run: bool = False


class ImportOut(Schema):
    """`entries` in the form of `manage.py import --format json`; `totals` counts them by status."""

    kept: bool
    totals: dict[str, int]
    entries: list[dict[str, Any]]


@router.post(
    "/imports",
    response={200: ImportOut, 201: ImportOut},
    auth=Bearer(Right.IMPORT, Action.EDIT),
    summary="Import prompts",
)
def import_prompts(request: TokenRequest, given: ImportIn) -> Status:
    """Every prompt of the source as a draft, all or none; a slug that is taken gets a number. `dry_run` keeps nothing.
    Right: import; role: author.
    """
    read = [(given.name, entry) for entry in read_prompts(given.source, name=given.name)]
    entries = look_at(
        request.member, read, domain=given.domain, audience=given.audience or None, slug=given.slug or ""
    )
    for entry in entries:
        if entry.slug:
            reached(request, entry.slug, absent=False)
    if not given.dry_run:
        keep_all(request.member, entries)
    answer = {
        "kept": not given.dry_run,
        "totals": import_report.totals(entries),
        "entries": [plain(import_report.as_dict(entry)) for entry in entries],
    }
    return Status(200 if given.dry_run else 201, answer)


def reached(request: TokenRequest, slug: str, *, absent: bool = True) -> str:
    """The slug, if the token reaches that prompt at some label. Raises Http404, or Invalid for one to be made."""
    slugs = request.token.slugs
    if slugs is not None and slug not in slugs:
        if absent:
            raise Http404
        raise Invalid(
            f"The token {request.token.name} does not reach a prompt called {slug}.",
            "Its scopes name those it does; *@production reaches all.",
        )
    return slug


def _prompt(row: Any) -> dict[str, Any]:
    prompt: Prompt = row
    return {
        "slug": prompt.slug,
        "title": prompt.title,
        "kind": prompt.kind,
        "folder": prompt.folder,
        "tags": prompt.tags,
        "archived": prompt.archived,
        "domain": row.domain,
        "blocks": row.draft_blocks,
        "last_revision": row.last_number or None,
        "in_review": row.in_review,
        "created_at": prompt.created_at,
    }


def _revision(row: Revision) -> dict[str, Any]:
    return {
        "slug": row.prompt.slug,
        "number": row.number,
        "digest": row.digest,
        "pack": row.pack,
        "pack_digest": row.pack_digest,
        "bounds_version": row.bounds_version,
        "domain": row.domain,
        "blocked": row.blocked,
        "message": row.message,
        "created_at": row.created_at,
        "created_by": row.created_by.shown_name if row.created_by else None,
    }
