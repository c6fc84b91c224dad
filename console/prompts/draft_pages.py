"""A draft's own pages: the main one's, and the same below the name of a proposal."""

from __future__ import annotations

from django.http import Http404
from django.urls import reverse

from console.accounts.models import Membership
from console.prompts.draft_rows import bare_draft_of, draft_of
from console.prompts.models import Draft
from console.prompts.pages import prompt_for


def draft_for(member: Membership, slug: str, name: str, *, head: bool = True) -> Draft:
    """The main draft or a proposal of a prompt of the member's workspace, or Http404.

    ``head``: a page will show it, whose head asks for counts that a save or a part of the page does without.
    """
    try:
        return (
            draft_of(prompt_for(member, slug), name) if head else bare_draft_of(member.workspace, slug, name)
        )
    except Draft.DoesNotExist:
        raise Http404 from None


def address(page: str, draft: Draft) -> str:
    """The path of a page of a draft: ``compose``, ``save``, ``merge`` …"""
    where = {"workspace": draft.prompt.workspace.slug, "slug": draft.prompt.slug}
    if draft.is_main:
        return reverse(f"prompts:{page}", kwargs=where)
    return reverse(f"prompts:proposal-{page}", kwargs={**where, "draft": draft.name})
