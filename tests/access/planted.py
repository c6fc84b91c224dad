"""Views with the mistakes that the matrix is there to find, and one without."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path

from console.accounts.access import MemberRequest, member_view
from console.accounts.models import Membership, Workspace
from console.accounts.permissions import Action, require
from console.problems import Invalid
from console.prompts.models import Prompt
from console.trials.models import Run
from console.urls import urlpatterns as real
from tests.access.table import Rule, page, reads, writes


@member_view("GET", "POST")
def sound(request: MemberRequest, slug: str) -> HttpResponse:
    if request.method == "POST":
        require(request.member, Action.EDIT)
    found = get_object_or_404(Prompt, workspace=request.member.workspace, slug=slug)
    return HttpResponse(found.title)


def no_membership(request: HttpRequest, workspace: str) -> HttpResponse:
    return HttpResponse(get_object_or_404(Workspace, slug=workspace).name)


@member_view("GET")
def any_prompt(request: MemberRequest, slug: str) -> HttpResponse:
    return HttpResponse(get_object_or_404(Prompt, slug=slug).title)


@member_view("GET")
def other_status(request: MemberRequest, slug: str) -> HttpResponse:
    found = get_object_or_404(Prompt, slug=slug)
    return HttpResponse("no", status=200 if found.workspace_id == request.member.workspace_id else 403)


@member_view("GET")
def other_length(request: MemberRequest, slug: str) -> HttpResponse:
    if not Prompt.objects.filter(workspace=request.member.workspace, slug=slug).exists():
        return HttpResponse("none" + " " * Prompt.objects.filter(slug=slug).count(), status=404)
    return HttpResponse("here")


@member_view("GET")
def search(request: MemberRequest) -> HttpResponse:
    return HttpResponse(" ".join(Prompt.objects.values_list("title", flat=True)))


@member_view("POST")
def any_run(request: MemberRequest) -> HttpResponse:
    found = Run.objects.filter(number=int(request.POST.get("run", "0"))).first()
    if found is None:
        raise Invalid("There is no such run.")
    return redirect("home:root")


@member_view("POST")
def any_role(request: MemberRequest, slug: str) -> HttpResponse:
    get_object_or_404(Prompt, workspace=request.member.workspace, slug=slug)
    return redirect("home:root")


@member_view("POST")
def form_first(request: MemberRequest) -> HttpResponse:
    if not request.POST.get("title"):
        raise Invalid("It needs a title.")
    require(request.member, Action.EDIT)
    return redirect("home:root")


@member_view("GET")
def get_writes(request: MemberRequest) -> HttpResponse:
    Membership.objects.filter(pk=request.member.pk).update(domains=[])
    return HttpResponse("done")


def without_login(request: HttpRequest, workspace: str) -> HttpResponse:
    if not getattr(request.user, "memberships", None):
        return HttpResponse("Who are you?", status=200)
    if request.method != "GET":
        return HttpResponse(status=405)
    if not request.user.memberships.filter(workspace__slug=workspace).exists():  # type: ignore[union-attr]
        raise Http404
    return HttpResponse("here")


without_login.login_required = False  # type: ignore[attr-defined]


@member_view("GET")
def breaks(request: MemberRequest) -> HttpResponse:
    raise ZeroDivisionError


W = "w/<slug:workspace>/planted/"
ONE = "prompts/<slug:slug>"
_PLANTED = {
    "sound": (sound, ONE, page(Action.READ, Action.EDIT), ""),
    "no-membership": (no_membership, "", reads(), "a foreign workspace says 200"),
    "any-prompt": (any_prompt, ONE, reads(), "shows a text of the foreign workspace"),
    "other-status": (other_status, ONE, reads(), "says 403"),
    "other-length": (other_length, ONE, reads(), "a foreign prompts says 404"),
    "search": (search, "", reads(), "shows a text of the foreign workspace"),
    "any-run": (
        any_run,
        "",
        writes(Action.READ, body={"run": "{runs}"}),
        "in what is sent a foreign runs says 302",
    ),
    "any-role": (any_role, ONE, writes(Action.EDIT), "may not, but gets 302"),
    "form-first": (form_first, "", writes(Action.EDIT), "may not, but gets 422"),
    "get-writes": (get_writes, "", reads(), "writes accounts_membership"),
    "without-login": (without_login, "", reads(), "without a login"),
    "breaks": (breaks, "", reads(), "breaks (500)"),
}
PATTERNS = {name: f"{W}{name}/{rest}" for name, (_, rest, _, _) in _PLANTED.items()}
TABLE: dict[str, Rule] = {name: rule for name, (_, _, rule, _) in _PLANTED.items()}
SIGNS = {name: sign for name, (_, _, _, sign) in _PLANTED.items()}
urlpatterns = [path(PATTERNS[name], view, name=name) for name, (view, _, _, _) in _PLANTED.items()] + real
