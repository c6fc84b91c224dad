"""Revisions of a prompt: one, what changed between any two, and the way back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render

import policies
from console.accounts.access import MemberRequest, member_view
from console.accounts.permissions import Action, can
from console.htmx import render_region
from console.prompts.comparison import Compared, Comparison, of_draft, of_revision
from console.prompts.draft_pages import draft_for
from console.prompts.drafts import MAIN, archive, check, draft_of, restore_version
from console.prompts.files import draft_yaml
from console.prompts.judge import judged, rows_of
from console.prompts.models import Revision
from console.prompts.pages import prompt_for, revision_for
from console.prompts.revisions import restore
from console.prompts.timeline import entry_of, live_number


@member_view("GET")
def revision(request: MemberRequest, slug: str, number: int) -> HttpResponse:
    """One revision as it was frozen, with what the policy of today says of it."""
    prompt = prompt_for(request.member, slug)
    shown = revision_for(request.member, slug, number)
    now = check(request.member.workspace, shown.content)
    said = judged(request.member.workspace, now, prompt)
    context = {
        "nav": "prompts",
        "tab": "history",
        "prompt": prompt,
        "draft": draft_of(prompt),
        "revision": shown,
        "judged": said,
        "judge_rows": rows_of(prompt, said),
        "pack": now.governance.pack,
        "findings": [(finding, policies.check_for(finding["code"])) for finding in shown.findings],
        "entry": entry_of(shown),
        "live": live_number(prompt),
        "may_edit": can(request.member, Action.EDIT, prompt),
    }
    return render_region(request, "prompts/revision.html", context, regions=("judge",))


@member_view("GET")
def compare(request: MemberRequest, slug: str, number: int, other: int) -> HttpResponse:
    """Two revisions side by side, the lower number first unless the address says otherwise."""
    prompt = prompt_for(request.member, slug)
    old, new = (revision_for(request.member, slug, n) for n in (number, other))
    return _compared(request, prompt, of_revision(old), of_revision(new))


@member_view("GET")
def changes(request: MemberRequest, slug: str, draft: str = MAIN) -> HttpResponse:
    """What the draft changes of the revision that it is based on, or of another one (``since``)."""
    row = draft_for(request.member, slug, draft)
    since = request.GET.get("since", "")
    base: Revision | None = revision_for(request.member, slug, int(since)) if since.isdecimal() else row.base
    old = of_revision(base) if base else Compared("nothing", {"draft": 1, "sections": []}, "")
    return _compared(request, row.prompt, old, of_draft(row))


def _compared(request: MemberRequest, prompt: object, old: Compared, new: Compared) -> HttpResponse:
    context = {
        "nav": "prompts",
        "tab": "history",
        "prompt": prompt,
        "comparison": Comparison(request.member.workspace, old, new),
        "show": "compiled" if request.GET.get("show") == "compiled" else "sections",
    }
    return render(request, "prompts/compare.html", context)


@member_view("POST")
def restore_revision(request: MemberRequest, slug: str, number: int) -> HttpResponseBase:
    """Make the draft say what a revision says; the history keeps what it said before."""
    prompt = prompt_for(request.member, slug)
    draft, version = draft_of(prompt), request.POST.get("version", "")
    restored = restore(
        revision=revision_for(request.member, slug, number),
        draft=draft,
        version=int(version) if version.isdecimal() and len(version) < 10 else 0,
        member=request.member,
    )
    messages.success(request, f"The draft says what r{number} says, as version {restored.version}.")
    return redirect("prompts:compose", request.member.workspace.slug, slug)


@member_view("POST")
def restore_saved(request: MemberRequest, slug: str, number: int) -> HttpResponseBase:
    """Make the draft say what an earlier version of it said."""
    draft, version = draft_of(prompt_for(request.member, slug)), request.POST.get("version", "")
    restored = restore_version(
        draft=draft,
        number=number,
        version=int(version) if version.isdecimal() and len(version) < 10 else 0,
        member=request.member,
    )
    messages.success(request, f"The draft says what version {number} said, as version {restored.version}.")
    return redirect("prompts:compose", request.member.workspace.slug, slug)


@member_view("GET")
def draft_file(request: MemberRequest, slug: str, draft: str = MAIN) -> HttpResponse:
    row = draft_for(request.member, slug, draft)
    return _file(slug if row.is_main else f"{slug}-{row.name}", row.content)


@member_view("GET")
def revision_file(request: MemberRequest, slug: str, number: int) -> HttpResponse:
    return _file(f"{slug}-r{number}", revision_for(request.member, slug, number).content)


def _file(name: str, content: dict[str, object]) -> HttpResponse:
    response = HttpResponse(draft_yaml(content), content_type="application/yaml; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.yaml"'
    return response


@member_view("POST")
def archive_prompt(request: MemberRequest, slug: str) -> HttpResponseBase:
    """Put a prompt away, or bring it back."""
    prompt = prompt_for(request.member, slug)
    away = "back" not in request.POST
    archive(prompt=prompt, away=away, member=request.member)
    messages.success(request, f"{prompt.title} is {'archived' if away else 'back in the list'}.")
    return redirect("prompts:list", request.member.workspace.slug)
