"""The drift page of a prompt: what is watched, what came of it, and what people decide about it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render

from console.accounts.access import MemberRequest, member_view
from console.accounts.permissions import Action, can, require
from console.problems import DomainError
from console.prompts.models import Prompt
from console.prompts.pages import prompt_for
from console.releases import drift, drift_page
from console.releases.drift_models import Alarm, Watch
from console.releases.models import Label, Release


class WatchForm(forms.Form):
    """A label, or a release that stays whatever labels do."""

    what = forms.ChoiceField(label="Watch")
    every = forms.TypedChoiceField(
        label="Play its evidence again", choices=Watch.Every.choices, coerce=int, initial=Watch.Every.WEEK
    )
    max_cost = forms.DecimalField(
        label="Budget of each re-run in US dollars", min_value=Decimal("0.01"), max_digits=8, decimal_places=2,
        required=False, help_text="A re-run stops before it would cost more, and then says nothing.",
    )  # fmt: skip

    economy = forms.BooleanField(
        label="In message batches: half the price, up to 24 hours", required=False,
        help_text="Where every scenario is one turn without tools and the provider takes batches; else as ordinary calls.",
    )  # fmt: skip

    def __init__(self, *args: Any, prompt: Prompt, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.prompt = prompt
        labels = Label.objects.filter(prompt=prompt).select_related("release")
        releases = Release.objects.filter(prompt=prompt).order_by("-number")[:30]
        self.releases = {f"release:{release.number}": release for release in releases}
        self.fields["what"].choices = [  # type: ignore[attr-defined]
            *((f"label:{label.name}", f"whatever is in {label.name} (release {label.release.number})") for label in labels),
            *((key, f"release {release.number}, wherever labels go") for key, release in self.releases.items()),
        ]  # fmt: skip

    def about(self) -> dict[str, Any]:
        what = self.cleaned_data["what"]
        target = (
            {"release": self.releases[what]} if what in self.releases else {"label": what.partition(":")[2]}
        )
        return {**target, **{name: self.cleaned_data[name] for name in ("every", "max_cost", "economy")}}


@member_view("GET", "POST")
def drift_of(request: MemberRequest, slug: str) -> HttpResponseBase:
    """GET shows; POST begins a watch."""
    prompt = prompt_for(request.member, slug)
    form = WatchForm(request.POST or None, prompt=prompt)
    status = 200
    if request.method == "POST":
        require(request.member, Action.WATCH, prompt)
        status = 422
        if form.is_valid():
            try:
                drift.watch(prompt=prompt, member=request.member, **form.about())
            except DomainError as error:
                form.add_error(None, f"{error.message} {error.what_to_do}".strip())
                status = error.status
            else:
                messages.success(
                    request, "It is watched from now on; the first re-run comes after one interval."
                )
                return _back(request, slug)
    return _page(request, prompt, form, status=status)


def _page(request: MemberRequest, prompt: Prompt, form: WatchForm, *, status: int) -> HttpResponse:
    context = {
        "nav": "prompts",
        "tab": "quality",
        "prompt": prompt,
        "watched": drift_page.watched(prompt),
        "form": form,
        "may_watch": can(request.member, Action.WATCH, prompt),
        "may_close": can(request.member, Action.CLOSE_ALARM, prompt),
    }
    return render(request, "releases/drift.html", context, status=status)


@member_view("POST")
def change(request: MemberRequest, slug: str, watch: int) -> HttpResponseBase:
    """``do``: check (play again now), end (watch no longer), close (the open alarm, with a reason)."""
    prompt = prompt_for(request.member, slug)
    found = Watch.objects.filter(prompt=prompt, pk=watch).select_related("release__revision").first()
    if found is None:
        raise Http404
    found.prompt, found.workspace = prompt, prompt.workspace
    require(request.member, Action.WATCH, found)
    match request.POST.get("do"):
        case "check":
            drift.check_now(watch=found, member=request.member)
            messages.success(request, "Its evidence is played again; the result appears here.")
        case "end":
            drift.end_watch(watch=found, member=request.member)
            messages.success(request, f"{found.name} is watched no longer.")
        case "close":
            _close(request, found)
        case _:
            raise Http404
    return _back(request, slug)


def _close(request: MemberRequest, watch: Watch) -> None:
    given = request.POST.get("alarm", "")
    alarm = Alarm.objects.filter(
        watch=watch, pk=int(given) if given.isdecimal() and len(given) < 18 else 0
    ).first()
    if alarm is None:
        raise Http404
    alarm.watch = watch
    drift.close_alarm(alarm=alarm, reason=request.POST.get("reason", ""), member=request.member)
    messages.success(request, "The alarm is closed; both sums begin anew.")


def _back(request: MemberRequest, slug: str) -> HttpResponseBase:
    return redirect("releases:drift", request.member.workspace.slug, slug)
