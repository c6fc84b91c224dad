"""The Compose page: the draft, what speaks against it, its settings, and what it compiles to."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse

from console import live
from console.accounts.access import MemberRequest, member_view
from console.accounts.permissions import Action, can, require
from console.governance.services import Governance, governance_of
from console.htmx import region_wanted, render_region
from console.notifications.services import bell
from console.problems import DomainError, problem_document
from console.prompts import presence
from console.prompts.acknowledgements import acknowledge
from console.prompts.composition import Composition
from console.prompts.draft_edits import edit
from console.prompts.draft_pages import address, draft_for
from console.prompts.drafts import MAIN, StaleDraft, check, note_read, topic
from console.prompts.drafts import save as save_draft
from console.prompts.judge import ask
from console.prompts.models import Draft
from console.prompts.moved_snippets import live_revision, moved_of
from console.prompts.pages import prompt_for
from console.prompts.revisions import create_revision
from console.prompts.typed import typed

REGIONS = ("parts",)


@member_view("GET")
def compose(request: MemberRequest, slug: str, draft: str = MAIN) -> HttpResponse:
    whole = not region_wanted(request, REGIONS)
    row = draft_for(request.member, slug, draft, head=whole)
    if whole:
        note_read(row)
    return render_region(request, "prompts/compose.html", _context(request, row), regions=REGIONS)


def _context(request: MemberRequest, draft: Draft, governance: Governance | None = None) -> dict[str, Any]:
    return {
        "nav": "prompts",
        "tab": "compose",
        "prompt": draft.prompt,
        "draft": draft,
        "page": Composition(draft, request.member, governance),
        # Only the whole page shows these: the regions that come while somebody types ask for nothing of it.
        "moved_snippets": lambda: moved_of(request.member.workspace, live_revision(draft.prompt)),
        "unmerged": lambda: draft.copies.filter(by=request.member.user).first(),
        # What the page's controls were made of: rendered again only where that has changed.
        "controls_shown": request.POST.get("controls") or request.GET.get("controls"),
        "readonly": bool(draft.closed_at) or not can(request.member, Action.EDIT, draft.prompt),
    }


@member_view("POST")
def save(request: MemberRequest, slug: str, draft: str = MAIN) -> HttpResponseBase:
    """Keep the form. JSON for the autosave, a redirect for a plain form; ``do`` is an edit of the draft's shape.

    Where the form says what the page's controls were made of, the JSON brings all that depends on the draft: a pause in
    typing is one request.
    """
    row = draft_for(request.member, slug, draft, head=False)
    require(request.member, Action.EDIT, row.prompt)
    wants_json = request.accepts("application/json") and not request.accepts("text/html")
    governance = governance_of(request.member.workspace)
    anchor, content = "", None
    try:
        version, content = typed(request.POST, row, governance)
        do = request.POST.get("do", "")
        if do and do != "judge":
            content, anchor = edit(content, do)
        saved = save_draft(
            draft=row, version=version, content=content, member=request.member, governance=governance
        )
        if do == "judge":
            checked, anchor = check(request.member.workspace, saved.content), "judge"
            ask(prompt=row.prompt, checked=checked, member=request.member)
    except DomainError as error:
        return _refused(error) if wants_json else _refused_page(request, row, content, error)
    if wants_json:
        return JsonResponse(_saved(request, saved, governance))
    messages.success(request, f"Saved, version {saved.version}.")
    return redirect(f"{address('compose', row)}{'#' if anchor else ''}{anchor}")


def _saved(request: MemberRequest, draft: Draft, governance: Governance) -> dict[str, Any]:
    said: dict[str, Any] = {"version": draft.version, "saved_at": draft.updated_at.isoformat()}
    if "controls" in request.POST:
        context = _context(request, draft, governance)
        said["parts"] = render_to_string("prompts/compose.html#parts", context, request)
    return said


def _refused(error: DomainError) -> HttpResponse:
    document: dict[str, Any] = dict(problem_document(error))
    if isinstance(error, StaleDraft):
        document["merge_url"] = address("merge", error.draft)
    return JsonResponse(document, status=error.status, content_type="application/problem+json")


def _refused_page(
    request: MemberRequest, draft: Draft, content: dict[str, Any] | None, error: DomainError
) -> HttpResponseBase:
    """A plain form: the merge, or the page again with everything that was typed still in it."""
    if isinstance(error, StaleDraft):
        return redirect(address("merge", draft))
    if content is None:
        raise error
    draft.content, draft.prompt = content, prompt_for(request.member, draft.prompt.slug)
    messages.error(request, f"Not saved. {error.message} {error.what_to_do}")
    return render(request, "prompts/compose.html", _context(request, draft), status=error.status)


@member_view("GET", "POST")
def check_form(request: MemberRequest, slug: str, draft: str = MAIN) -> HttpResponse:
    """What the validation says, as JSON: of the draft as it is kept, or of a form that is not to be kept."""
    row = draft_for(request.member, slug, draft, head=False)
    governance = governance_of(request.member.workspace)
    content = typed(request.POST, row, governance)[1] if request.method == "POST" else row.content
    checked = check(request.member.workspace, content, governance=governance)
    findings = [finding.as_dict() for finding in checked.verdict.findings]
    tokens = checked.compiled.tokens if checked.compiled else None
    return JsonResponse({"verdict": checked.verdict.word, "findings": findings, "tokens": tokens})


@member_view("GET", "POST")
def snapshot(request: MemberRequest, slug: str, draft: str = MAIN) -> HttpResponseBase:
    """Freeze the draft: a dialog for scripts, a page without."""
    row = draft_for(request.member, slug, draft)
    require(request.member, Action.SNAPSHOT, row.prompt)
    context = {**_context(request, row), "message": "", "problem": None}
    if request.method == "POST":
        version = request.POST.get("version", "")
        message = request.POST.get("message", "")
        try:
            revision = create_revision(
                draft=row,
                version=int(version) if version.isdecimal() else 0,
                message=message,
                member=request.member,
            )
        except DomainError as error:
            context |= {"message": message, "problem": error}
            return render(request, "prompts/snapshot.html", context, status=error.status)
        messages.success(
            request,
            f"r{revision.number} is frozen: {'blocked' if revision.blocked else 'nothing blocks it'}.",
        )
        return redirect(_url("prompts:revision", request, slug, revision.number))
    return render_region(request, "prompts/snapshot.html", context, regions=("dialogs",))


@member_view("GET", "POST")
def acknowledge_finding(request: MemberRequest, slug: str, draft: str = MAIN) -> HttpResponseBase:
    """Accept a warning with a reason; the finding is named by its anchor."""
    row = draft_for(request.member, slug, draft)
    require(request.member, Action.EDIT, row.prompt)
    page = Composition(row, request.member)
    anchor = request.POST.get("finding") or request.GET.get("finding", "")
    view = next((view for view in page.findings.views if view.anchor == anchor), None)
    if view is None:
        messages.info(request, "That finding is gone: its words were changed.")
        return redirect(address("compose", row))
    context = {**_context(request, row), "view": view, "reason": "", "problem": None}
    if request.method == "POST":
        reason = request.POST.get("reason", "")
        try:
            acknowledge(prompt=row.prompt, finding=view.finding, reason=reason, member=request.member)
        except DomainError as error:
            context |= {"reason": reason, "problem": error}
            return render(request, "prompts/acknowledge.html", context, status=error.status)
        return redirect(f"{address('compose', row)}#{anchor}")
    return render_region(request, "prompts/acknowledge.html", context, regions=("dialogs",))


@member_view("GET", "POST")
def be_present(request: MemberRequest, slug: str, draft: str = MAIN) -> HttpResponse:
    """POST: the member is in a section, or leaves. GET: who else is here, and whether somebody saved."""
    row = draft_for(request.member, slug, draft, head=False)
    if request.method == "POST":
        if "leave" in request.POST:
            presence.leave(draft=row, member=request.member)
        else:
            presence.arrive(draft=row, member=request.member, section=request.POST.get("section", ""))
        return HttpResponse(status=204)
    version = request.GET.get("version", "")
    newer = row.version > int(version) if version.isdecimal() else False
    by_other = row.updated_by_id != request.member.user_id
    context = {**_context(request, row), "newer": newer and by_other}
    return render(request, "prompts/compose.html#presence", context)


@member_view("GET")
def events(request: MemberRequest, slug: str, draft: str = MAIN) -> HttpResponseBase:
    return live.stream(topic(draft_for(request.member, slug, draft, head=False)), bell(request.member))


def _url(name: str, request: HttpRequest, *args: Any) -> str:
    return reverse(name, args=[request.member.workspace.slug, *args])  # type: ignore[attr-defined]
