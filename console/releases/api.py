"""Releases by token: fetched by label, listed, exported; labels read and moved."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.http import parse_etags
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from ninja import Path, Router, Schema
from pydantic import Field

from console.accounts.bearer import Bearer, TokenRequest
from console.accounts.models import Right
from console.accounts.permissions import Action
from console.openapi import Form, LabelName, Line, Page, PageNumber, PageSize, page_of
from console.problems import Gone
from console.prompts.api import reached
from console.prompts.models import Prompt
from console.prompts.pages import prompts_of
from console.releases import exporting, pages
from console.releases.labels import ThereAlready, move_label
from console.releases.models import Label, Release
from console.releases.retiring import NoLabel, retire_label
from console.releases.serving import serve
from console.releases.shares import LONGEST_KEY

# Who fetches, where a label gives a share of its fetches to a candidate; as the parameter ``key`` too.
KEY_HEADER = "X-Remit-Key"
_KEY_IN_META = "HTTP_X_REMIT_KEY"  # request.headers would read all of them, on the path that is asked most
# A label may move at any time: fresh for half a minute, usable for an hour while the next fetch runs in the background.
CACHE = "private, max-age=30, stale-while-revalidate=3600"

router = Router(tags=["Releases"])
read = Bearer(Right.READ, Action.READ)


class ConfigOut(Schema):
    """What a label points to. `config` goes into `client.messages.create(messages=[…], **config)` once the variables in
    `system` are filled.
    """

    slug: str
    label: str
    release: int
    revision: int
    digest: str
    pack: str
    config: dict[str, Any]
    variables: dict[str, Any]
    playground: bool = False
    brokenGlass: bool = False  # released although its review did not stand


@csrf_exempt
@login_not_required
@require_safe
def fetch(request: HttpRequest, slug: str, label: str) -> HttpResponse:
    """GET /api/v1/prompts/<slug>/<label> with ``Authorization: Bearer …``: the path that production takes."""
    served = serve(request, slug, label, _key(request))
    known = request.META.get("HTTP_IF_NONE_MATCH", "")
    if known and (served.etag in (tags := parse_etags(known)) or "*" in tags):
        response: HttpResponse = HttpResponseNotModified()
    else:
        response = HttpResponse(served.body(), content_type="application/json")
    response["ETag"] = served.etag
    response["Cache-Control"] = CACHE
    response["Vary"] = f"Authorization, {KEY_HEADER}"
    return response


def _key(request: HttpRequest) -> str:
    key: str = request.META.get(_KEY_IN_META, "")
    return key or (request.GET.get("key", "") if request.META.get("QUERY_STRING") else "")


@router.get(
    "/prompts/{slug:slug}/{slug:label}",
    response={200: ConfigOut, 304: None},
    auth=Bearer(Right.FETCH),
    summary="Fetch what a label points to",
    openapi_extra={
        "parameters": [
            {
                "name": name,
                "in": place,
                "schema": {"type": "string", "maxLength": LONGEST_KEY},
                "description": "Who fetches: where a share of the fetches gets a candidate, the same key gets the same.",
            }
            for name, place in (("key", "query"), (KEY_HEADER, "header"))
        ],
        "responses": {
            410: {"description": "The label was there and was taken away: forget what it pointed to."}
        },
    },
)
def fetch_release(request: HttpRequest, slug: str, label: Path[LabelName]) -> HttpResponse:
    """Made to be cached: answers carry an ETag, `If-None-Match` is answered with 304, and Cache-Control says for how long
    an answer may be used while it is asked for again. Right: fetch; the scope must name prompt and label.
    """
    return fetch(request, slug=slug, label=label)


class ReleaseOut(Schema):
    """An approved revision. `labels` are those that point to it now; `statement` is the SHA-256 of what was signed."""

    slug: str
    number: int
    revision: int
    digest: str
    pack: str
    statement: str
    keyids: list[str]
    labels: list[str]
    review: int
    playground: bool
    created_at: datetime
    created_by: str


class LabelOut(Schema):
    slug: str
    label: str
    protected: bool
    release: int
    revision: int
    digest: str


class MoveIn(Form):
    """`seen` is the release that the label pointed to when you decided (0: none): if that changed, nothing moves."""

    release: Annotated[int, Field(ge=1, le=2**31 - 1)]
    reason: Line = ""
    seen: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None


class MoveOut(LabelOut):
    moved: bool


class RetiredOut(Schema):
    """`release` is the one that the label pointed to."""

    slug: str
    label: str
    release: int
    retired: bool


@router.get("/releases/{slug:slug}", response=Page[ReleaseOut], auth=read, summary="List releases")
def list_releases(
    request: TokenRequest, slug: str, page: PageNumber = 1, size: PageSize = 50
) -> dict[str, Any]:
    """Newest first. Right: read."""
    return page_of(pages.releases_of(_prompt(request, slug)), page, size, _release)


@router.get("/releases/{slug:slug}/{int:number}", response=ReleaseOut, auth=read, summary="Read a release")
def read_release(request: TokenRequest, slug: str, number: int) -> dict[str, Any]:
    """Right: read."""
    return _release(pages.release_for(request.member, _prompt(request, slug), number))


@router.post(
    "/exports/{slug:slug}/{slug:label}/{slug:format}",
    response=dict[str, Any],
    auth=Bearer(Right.READ, Action.EXPORT),
    summary="Export what a label points to",
    openapi_extra={"responses": {200: {"description": "A file.", "content": {"*/*": {"schema": {}}}}}},
)
def export(request: TokenRequest, slug: str, label: str, format: str) -> HttpResponse:
    """`bundle` is the signed one; the others are those of `manage.py export`. A POST, since that it left is recorded; not
    for fetching at run time. Right: read; the scope must name prompt and label.
    """
    if not request.token.covers(slug, label) or label.isdecimal():
        raise Http404
    release, label = exporting.find_release(request.member.workspace, f"{slug}@{label}")
    chosen = exporting.format_named(format)
    text = exporting.export(release=release, label=label, format=chosen, actor=request.member.actor)
    response = HttpResponse(text, content_type=f"{chosen.media_type}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{slug}-{release.number}.{chosen.extension}"'
    response["Cache-Control"] = "no-store"
    return response


@router.get("/labels/{slug:slug}", response=list[LabelOut], auth=read, summary="List labels")
def list_labels(request: TokenRequest, slug: str) -> list[dict[str, Any]]:
    """Right: read."""
    rows = _prompt(request, slug).labels.select_related("release__revision", "prompt")
    return [_label(row) for row in rows]


@router.put(
    "/labels/{slug:slug}/{slug:label}",
    response=MoveOut,
    auth=Bearer(Right.MOVE),
    summary="Move a label",
)
def put_label(request: TokenRequest, slug: str, label: Path[LabelName], given: MoveIn) -> dict[str, Any]:
    """Point the label at a release; a roll-back is the same with an older one. Asking twice moves once: the second answer
    says `moved: false`. Right: move; the scope must name prompt and label; role: approver for protected labels (production
    always is), else author or approver.
    """
    if not request.token.covers(slug, label):
        raise Http404
    release = pages.release_for(request.member, _prompt(request, slug), given.release)
    try:
        moved = move_label(
            release=release, name=label, member=request.member, reason=given.reason, seen=given.seen
        )
    except ThereAlready as already:
        return {**_label(already.label), "moved": False}
    return {**_label(moved), "moved": True}


@router.delete(
    "/labels/{slug:slug}/{slug:label}",
    response=RetiredOut,
    auth=Bearer(Right.MOVE),
    summary="Retire a label",
    openapi_extra={"responses": {410: {"description": "The label was retired before."}}},
)
def retire(
    request: TokenRequest,
    slug: str,
    label: Path[LabelName],
    reason: Annotated[Line, Field(min_length=1)],
    seen: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None,
) -> dict[str, Any]:
    """Take the label away: fetches of it are answered with 410 from then on, so that no client goes on with what it kept. The
    release stays; `PUT` points the name at one again. `reason` becomes part of the record; `seen` as for a move. Right and
    role as for moving it.
    """
    if not request.token.covers(slug, label):
        raise Http404
    prompt = _prompt(request, slug)
    try:
        before = retire_label(prompt=prompt, name=label, member=request.member, reason=reason, seen=seen)
    except NoLabel:
        if prompt.label_moves.filter(name=label).exists():
            raise Gone(f"{slug}@{label} is retired already.", "There is nothing to do.") from None
        raise
    return {"slug": slug, "label": label, "release": before.number, "retired": True}


def _prompt(request: TokenRequest, slug: str) -> Prompt:
    prompt = prompts_of(request.member).filter(slug=reached(request, slug)).first()
    if prompt is None:
        raise Http404
    return prompt


def _release(row: Release) -> dict[str, Any]:
    return {
        "slug": row.prompt.slug,
        "number": row.number,
        "revision": row.revision.number,
        "digest": row.revision.digest,
        "pack": row.revision.pack,
        "statement": row.digest,
        "keyids": [signature["keyid"] for signature in row.signatures],
        "labels": sorted(label.name for label in row.labels.all()),
        "review": row.review.number,
        "playground": row.playground,
        "created_at": row.created_at,
        "created_by": row.created_by.shown_name,
    }


def _label(row: Label) -> dict[str, Any]:
    return {
        "slug": row.prompt.slug,
        "label": row.name,
        "protected": row.protected,
        "release": row.release.number,
        "revision": row.release.revision.number,
        "digest": row.release.revision.digest,
    }
