"""Suites: the list, one with its scenarios and versions, import and export, one scenario as a form."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, F, Func, IntegerField, OuterRef, QuerySet, Subquery
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse

from console.accounts.access import MemberRequest, member_view
from console.accounts.permissions import Action, require
from console.htmx import render_region
from console.problems import DomainError
from console.trials import scenario_form, suite_edits, suites
from console.trials.models import Run, Suite, SuiteVersion
from console.trials.pages import suite_for
from console.trials.scenario_form import ScenarioForm, form_of, read_json_form, typed_form
from console.trials.scenarios import Scenario, parse_scenario
from console.trials.suite_csv import BOM
from console.trials.suite_edits import StaleSuite
from console.trials.suite_files import FORMATS
from console.trials.suite_forms import ImportForm, SuiteForm

SHOWN_SCENARIOS = 60
SHOWN_VERSIONS = 30
SHOWN_NOTES = 12


@member_view("GET")
def suite_list(request: MemberRequest) -> HttpResponse:
    last = Run.objects.filter(suite_version__suite=OuterRef("suite")).order_by("-number").values("number")[:1]
    versions = (
        suites.newest_versions(request.member.workspace)
        .defer("scenarios")
        .annotate(
            size=_size(),
            run_count=Count("suite__versions__runs", distinct=True),
            last_run=Subquery(last),
        )
        .prefetch_related("suite__prompts")
    )
    return render(request, "trials/suites.html", {"nav": "prompts", "versions": versions})


def _size() -> Func:
    return Func(F("scenarios"), function="jsonb_array_length", output_field=IntegerField())


@member_view("GET", "POST")
def new_suite(request: MemberRequest) -> HttpResponseBase:
    require(request.member, Action.EDIT_SUITE)
    form = SuiteForm(request.POST or None, request.FILES or None, workspace=request.member.workspace)
    if request.method == "POST" and form.is_valid():
        version = form.create(by=request.member)
        if version is not None:
            _tell(request, form.notes)
            return redirect("trials:suite", request.member.workspace.slug, version.suite.slug)
    status = 422 if form.is_bound else 200
    return render(request, "trials/new_suite.html", {"nav": "prompts", "form": form}, status=status)


@member_view("GET", "POST")
def suite(request: MemberRequest, suite: str) -> HttpResponseBase:
    """GET shows a version (``?version=``, default the newest; ``q`` filters); POST imports into a new one."""
    shown = suite_for(request.member, suite)
    if request.method == "POST":
        return _import(request, shown)
    return _suite_page(request, shown, None)


def _import(request: MemberRequest, shown: Suite) -> HttpResponseBase:
    require(request.member, Action.EDIT_SUITE, shown)
    form = ImportForm(request.POST, request.FILES)
    if not form.is_valid():
        return _suite_page(request, shown, form, status=422)
    values = form.cleaned_data
    try:
        version = suite_edits.import_scenarios(
            suite=shown,
            version=values["version"],
            scenarios=values["scenarios"],
            keeps=values["how"] == "add",
            by=request.member,
        )
    except DomainError as error:
        form.add_error(None, f"{error.message} {error.what_to_do}")
        return _suite_page(request, shown, _at_newest(form, error), status=error.status)
    _tell(request, form.notes)
    if version.number == values["version"]:
        messages.info(request, "Nothing changed: the suite holds exactly that already.")
    else:
        messages.success(request, f"Saved as version {version.number}.")
    return redirect(_address(shown))


def _tell(request: MemberRequest, notes: tuple[str, ...]) -> None:
    """What an import left behind is named, and not lost silently."""
    if notes:
        more = f" and {len(notes) - SHOWN_NOTES} more" if len(notes) > SHOWN_NOTES else ""
        messages.warning(request, f"Not imported: {' '.join(notes[:SHOWN_NOTES])}{more}")


def _at_newest(form: ImportForm, error: DomainError) -> ImportForm:
    """Whoever was told of a newer version and saves again has seen it."""
    if isinstance(error, StaleSuite):
        form.put("version", str(error.newest))
    return form


def _suite_page(
    request: MemberRequest, shown: Suite, form: ImportForm | None, *, status: int = 200
) -> HttpResponse:
    versions = list(
        shown.versions.annotate(size=_size()).defer("scenarios").select_related("created_by")[:SHOWN_VERSIONS]
    )
    version = _version(shown.versions.all(), request.GET.get("version", ""), versions[0].number)
    query = request.GET.get("q", "").strip()
    found = [data for data in version.scenarios if _matches(data, query)]
    page = Paginator(found, SHOWN_SCENARIOS).get_page(request.GET.get("page"))
    context = {
        "nav": "prompts",
        "suite": shown,
        "version": version,
        "versions": versions,
        "is_newest": version.number == versions[0].number,
        "query": query,
        "page": page,
        "scenarios": [parse_scenario(data) for data in page],
        "prompts": shown.prompts.all(),
        "formats": FORMATS.values(),
        "form": form or ImportForm(initial={"version": versions[0].number}),
    }
    return render_region(request, "trials/suite.html", context, regions=("scenarios",), status=status)


def _version(versions: QuerySet[SuiteVersion], wanted: str, newest: int) -> SuiteVersion:
    number = int(wanted) if wanted.isdecimal() and len(wanted) < 9 else newest
    version = versions.filter(number=number).first()
    if version is None:
        raise Http404
    return version


def _matches(data: Any, query: str) -> bool:
    """Every word of the query is somewhere in what a person would read of the scenario."""
    if not query:
        return True
    said = " ".join(turn["user"] for turn in data.get("turns", ()))
    expected = " ".join(f"{e['kind']} {e.get('value')} {e.get('why', '')}" for e in data.get("expect", ()))
    tools = " ".join(tool["name"] for tool in data.get("tools", ()))
    labels = " ".join([*data.get("covers", ()), *data.get("tags", ()), data.get("purpose", "")])
    text = f"{data['id']} {data['title']} {said} {expected} {tools} {labels}".lower()
    return all(word in text for word in query.lower().split())


@member_view("GET")
def export(request: MemberRequest, suite: str, number: int, extension: str) -> HttpResponse:
    """A version as a file: JSON lines say all of it, the others what they can."""
    shown = suite_for(request.member, suite)
    version = _version(shown.versions.all(), str(number), 0)
    version.suite = shown
    chosen = next((form for form in FORMATS.values() if form.extension == extension), None)
    if chosen is None:
        raise Http404
    body = (BOM if extension == "csv" else "") + chosen.write(version)
    response = HttpResponse(body, content_type=f"{chosen.media_type}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{suite}-v{version.number}.{extension}"'
    return response


# --- one scenario


@member_view("GET", "POST")
def scenario(request: MemberRequest, suite: str, scenario: str = "") -> HttpResponseBase:
    """A scenario as a form, or (``?as=json``) as JSON; without an id a new one. POST saves a new version."""
    shown = suite_for(request.member, suite)
    require(request.member, Action.EDIT_SUITE, shown)
    newest = shown.versions.order_by("-number")[0]
    data = next((data for data in newest.scenarios if data["id"] == scenario), None)
    if request.method == "POST":
        return _save_scenario(request, shown, newest, scenario)
    if scenario and data is None:
        raise Http404
    as_json = request.GET.get("as") == "json"
    form = form_of(data) if data else ScenarioForm()
    source = scenario_form.pretty(data) if data and as_json else ""
    return _scenario_page(request, shown, newest.number, scenario, form, source=source, as_json=as_json)


def _save_scenario(request: MemberRequest, shown: Suite, newest: SuiteVersion, id: str) -> HttpResponseBase:
    read = _read_number(request.POST.get("version", ""), newest.number)
    if request.POST.get("do") == "remove":
        return _removed(request, shown, read, id)
    as_json = "source" in request.POST
    form, source = typed_form(request.POST), request.POST.get("source", "")
    if (do := request.POST.get("do", "")) in ("turns", "expect"):
        return _scenario_page(request, shown, read, id, form.with_row(do))
    found, problems = read_json_form(source) if as_json else (form.read(), form.checked().problems)
    page: dict[str, Any] = {"form": form, "source": source, "as_json": as_json}
    if found is None:
        return _scenario_page(request, shown, read, id, problems=problems, status=422, **page)
    return _put(request, shown, read, id, found, page)


def _put(
    request: MemberRequest, shown: Suite, read: int, id: str, found: Scenario, page: dict[str, Any]
) -> HttpResponseBase:
    try:
        version = suite_edits.put_scenario(
            suite=shown, version=read, scenario=found, replaces=id, by=request.member
        )
    except DomainError as error:
        read = error.newest if isinstance(error, StaleSuite) else read
        words = (f"{error.message} {error.what_to_do}",)
        return _scenario_page(request, shown, read, id, problems=words, status=error.status, **page)
    messages.success(request, f"Saved as version {version.number}.")
    return redirect(f"{_address(shown)}?q={found.id}#{found.id}")


def _removed(request: MemberRequest, shown: Suite, read: int, id: str) -> HttpResponseBase:
    version = suite_edits.remove_scenario(suite=shown, version=read, scenario=id, by=request.member)
    messages.success(request, f"Left out of version {version.number}; earlier versions keep it.")
    return redirect(_address(shown))


def _read_number(given: str, newest: int) -> int:
    return int(given) if given.isdecimal() and len(given) < 9 else newest


def _scenario_page(
    request: MemberRequest,
    shown: Suite,
    read: int,
    id: str,
    form: ScenarioForm,
    *,
    source: str = "",
    as_json: bool = False,
    problems: tuple[str, ...] = (),
    status: int = 200,
) -> HttpResponse:
    context = {
        "nav": "prompts",
        "suite": shown,
        "read": read,
        "id": id,
        "form": form,
        "source": source,
        "as_json": as_json,
        "problems": problems,
        "purposes": scenario_form.PURPOSES,
        "pressures": scenario_form.PRESSURES,
        "kinds": scenario_form.kinds(),
    }
    return render(request, "trials/scenario.html", context, status=status)


def _address(shown: Suite) -> str:
    return reverse("trials:suite", args=[shown.workspace.slug, shown.slug])
