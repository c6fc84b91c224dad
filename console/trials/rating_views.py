"""People rate: in a cell, where the machine's verdict stands, or blind, one judged conversation after the other."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse

from console.accounts.access import MemberRequest, member_view
from console.accounts.permissions import Action, require
from console.problems import DomainError
from console.trials import blind, cells, ratings
from console.trials.models import Conversation, Rating, Run, Verdict
from console.trials.pages import run_for
from console.trials.ratings import LONGEST_NOTE, RatingForm
from console.trials.scenarios import Scenario, parse_scenario

MOST_SKIPPED = 200


class Form(forms.Form):
    """``conversation`` and ``expect`` say what is rated; without ``expect`` it is the whole."""

    conversation = forms.IntegerField(min_value=1, max_value=2**62)
    expect = forms.IntegerField(min_value=0, max_value=1_000, required=False)
    word = forms.ChoiceField(
        choices=Rating.Word.choices, error_messages={"required": "Choose “holds” or “fails”."}
    )
    score = forms.TypedChoiceField(
        choices=[("", "none"), *((str(n), str(n)) for n in range(1, 6))], coerce=int, empty_value=None, required=False
    )  # fmt: skip
    note = forms.CharField(max_length=LONGEST_NOTE, required=False)

    @property
    def problem(self) -> str:
        """The first thing that is wrong, as one sentence."""
        return next((str(error) for found in self.errors.values() for error in found), "")

    def given(self, *, blind: bool) -> RatingForm:
        values = self.cleaned_data
        return RatingForm(values["word"], values["expect"], values["score"], values["note"].strip(), blind)


@member_view("POST")
def rate(request: MemberRequest, number: int) -> HttpResponse:
    """A rating from a cell page; back to where it was given."""
    require(request.member, Action.RATE)
    run = run_for(request.member, number)
    form = Form(request.POST)
    if not form.is_valid():
        return _refused(request, run, form.problem)
    conversation = _conversation(run, form.cleaned_data["conversation"])
    given = form.given(blind=False)
    ratings.rate(conversation=conversation, given=given, by=request.member)
    messages.success(request, f"Rated: it {Rating.Word(given.word).label}.")
    return redirect(_cell(run, conversation))


def _refused(request: MemberRequest, run: Run, problem: str) -> HttpResponse:
    raise DomainError(f"This rating cannot be kept. {problem}", "Go back, and choose “holds” or “fails”.")


def _conversation(run: Run, pk: int) -> Conversation:
    found = run.conversations.filter(pk=pk).select_related("subject").first()
    if found is None:
        raise Http404
    return found


def _cell(run: Run, conversation: Conversation) -> str:
    address = reverse("trials:cell", args=[run.workspace.slug, run.number, conversation.scenario])
    position = conversation.subject.position
    return f"{address}?sample={conversation.sample}{f'&with={position}' if position > 1 else ''}"


@member_view("GET", "POST")
def rate_blind(request: MemberRequest, number: int) -> HttpResponseBase:
    """The next judged conversation that the member has not rated; ``skip`` (any number) leaves some for later."""
    require(request.member, Action.RATE)
    run = run_for(request.member, number)
    form = Form(request.POST) if request.method == "POST" else Form()
    status = 200
    if form.is_bound and form.is_valid():
        conversation = _conversation(run, form.cleaned_data["conversation"])
        try:
            ratings.rate(conversation=conversation, given=form.given(blind=True), by=request.member)
        except DomainError as error:
            form.add_error(None, f"{error.message} {error.what_to_do}")
            status = error.status
        else:
            return redirect("trials:rate-blind", request.member.workspace.slug, number)
    elif form.is_bound:
        status = 422
    return render(request, "trials/rate_blind.html", _blind_page(request, run, form), status=status)


def _blind_page(request: MemberRequest, run: Run, form: Form) -> dict[str, Any]:
    skipped = [
        int(pk) for pk in request.GET.getlist("skip")[:MOST_SKIPPED] if pk.isdecimal() and len(pk) < 19
    ]
    offered = blind.next_for(run, request.member, skipped=skipped)
    context: dict[str, Any] = {"nav": "prompts", "run": run, "offered": offered, "form": form}
    if offered.verdict is not None:
        context |= _shown(run, offered.verdict)
        context["skip"] = [*skipped[-MOST_SKIPPED + 1 :], offered.verdict.pk]
    return context


def _shown(run: Run, verdict: Verdict) -> dict[str, Any]:
    """The conversation up to the turn that is rated, without anything that tells which subject it is."""
    data = next(data for data in run.suite_version.played if data["id"] == verdict.conversation.scenario)
    scenario: Scenario = parse_scenario(data)
    expectation = scenario.expect[verdict.expect]
    column = (verdict.conversation.subject, verdict.conversation)
    exchanges = cells.exchanges(scenario, [column], [[]], [cells.NOTHING], by_word=False)
    return {
        "scenario": scenario,
        "expectation": expectation,
        "rubric": expectation.value if expectation.kind == "judge" else "",
        "turn": verdict.turn,
        "exchanges": [one for one in exchanges if verdict.turn is None or one.number <= verdict.turn],
    }
