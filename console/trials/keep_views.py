"""A chat, or a conversation of a run, becomes a scenario: its user turns, what its tools gave back, what is expected of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse

from console.accounts.access import MemberRequest, member_view
from console.accounts.permissions import Action, require
from console.problems import DomainError
from console.prompts.models import Prompt
from console.prompts.pages import prompt_for
from console.trials import scenario_form, suite_edits, suites
from console.trials.chat_page import Column, columns_of
from console.trials.models import Chat, Conversation, Run, SuiteVersion
from console.trials.pages import chat_of, run_for
from console.trials.scenario_form import Expected, ScenarioForm, fixtures_of, form_of, typed_form
from console.trials.scenarios import Scenario
from console.trials.transcript import turns

NEW = "new"  # the choice of a suite that is not there yet


@dataclass(frozen=True, slots=True)
class Source:
    """What is kept: a chat, or a cell of a run. ``said`` are its user turns, ``calls`` what its tools gave back."""

    title: str
    prompt: Prompt
    said: tuple[str, ...]
    calls: tuple[tuple[str, Mapping[str, Any], str, bool], ...]
    refused: bool
    context: Mapping[str, Any]
    given: ScenarioForm  # what is known of it before anybody types
    suite_title: str


@member_view("GET", "POST")
def keep(request: MemberRequest, slug: str, chat: int) -> HttpResponseBase:
    prompt = prompt_for(request.member, slug)
    found = chat_of(request.member, prompt, str(chat))
    return _kept(request, _of_chat(prompt, found, [column for column, _ in columns_of(found)]))


@member_view("GET", "POST")
def keep_cell(request: MemberRequest, number: int, scenario: str) -> HttpResponseBase:
    """``sample`` and ``with`` as the cell's page has them; of a simulated user what it said becomes fixed turns."""
    run = run_for(request.member, number)
    form = next((form for form in run.suite_version.played if form["id"] == scenario), None)
    cell = (
        run.conversations.filter(
            scenario=scenario,
            sample=_number(request, "sample", 1),
            subject__position=_number(request, "with", run.subjects.count() - 1),
        )
        .select_related("subject")
        .first()
    )
    if form is None or cell is None or run.prompt is None:
        raise Http404
    return _kept(request, _of_cell(prompt_for(request.member, run.prompt.slug), run, cell, form))


def _number(request: MemberRequest, name: str, default: int) -> int:
    given = request.GET.get(name, "")
    return int(given) if given.isdecimal() and len(given) < 4 else default


def _of_chat(prompt: Prompt, chat: Chat, columns: list[Column]) -> Source:
    asked = [exchange for exchange in columns[0].exchanges if not exchange.open]
    return Source(
        title="this chat",
        prompt=prompt,
        said=tuple(exchange.said for exchange in asked),
        calls=tuple(
            (part.call.name, part.call.input, part.call.result or "", part.call.is_error)
            for exchange in asked
            for part in exchange.parts
            if part.call
        ),
        refused=bool(asked) and asked[-1].stop == "refusal",
        context={"tab": "try", "chat": chat, "columns": columns},
        given=ScenarioForm(
            domain=getattr(prompt, "draft_domain", None) or "general",
            more=scenario_form.pretty({"variables": chat.values}) if chat.values else "",
        ),
        suite_title=f"{prompt.title}, tried by hand",
    )


def _of_cell(prompt: Prompt, run: Run, cell: Conversation, form: Mapping[str, Any]) -> Source:
    """What was expected of the conversation is kept with it, as far as its turns are there."""
    said = turns(cell.messages)
    more = {"variables": form["variables"]} if form.get("variables") else {}
    given = form_of({**form, "turns": [{"user": turn.said} for turn in said]})
    return Source(
        title=f"this conversation of run {run.number}",
        prompt=prompt,
        said=tuple(turn.said for turn in said),
        calls=tuple(
            (call.name, call.input, call.result or "", call.is_error) for turn in said for call in turn.calls
        ),
        refused=bool(said) and said[-1].refused,
        context={"tab": "trials", "run": run, "turns": said, "cell": cell},
        given=replace(given, more=scenario_form.pretty(more) if more else ""),
        suite_title=f"{prompt.title}, from runs",
    )


def _kept(request: MemberRequest, source: Source) -> HttpResponseBase:
    require(request.member, Action.EDIT_SUITE, source.prompt)
    versions = list(suites.newest_versions(source.prompt.workspace).prefetch_related("suite__prompts"))
    if request.method == "POST":
        return _save(request, source, versions)
    return _page(request, source, versions, _form(source, _default(versions, source.prompt)))


def _default(versions: list[SuiteVersion], prompt: Prompt) -> SuiteVersion | None:
    """The prompt's own suite, if it has one."""
    return next((v for v in versions if prompt in v.suite.prompts.all()), None)


def _form(source: Source, version: SuiteVersion | None) -> ScenarioForm:
    title = source.given.title or (" ".join(source.said[0].split())[:120] if source.said else "")
    expect = source.given.expect or ((Expected(kind="refusal"),) if source.refused else ())
    return replace(
        source.given,
        id=suite_edits.free_id(title, version),
        title=title,
        turns=source.said,
        expect=tuple(expect),
        tools=scenario_form.pretty(fixtures_of(source.calls)) if source.calls else source.given.tools,
    )


def _save(request: MemberRequest, source: Source, versions: list[SuiteVersion]) -> HttpResponseBase:
    form = typed_form(request.POST)
    if (do := request.POST.get("do", "")) in ("turns", "expect"):
        return _page(request, source, versions, form.with_row(do))
    scenario, problems = form.read(), form.checked().problems
    if scenario is not None and not scenario.expect:
        scenario, problems = None, ("Nothing is expected yet: choose at least one expectation.",)
    if scenario is None:
        return _page(request, source, versions, form, problems=problems, status=422)
    try:
        version = _put(request, source, scenario, versions)
    except DomainError as error:
        words = (f"{error.message} {error.what_to_do}",)
        return _page(request, source, versions, form, problems=words, status=error.status)
    messages.success(request, f"Saved in {version.suite.title}, version {version.number}.")
    address = reverse("trials:suite", args=[source.prompt.workspace.slug, version.suite.slug])
    return redirect(f"{address}?q={scenario.id}#{scenario.id}")


def _put(
    request: MemberRequest, source: Source, scenario: Scenario, versions: list[SuiteVersion]
) -> SuiteVersion:
    chosen, prompt = request.POST.get("suite", ""), source.prompt
    if version := next((version for version in versions if version.suite.slug == chosen), None):
        version.suite.workspace = prompt.workspace
        return suite_edits.put_scenario(
            suite=version.suite, version=version.number, scenario=scenario, by=request.member
        )
    return suite_edits.suite_with(
        title=request.POST.get("suite_title", ""), scenario=scenario, prompts=[prompt], by=request.member
    )


def _page(
    request: MemberRequest,
    source: Source,
    versions: list[SuiteVersion],
    form: ScenarioForm,
    *,
    problems: tuple[str, ...] = (),
    status: int = 200,
) -> HttpResponse:
    default = _default(versions, source.prompt)
    context: dict[str, Any] = {
        "nav": "prompts",
        "prompt": source.prompt,
        "kept": source.title,
        **source.context,
        "versions": versions,
        "suite": request.POST.get("suite", default.suite.slug if default else NEW),
        "suite_title": request.POST.get("suite_title", source.suite_title),
        "form": form,
        "problems": problems,
        "purposes": scenario_form.PURPOSES,
        "kinds": scenario_form.kinds(),
    }
    return render(request, "trials/keep.html", context, status=status)
