"""Taking up what became of a snippet."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect

from console.accounts.access import MemberRequest, member_view
from console.accounts.permissions import Action, require
from console.problems import Invalid
from console.prompts import moved_snippets
from console.prompts.drafts import draft_of
from console.prompts.pages import prompt_for, revision_for


@member_view("POST")
def take_up(request: MemberRequest, slug: str) -> HttpResponseBase:
    """Include a newer revision of a snippet in the draft, instead of the one that it names by its number."""
    prompt = prompt_for(request.member, slug)
    require(request.member, Action.EDIT, prompt)
    snippet, number, version = (request.POST.get(name, "") for name in ("snippet", "number", "version"))
    if not (number.isdecimal() and len(number) < 10):
        raise Invalid(
            f"“{number[:20]}” is no revision of a snippet.", "Open the prompt again and take it up there."
        )
    newer = revision_for(request.member, snippet, int(number))
    saved = moved_snippets.take_up(
        draft=draft_of(prompt),
        snippet=snippet,
        number=newer.number,
        version=int(version) if version.isdecimal() and len(version) < 10 else 0,
        member=request.member,
    )
    messages.success(
        request,
        f"The draft includes {snippet} r{newer.number} now, as version {saved.version}. Snapshot it to go on.",
    )
    return redirect("prompts:compose", request.member.workspace.slug, slug)
