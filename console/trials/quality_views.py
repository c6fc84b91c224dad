"""The Quality tab: what runs measured of each revision, and safety against creativity."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from console.accounts.access import MemberRequest, member_view
from console.prompts.pages import prompt_for
from console.trials import quality_page
from console.trials.tradeoff_plot import ACROSS


@member_view("GET")
def quality(request: MemberRequest, slug: str) -> HttpResponse:
    """``across``: what stands along the bottom of the plot."""
    prompt = prompt_for(request.member, slug)
    across = request.GET.get("across", "variety")
    across = across if across in ACROSS else "variety"
    context = {
        "nav": "prompts",
        "tab": "quality",
        "prompt": prompt,
        "quality": quality_page.quality_of(prompt, across),
        "across": across,
        "across_line": ACROSS[across][1],
        "choices": {name: words[0] for name, words in ACROSS.items()},
    }
    return render(request, "trials/quality.html", context)
