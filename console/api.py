"""The API: its parts in one place, and one form for everything that goes wrong in it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation
from ninja.parser import Parser

from console import problems
from console.governance.audit_api import router as audit
from console.openapi import Problem
from console.problems import PROBLEM, DomainError, Invalid, NotUnderstood, UnreadableKind
from console.prompts.api import router as prompts
from console.releases.api import router as releases
from console.trials.api import router as trials
from policies.canonical import CanonicalError, read_json

_PROBLEMS = {
    "400": "The body is no JSON that can be read.",
    "401": "No token that is in force.",
    "403": "The token lacks the right, or the person it acts for the role.",
    "404": "Not there, or not within the token's reach.",
    "405": "The address does not take this method.",
    "409": "What is there now does not allow it.",
    "413": "The body is too large.",
    "415": "The body is not application/json.",
    "422": "It can be read, and cannot be used as it is.",
    "429": "Asked too often; Retry-After says when to come back.",
    "503": "A part that this needs is away.",
}


class _Absent(DomainError):
    status = 404

    def __init__(self) -> None:
        super().__init__(
            "What you ask for is not there, or the token does not reach it.",
            "Check the names in the address.",
        )


class _Parser(Parser):
    """Strict JSON of a bounded size and depth; nothing that a database could not keep is let in half-way."""

    def parse_body(self, request: HttpRequest) -> Any:
        kind = request.content_type or "of no kind"
        if kind != "application/json":
            raise UnreadableKind(
                f"The body is {kind[:80]}, and application/json is read.",
                "Send Content-Type: application/json.",
            )
        try:
            return read_json(request.body)
        except CanonicalError as error:
            raise NotUnderstood(str(error)) from error


class _API(NinjaAPI):
    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        schema = super().get_openapi_schema(**options)
        forms = schema["components"]["schemas"]
        problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        forms |= problem.pop("$defs")
        forms["Problem"] = problem
        content = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
        for path in schema["paths"].values():
            for operation in path.values():
                refused = {
                    code: {"description": said, "content": content} for code, said in _PROBLEMS.items()
                }
                operation["responses"] = refused | {
                    str(code): answer for code, answer in operation["responses"].items()
                }
        return schema

    def get_openapi_operation_id(self, operation: Operation) -> str:
        return operation.view_func.__name__


api = _API(
    title="Remit",
    version="1",
    description="Prompts, releases, runs and the audit of one workspace: that of the token.",
    docs_url=None,
    parser=_Parser(),
    urls_namespace="api:rest",
)
api.add_router("", releases)
api.add_router("", prompts)
api.add_router("", trials)
api.add_router("", audit)


@api.exception_handler(DomainError)
def _refused(request: HttpRequest, error: DomainError) -> HttpResponse:
    return problems.respond(request, error)


@api.exception_handler(HttpError)
def _unread(request: HttpRequest, error: HttpError) -> HttpResponse:
    """ninja wraps whatever the parser raised."""
    if isinstance(error.__cause__, DomainError):
        return problems.respond(request, error.__cause__)
    refused = DomainError(error.message)
    refused.status = error.status_code
    return problems.respond(request, refused)


@api.exception_handler(RequestDataTooBig)
def _too_large(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    return problems.respond(request, problems.too_large())


@api.exception_handler(Http404)
def _absent(request: HttpRequest, error: Http404) -> HttpResponse:
    return problems.respond(request, _Absent())


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    places = [{"where": _place(found["loc"]), "message": str(found["msg"])} for found in error.errors[:20]]
    said = "; ".join(f"{place['where']}: {place['message']}" for place in places[:3])
    refused = Invalid(f"The request can't be used: {said}.", "The reference is at /api/v1/docs.")
    refused.errors = places
    return problems.respond(request, refused)


def _place(steps: tuple[Any, ...]) -> str:
    """``body.samples``; the name that ninja gives a whole body is left out."""
    return ".".join(str(step) for step in steps if step != "given").encode(errors="replace").decode()[:200]


def without_login(patterns: list[Any]) -> list[Any]:
    """A token is the way in here, and no session is looked at."""
    for pattern in patterns:
        login_not_required(pattern.callback)
    return patterns
