"""The list of prompts, and the ways to a new one: from nothing, from a starter; importing is in import_views."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.text import slugify

from console.accounts.access import MemberRequest, member_view
from console.accounts.permissions import Action, require
from console.governance.services import pack_in_force
from console.htmx import render_region
from console.problems import DomainError, Invalid
from console.prompts.drafts import check_slug, create_prompt, free_slug, taken
from console.prompts.listing import STATES, Filter, folders_and_tags, listed, recount
from console.prompts.models import Prompt
from console.prompts.pages import prompts_of
from console.prompts.starters import blank, content_of, starters

PAGE = 50


@member_view("GET")
def index(request: MemberRequest) -> HttpResponse:
    member = request.member
    recount(member)
    wanted = {name: request.GET.get(name, "")[:200] for name in ("domain", "state", "folder", "tag")}
    asked = Filter(query=request.GET.get("q", "")[:200], **wanted)
    found = Paginator(listed(member, asked), PAGE).get_page(request.GET.get("page"))
    folders, tags = folders_and_tags(member)
    context = {
        "nav": "prompts",
        "folders": folders,
        "tags": tags,
        "asked": asked,
        "page": found,
        "states": STATES,
        "domains": pack_in_force(member.workspace).domains,
        "any": bool(found.object_list) or prompts_of(member).exists(),
    }
    return render_region(request, "prompts/list.html", context, regions=("prompts",))


@member_view("GET", "POST")
def new(request: MemberRequest) -> HttpResponseBase:
    """Choose how to begin; then name it. ``from`` is a starter's name, or nothing."""
    require(request.member, Action.EDIT)
    begin = request.POST.get("from") or request.GET.get("from", "")
    content = blank() if begin == "nothing" else content_of(begin)
    context: dict[str, Any] = {"nav": "prompts", "starters": starters(), "begin": begin, "content": content}
    if content is None:
        return render(request, "prompts/new.html", context)
    if request.method == "POST":
        try:
            return _create(request, content)
        except DomainError as error:
            context |= {"problem": error}
    context |= {"form": _names(request, content), "domains": pack_in_force(request.member.workspace).domains}
    return render(request, "prompts/new.html", context, status=422 if "problem" in context else 200)


def _create(request: MemberRequest, content: dict[str, Any]) -> HttpResponseBase:
    title, domain = request.POST.get("title", ""), request.POST.get("domain", "")
    slug = request.POST.get("slug", "").strip() or slugify(title)[:64]
    prompt = create_prompt(
        member=request.member,
        slug=slug,
        title=title,
        content=content | ({"domain": domain} if domain else {}),
        kind=Prompt.Kind.SNIPPET if "snippet" in request.POST else Prompt.Kind.PROMPT,
    )
    messages.success(request, f"{prompt.title} is here. Everything you type is saved by itself.")
    return redirect("prompts:compose", request.member.workspace.slug, prompt.slug)


def _names(request: MemberRequest, content: dict[str, Any]) -> dict[str, str]:
    """What the fields show: what was typed, else what the content suggests."""
    typed = request.POST
    slug = content.get("slug", "")
    return {
        "title": typed.get("title", content.get("title", "")),
        "slug": typed.get("slug", free_slug(request.member, slug) if slug else ""),
        "domain": typed.get("domain", content.get("domain", "general")),
        "snippet": typed.get("snippet", ""),
    }


@member_view("GET")
def slug_state(request: MemberRequest) -> HttpResponse:
    """Whether a slug can be had, in one sentence, while it is being typed."""
    slug = request.GET.get("slug", "").strip() or slugify(request.GET.get("title", ""))[:64]
    problem: Invalid | None = None
    if slug:
        try:
            check_slug(slug)
            if prompts_of(request.member).filter(slug=slug).exists():
                problem = taken(request.member, slug)
        except Invalid as error:
            problem = error
    return render(request, "prompts/new.html#slug-state", {"slug": slug, "problem": problem, "asked": True})
