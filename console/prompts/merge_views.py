"""Two people typed into one draft: both versions, unit by unit, until somebody says what is to be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render

from console.accounts.access import MemberRequest, member_view
from console.accounts.permissions import Action, require
from console.governance.services import governance_of, pack_in_force
from console.prompts.draft_form import MARK
from console.prompts.draft_pages import address, draft_for
from console.prompts.drafts import MAIN, StaleDraft, discard_copy, note_read, save
from console.prompts.merge_page import choices_of, shown
from console.prompts.merging import changed_units, merge
from console.prompts.models import Draft, DraftCopy
from console.prompts.typed import typed


@member_view("GET", "POST")
def merge_draft(request: MemberRequest, slug: str, draft: str = MAIN) -> HttpResponseBase:
    """GET: what both did. POST: a form that came too late (kept, then shown), a choice, or "drop mine"."""
    row = draft_for(request.member, slug, draft)
    require(request.member, Action.EDIT, row.prompt)
    if request.method == "POST" and MARK in request.POST:
        return _keep(request, row)
    copy = DraftCopy.objects.filter(draft=row, by=request.member.user).first()
    if copy is None:
        messages.info(request, "There is nothing to merge: the draft holds what you typed.")
        return redirect(address("compose", row))
    base = _base(row, copy)
    if request.method == "POST":
        return _settle(request, row, copy, base)
    note_read(row)
    pack = pack_in_force(request.member.workspace)
    units = [shown(unit, pack) for unit in changed_units(base, copy.content, row.content)]
    conflicts = [one for one in units if one.unit.state == "conflict"]
    context = {
        "nav": "prompts",
        "tab": "compose",
        "prompt": row.prompt,
        "draft": row,
        "copy": copy,
        "conflicts": conflicts,
        "clashes": sum(one.unit.both is None for one in conflicts),
        "settled": [one for one in units if one.unit.state != "conflict"],
    }
    return render(request, "prompts/merge.html", context)


def _keep(request: MemberRequest, draft: Draft) -> HttpResponseBase:
    """A form that arrives here is saved if nobody was before it after all, and kept for the merge otherwise."""
    version, content = typed(request.POST, draft, governance_of(request.member.workspace))
    try:
        save(draft=draft, version=version, content=content, member=request.member)
    except StaleDraft:
        return redirect(address("merge", draft))
    return redirect(address("compose", draft))


def _settle(
    request: MemberRequest, draft: Draft, copy: DraftCopy, base: Mapping[str, Any]
) -> HttpResponseBase:
    # The page drops its own copy of what was typed, which would else be offered again.
    here = f"{address('compose', draft)}?merged=1"
    if "drop" in request.POST:
        discard_copy(draft=draft, member=request.member)
        messages.info(request, "Your version is dropped; the draft is as it was saved.")
        return redirect(here)
    stated = request.POST.get("version", "")
    choices = choices_of(request.POST)
    merged = merge(base, copy.content, draft.content, choices)
    try:
        saved = save(
            draft=draft,
            version=int(stated) if stated.isdecimal() else 0,
            content=merged,
            member=request.member,
        )
    except StaleDraft as error:
        messages.warning(request, f"{error.message} What you chose is kept: merge it once more.")
        return redirect(address("merge", draft))
    discard_copy(draft=draft, member=request.member)
    messages.success(request, f"Both versions are merged, as version {saved.version}.")
    return redirect(here)


def _base(draft: Draft, copy: DraftCopy) -> Mapping[str, Any]:
    """What both read. Where it is no longer kept nothing is taken for unchanged, so that everything is asked."""
    version = draft.versions.filter(version=copy.version).first()
    return version.content if version else {"sections": []}
