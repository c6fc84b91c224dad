"""The history of a prompt: what happened, two revisions chosen to be compared, and the ways back."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse

from console.accounts.access import MemberRequest, member_view
from console.accounts.permissions import Action, can
from console.prompts.drafts import draft_of
from console.prompts.models import Draft
from console.prompts.pages import prompt_for
from console.prompts.proposals import proposals_of
from console.prompts.timeline import live_number
from console.releases.event import Event
from console.releases.history import KINDS
from console.releases.history import history as happened

VERSIONS = 30


@member_view("GET")
def history(request: MemberRequest, slug: str) -> HttpResponseBase:
    """The timeline. Two revisions chosen in its form lead to their comparison; turning a page keeps what was chosen."""
    prompt = prompt_for(request.member, slug)
    asked = request.GET
    if "page" not in asked and (address := _comparison(request, slug)):
        return redirect(address)
    draft = draft_of(prompt)
    kind = asked.get("show", "")
    page = happened(prompt, kind, asked.get("page"))
    context = {
        "nav": "prompts",
        "tab": "history",
        "prompt": prompt,
        "draft": draft,
        "page": page,
        "kinds": KINDS,
        "show": kind if kind in KINDS else "",
        "picks": _picked(request, draft, list(page)),
        "live": live_number(prompt),
        "proposals_count": proposals_of(prompt).count(),
        "versions": draft.versions.exclude(version=draft.version)
        .select_related("by")
        .defer("content")[:VERSIONS],
        "may_edit": can(request.member, Action.EDIT, prompt),
    }
    return render(request, "releases/history.html", context)


def _comparison(request: MemberRequest, slug: str) -> str:
    """Where the two chosen ones are compared; nothing where not both are chosen."""
    old, new = _number(request.GET.get("old")), _number(request.GET.get("new"))
    workspace = request.member.workspace.slug
    if old and new:
        return reverse("prompts:compare", args=[workspace, slug, old, new])
    if old:
        return f"{reverse('prompts:changes', args=[workspace, slug])}?since={old}"
    return ""


def _picked(request: MemberRequest, draft: Draft, events: Sequence[Event]) -> dict[str, object]:
    """Which revisions are chosen: those of the address, else what changed last. ``away``: those of another page."""
    here = [event.entry.revision.number for event in events if event.entry]
    old, new = _number(request.GET.get("old")), _number(request.GET.get("new"))
    if not (old or new or "new" in request.GET):
        changed = draft.base is None or draft.content != draft.base.content
        new = None if changed or not here else here[0]
        old = next((number for number in here if number != new), None)
    away = [(name, number) for name, number in (("old", old), ("new", new)) if number and number not in here]
    return {"old": old, "new": new or "draft", "away": away}


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 10 else None
