"""Suites: the list, one with its scenarios, new versions."""

from __future__ import annotations

from django.db.models import Count
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render

from console.accounts.access import MemberRequest, member_view
from console.accounts.permissions import Action, require
from console.trials import estimates, suites
from console.trials.forms import ScenariosForm, SuiteForm
from console.trials.pages import suite_for
from console.trials.scenarios import parse_scenario


@member_view("GET")
def suite_list(request: MemberRequest) -> HttpResponse:
    versions = suites.newest_versions(request.member.workspace).annotate(
        run_count=Count("suite__versions__runs", distinct=True)
    )
    context = {"nav": "prompts", "versions": versions.prefetch_related("suite__prompts")}
    return render(request, "trials/suites.html", context)


@member_view("GET", "POST")
def new_suite(request: MemberRequest) -> HttpResponseBase:
    require(request.member, Action.EDIT_SUITE)
    form = SuiteForm(request.POST or None, request.FILES or None, workspace=request.member.workspace)
    if request.method == "POST" and form.is_valid():
        version = form.create(by=request.member)
        if version is not None:
            return redirect("trials:suite", request.member.workspace.slug, version.suite.slug)
    status = 422 if form.is_bound else 200
    return render(request, "trials/new_suite.html", {"nav": "prompts", "form": form}, status=status)


@member_view("GET", "POST")
def suite(request: MemberRequest, suite: str) -> HttpResponseBase:
    """GET shows a version (``?version=``, default the newest); POST makes the next one."""
    shown = suite_for(request.member, suite)
    form = ScenariosForm(request.POST or None, request.FILES or None)
    if request.method == "POST":
        require(request.member, Action.EDIT_SUITE, shown)
        if form.is_valid():
            suites.add_version(suite=shown, scenarios=form.cleaned_data["scenarios"], by=request.member)
            return redirect("trials:suite", request.member.workspace.slug, suite)
    versions = list(shown.versions.defer("scenarios").select_related("created_by"))
    wanted = request.GET.get("version", "")
    number = int(wanted) if wanted.isdecimal() else versions[0].number
    version = shown.versions.filter(number=number).first()
    if version is None:
        raise Http404
    if not form.is_bound:
        form = ScenariosForm(initial={"text": suites.to_jsonl(version)})
    scenarios = [parse_scenario(data) for data in version.scenarios]
    context = {
        "nav": "prompts",
        "suite": shown,
        "version": version,
        "versions": versions,
        "scenarios": scenarios,
        "calls": estimates.estimate_run(
            scenarios=scenarios, subjects=[estimates.PLAIN], model="", samples=1
        ).calls,
        "prompts": shown.prompts.all(),
        "form": form,
    }
    return render(request, "trials/suite.html", context, status=422 if form.is_bound else 200)


@member_view("GET")
def export(request: MemberRequest, suite: str, number: int) -> HttpResponse:
    """A version as JSON lines, the form in which it came."""
    version = suite_for(request.member, suite).versions.filter(number=number).first()
    if version is None:
        raise Http404
    response = HttpResponse(suites.to_jsonl(version), content_type="application/jsonl; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{suite}-v{number}.jsonl"'
    return response
