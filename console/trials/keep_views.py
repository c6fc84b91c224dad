"""A chat becomes a scenario: its user turns, what its tools gave back, and what the person expects of it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse

from console.accounts.access import MemberRequest, member_view
from console.accounts.permissions import Action, require
from console.problems import DomainError
from console.prompts.models import Prompt
from console.prompts.pages import prompt_for
from console.trials import scenario_form, suite_edits, suites
from console.trials.chat_page import Column, columns_of
from console.trials.models import Chat, SuiteVersion
from console.trials.pages import chat_of
from console.trials.scenario_form import Expected, ScenarioForm, fixtures_of, typed_form
from console.trials.scenarios import Scenario

NEW = "new"  # the choice of a suite that is not there yet


@member_view("GET", "POST")
def keep(request: MemberRequest, slug: str, chat: int) -> HttpResponseBase:
    prompt = prompt_for(request.member, slug)
    require(request.member, Action.EDIT_SUITE, prompt)
    found = chat_of(request.member, prompt, str(chat))
    columns = [column for column, _ in columns_of(found)]
    versions = list(suites.newest_versions(prompt.workspace).prefetch_related("suite__prompts"))
    if request.method == "POST":
        return _save(request, prompt, found, columns, versions)
    form = _form(found, columns[0], _default(versions, prompt))
    return _page(request, prompt, found, columns, versions, form)


def _default(versions: list[SuiteVersion], prompt: Prompt) -> SuiteVersion | None:
    """The prompt's own suite, if it has one."""
    return next((v for v in versions if prompt in v.suite.prompts.all()), None)


def _form(chat: Chat, column: Column, version: SuiteVersion | None) -> ScenarioForm:
    asked = [exchange for exchange in column.exchanges if not exchange.open]
    title = " ".join(asked[0].said.split())[:120] if asked else ""
    calls = [
        (part.call.name, part.call.input, part.call.result or "", part.call.is_error)
        for exchange in asked
        for part in exchange.parts
        if part.call
    ]
    refused = bool(asked) and asked[-1].stop == "refusal"
    return ScenarioForm(
        id=suite_edits.free_id(title, version),
        title=title,
        domain=getattr(chat.prompt, "draft_domain", None) or "general",
        turns=tuple(exchange.said for exchange in asked),
        expect=(Expected(kind="refusal"),) if refused else (),
        tools=scenario_form.pretty(fixtures_of(calls)) if calls else "",
        more=scenario_form.pretty({"variables": chat.values}) if chat.values else "",
    )


def _save(
    request: MemberRequest, prompt: Prompt, chat: Chat, columns: list[Column], versions: list[SuiteVersion]
) -> HttpResponseBase:
    form = typed_form(request.POST)
    if (do := request.POST.get("do", "")) in ("turns", "expect"):
        return _page(request, prompt, chat, columns, versions, form.with_row(do))
    scenario, problems = form.read(), form.checked().problems
    if scenario is not None and not scenario.expect:
        scenario, problems = None, ("Nothing is expected yet: choose at least one expectation.",)
    if scenario is None:
        return _page(request, prompt, chat, columns, versions, form, problems=problems, status=422)
    try:
        version = _put(request, prompt, scenario, versions)
    except DomainError as error:
        words = (f"{error.message} {error.what_to_do}",)
        return _page(request, prompt, chat, columns, versions, form, problems=words, status=error.status)
    messages.success(request, f"Saved in {version.suite.title}, version {version.number}.")
    address = reverse("trials:suite", args=[prompt.workspace.slug, version.suite.slug])
    return redirect(f"{address}?q={scenario.id}#{scenario.id}")


def _put(
    request: MemberRequest, prompt: Prompt, scenario: Scenario, versions: list[SuiteVersion]
) -> SuiteVersion:
    chosen = request.POST.get("suite", "")
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
    prompt: Prompt,
    chat: Chat,
    columns: list[Column],
    versions: list[SuiteVersion],
    form: ScenarioForm,
    *,
    problems: tuple[str, ...] = (),
    status: int = 200,
) -> HttpResponse:
    default = _default(versions, prompt)
    context: dict[str, Any] = {
        "nav": "prompts",
        "tab": "try",
        "prompt": prompt,
        "chat": chat,
        "columns": columns,
        "versions": versions,
        "suite": request.POST.get("suite", default.suite.slug if default else NEW),
        "suite_title": request.POST.get("suite_title", f"{prompt.title}, tried by hand"),
        "form": form,
        "problems": problems,
        "purposes": scenario_form.PURPOSES,
        "kinds": scenario_form.kinds(),
    }
    return render(request, "trials/keep.html", context, status=status)
