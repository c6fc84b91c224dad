"""Proposals of a prompt: begun, brought up to date, merged back, closed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponseBase
from django.shortcuts import redirect, render

from console.accounts.access import MemberRequest, member_view
from console.accounts.permissions import Action, can, require
from console.governance.services import pack_in_force
from console.problems import DomainError, Invalid
from console.prompts import proposals as work
from console.prompts.draft_pages import address, draft_for
from console.prompts.drafts import draft_of, note_read
from console.prompts.merge_page import choices_of, shown
from console.prompts.models import Draft, Prompt, Revision
from console.prompts.pages import prompt_for, revision_for


@member_view("GET", "POST")
def proposals(request: MemberRequest, slug: str) -> HttpResponseBase:
    """Those that are open, those that are over, and the form for a new one."""
    prompt = prompt_for(request.member, slug)
    if request.method == "POST":
        require(request.member, Action.EDIT, prompt)
    asked = (
        request.POST if request.method == "POST" else request.GET
    )  # the history leads here with a revision
    form = {name: asked.get(name, "") for name in ("name", "purpose", "revision")}
    problem: DomainError | None = None
    if request.method == "POST":
        try:
            if not form["revision"].isdecimal():
                raise Invalid("A proposal is based on a revision.", "Choose one.")
            made = work.propose(
                revision=revision_for(request.member, slug, int(form["revision"])),
                name=form["name"].strip(),
                purpose=form["purpose"],
                member=request.member,
            )
        except Invalid as error:
            problem = error
        else:
            return redirect(address("compose", made))
    over = prompt.drafts.filter(closed_at__isnull=False).select_related("updated_by").order_by("-closed_at")
    context = {
        "nav": "prompts",
        "tab": "history",
        "prompt": prompt,
        "proposals": list(work.proposals_of(prompt).defer("content", "fork")),
        "over": list(over.defer("content", "fork")[:30]),
        "revisions": _to_choose(prompt, form["revision"]),
        "form": form,
        "problem": problem,
        "may_edit": can(request.member, Action.EDIT, prompt),
    }
    return render(request, "prompts/proposals.html", context, status=422 if problem else 200)


def _to_choose(prompt: Prompt, chosen: str) -> list[Revision]:
    """The newest revisions, and the chosen one however old it is."""
    light = prompt.revisions.only("number", "message", "prompt")
    newest = list(light[:50])
    old = light.filter(number=int(chosen)) if chosen.isdecimal() and len(chosen) < 10 else light.none()
    return newest + [one for one in old if one not in newest]


@member_view("GET", "POST")
def merge_proposal(request: MemberRequest, slug: str, name: str) -> HttpResponseBase:
    """What either side changed, unit by unit: taken into main, or into the proposal (``update``)."""
    proposal = _proposal(request, slug, name)
    main = draft_of(proposal.prompt)
    main.prompt = proposal.prompt
    if request.method == "POST":
        require(request.member, Action.EDIT, proposal.prompt)
        return _settle(request, proposal)
    note_read(main)
    return render(request, "prompts/merge_back.html", _context(request, proposal, main))


def _settle(request: MemberRequest, proposal: Draft) -> HttpResponseBase:
    versions = request.POST.get("mine", ""), request.POST.get("main", "")
    seen = tuple(int(text) if text.isdecimal() else 0 for text in versions)
    asked: dict[str, Any] = {
        "proposal": proposal,
        "seen": seen,
        "choices": choices_of(request.POST),
        "member": request.member,
    }
    try:
        if "update" in request.POST:
            saved = work.bring_up_to_date(**asked)
            messages.success(request, f"{proposal.name} has what main changed, as version {saved.version}.")
            return redirect(address("compose", proposal))
        saved = work.merge_back(**asked)
    except work.Overtaken as error:
        messages.warning(request, f"{error.message} {error.what_to_do}")
        return redirect(
            "prompts:merge_back", request.member.workspace.slug, proposal.prompt.slug, proposal.name
        )
    messages.success(request, f"{proposal.name} is merged: main is at version {saved.version}.")
    return redirect(address("compose", saved))


def _context(request: MemberRequest, proposal: Draft, main: Draft) -> dict[str, Any]:
    pack = pack_in_force(request.member.workspace)
    units = [shown(unit, pack) for unit in work.units_between(proposal, main)]
    conflicts = [one for one in units if one.unit.state == "conflict"]
    return {
        "nav": "prompts",
        "tab": "history",
        "prompt": proposal.prompt,
        "proposal": proposal,
        "main": main,
        "conflicts": conflicts,
        "clashes": sum(one.unit.both is None for one in conflicts),
        "settled": [one for one in units if one.unit.state != "conflict"],
        "may_edit": not proposal.closed_at and can(request.member, Action.EDIT, proposal.prompt),
    }


@member_view("POST")
def close_proposal(request: MemberRequest, slug: str, name: str) -> HttpResponseBase:
    """Close it unmerged, or open it again (``again``)."""
    proposal = _proposal(request, slug, name)
    if "again" in request.POST:
        work.open_again(proposal=proposal, member=request.member)
        messages.success(request, f"{name} is open again.")
    else:
        work.close(proposal=proposal, member=request.member)
        messages.success(request, f"{name} is closed; what it says is kept.")
    return redirect("prompts:proposals", request.member.workspace.slug, slug)


def _proposal(request: MemberRequest, slug: str, name: str) -> Draft:
    draft = draft_for(request.member, slug, name)
    if draft.is_main:
        raise Http404
    return draft
