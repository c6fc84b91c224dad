"""Importing in the browser: a paste or a file is read and reported on; what is kept, and how, is chosen before anything is."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.utils.text import slugify

from console.accounts.access import MemberRequest, member_view
from console.accounts.permissions import Action, require
from console.governance.services import governance_of
from console.htmx import render_region
from console.problems import DomainError, Invalid
from console.prompts.drafts import usual_model
from console.prompts.importers import Imported, Read, Skipped, decode, read_prompts, too_large
from console.prompts.imports import Preview, free_slugs, keep, preview
from policies.sources import MAX_BYTES

MOST_SHOWN = 50  # prompts on one page


@dataclass(slots=True)
class Row:
    """One prompt on the page. ``prefix`` stands before the names of its fields; a single prompt needs none."""

    prefix: str
    shown: Preview
    chosen: bool
    form: dict[str, str]
    numbered: bool
    problem: DomainError | None = None


@member_view("GET", "POST")
def import_prompts(request: MemberRequest) -> HttpResponseBase:
    """Look at what a paste or a file holds; keep what is chosen of it on a second press."""
    require(request.member, Action.EDIT)
    context: dict[str, Any] = {"nav": "prompts", "source": ""}
    status = 200
    if request.method == "POST":
        try:
            source, name, found = _read(request)
            context |= {
                "source": source,
                "filename": name,
                "of": _digest(source),
                **_rows(request, source, found),
            }
            if "create" in request.POST:
                return _keep(request, context["rows"], looked_at=_looked_at(request, source))
        except DomainError as error:
            context |= {"problem": error, "source": context["source"] or request.POST.get("source", "")}
            status = error.status
    return render_region(request, "prompts/import.html", context, regions=("preview",), status=status)


def _read(request: MemberRequest) -> tuple[str, str, tuple[Read, ...]]:
    upload = request.FILES.get("file")
    if upload is not None and (upload.size or 0) > MAX_BYTES:
        raise too_large(upload.size or 0, upload.name or "It")
    source = decode(upload.read() if upload else request.POST.get("source", ""))
    kept = request.POST.get("filename", "") if _looked_at(request, source) else ""
    name = (upload.name if upload else kept) or ""
    found = read_prompts(source, name=name)
    prompts = sum(isinstance(entry, Imported) for entry in found)
    if prompts > MOST_SHOWN:
        raise Invalid(
            f"It holds {prompts:,} prompts; the most that this page shows at once is {MOST_SHOWN}.",
            "Split the file, or import it with manage.py import.",
        )
    return source, name, found


def _digest(source: str) -> str:
    return hashlib.sha256(source.encode()).hexdigest()[:16]


def _looked_at(request: MemberRequest, source: str) -> bool:
    """Whether the form was made of this very text: choices made for another one are not taken for it."""
    return request.POST.get("of", _digest(source)) == _digest(source)


def _rows(request: MemberRequest, source: str, found: tuple[Read, ...]) -> dict[str, Any]:
    workspace, governance = request.member.workspace, governance_of(request.member.workspace)
    prompts = [entry for entry in found if isinstance(entry, Imported)]
    same = _looked_at(request, source) or (len(prompts) == 1 and "create" in request.POST)
    typed = request.POST if same else QueryDict()
    model = usual_model(request.member)
    prefixes = [f"{number}-" if len(prompts) > 1 else "" for number in range(len(prompts))]
    shown = [
        preview(
            workspace,
            entry,
            domain=typed.get(f"{prefix}domain", ""),
            audience=typed.getlist(f"{prefix}audience"),
            take=typed.getlist(f"{prefix}take") if f"{prefix}domain" in typed else None,
            model=model,
            governance=governance,
        )
        for prefix, entry in zip(prefixes, prompts, strict=True)
    ]
    slugs = free_slugs(request.member, [entry.wanted_slug for entry in shown])
    rows = [_row(typed, *row) for row in zip(prefixes, shown, slugs, strict=True)]
    return {
        "rows": rows,
        "skipped": [entry for entry in found if isinstance(entry, Skipped)],
        "preview": rows[0].shown if len(rows) == 1 else None,
        "form": rows[0].form,
        "domains": governance.pack.domains,
        "audiences": governance.pack.audiences,
        "pack": governance.pack,
    }


def _row(typed: QueryDict, prefix: str, shown: Preview, slug: str) -> Row:
    """The fields show what was typed, else what the prompt suggests."""
    form = {
        "title": typed.get(f"{prefix}title", shown.title),
        "slug": typed.get(f"{prefix}slug", slug),
        "domain": typed.get(f"{prefix}domain", shown.content.get("domain", "general")),
    }
    looked = f"{prefix}domain" in typed
    chosen = not prefix or not looked or f"{prefix}keep" in typed
    return Row(prefix, shown, chosen, form, form["slug"] == slug != shown.wanted_slug)


def _keep(request: MemberRequest, rows: list[Row], *, looked_at: bool) -> HttpResponseBase:
    """All that are chosen, or none where one of them cannot be kept as it stands."""
    if len(rows) > 1 and not looked_at:
        raise Invalid(
            "The text has changed since you looked at it.", "This is how it stands now: choose again."
        )
    chosen = [row for row in rows if row.chosen]
    if not chosen:
        raise Invalid("No prompt is chosen.", "Tick those that you want to keep.")
    with transaction.atomic():
        prompts = [_kept(request, row) for row in chosen]
    workspace = request.member.workspace.slug
    if len(prompts) == 1:
        messages.success(request, f"{prompts[0].title} is here. Everything you type is saved by itself.")
        return redirect("prompts:compose", workspace, prompts[0].slug)
    messages.success(request, f"{len(prompts)} prompts are here as drafts.")
    return redirect("prompts:list", workspace)


def _kept(request: MemberRequest, row: Row) -> Any:
    title = row.form["title"]
    slug = row.form["slug"].strip() or slugify(title)[:64]
    try:
        return keep(request.member, row.shown, slug=slug, title=title)
    except DomainError as error:
        row.problem = error
        raise
