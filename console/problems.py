"""What goes wrong, said once: a DomainError becomes a page, a fragment or a problem document (RFC 9457)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views import defaults

API = "/api/"
PROBLEM = "application/problem+json"
_SAID = {
    404: ("There is nothing at this address.", "The reference is at /api/v1/docs."),
    405: ("This address does not take the method {method}.", "The header Allow names those it takes."),
    500: (
        "Something went wrong here, and it was written to the log.",
        "Try again; if it stays, ask an admin.",
    ),
}


class DomainError(Exception):
    """Something a person asked for that cannot be done.

    ``str(error)`` is one clear sentence; ``what_to_do`` is the next step. Subclasses fix the status.
    """

    status: int = HTTPStatus.CONFLICT
    headers: Mapping[str, str] = {}  # of the answer

    def __init__(self, message: str, what_to_do: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.what_to_do = what_to_do
        self.errors: Sequence[Mapping[str, str]] = ()


class NotAllowed(DomainError):
    """The member may see the object but not do this."""

    status = HTTPStatus.FORBIDDEN


class Invalid(DomainError):
    """The input cannot be used as it is."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY


class TooLarge(DomainError):
    """More was sent than is read."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class Unavailable(DomainError):
    """A part that this needs is away for now."""

    status = HTTPStatus.SERVICE_UNAVAILABLE


class NotUnderstood(DomainError):
    """The request is not what the API reads."""

    status = HTTPStatus.BAD_REQUEST


class UnreadableKind(DomainError):
    """The body has another media type than what is read."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE


class Gone(DomainError):
    """It was there and was taken away for good."""

    status = HTTPStatus.GONE


def problem_document(error: DomainError) -> dict[str, Any]:
    """RFC 9457; ``errors`` names the places of a body or query that cannot be used, where there are several."""
    return {
        "type": "about:blank",
        "title": HTTPStatus(error.status).phrase,
        "status": int(error.status),
        "detail": f"{error.message} {error.what_to_do}".strip(),
        **({"errors": error.errors} if error.errors else {}),
    }


def respond(request: HttpRequest, error: DomainError) -> HttpResponse:
    """The error in the form that the client asked for."""
    if request.path.startswith(API) or request.accepts("text/html") is False:
        # Letters as they are, for whoever reads it in a terminal; half a surrogate pair of a request has no bytes.
        body = json.dumps(problem_document(error), ensure_ascii=False).encode(errors="replace")
        return HttpResponse(
            body,
            status=error.status,
            headers={"Cache-Control": "no-store", **error.headers},
            content_type=PROBLEM,
        )
    if getattr(request, "htmx", False):
        # Any status is shown as a notice and never swapped into the region that asked (see htmx-config).
        response = render(request, "problem.html#notice", {"problem": error}, status=error.status)
        response["HX-Retarget"] = "#notices"
        response["HX-Reswap"] = "beforeend"
        return response
    return render(request, "problem.html", {"problem": error}, status=error.status)


class ProblemMiddleware:
    """Turns a DomainError that a view let through into an answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response: HttpResponse = self.get_response(request)
        if request.path.startswith(API):
            return answer_of_api(request, response)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return respond(request, exception) if isinstance(exception, DomainError) else None


def answer_of_api(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """A refusal is a problem document whoever refused; what the door noted (``request.answer_headers``) is told; nothing
    is kept by anybody unless the answer says otherwise."""
    if response.status_code >= 400:
        response = as_problem(request, response)
    headers = response.headers
    for name, value in getattr(request, "answer_headers", {}).items():
        headers[name] = value
    headers.setdefault("Cache-Control", "no-store")
    return response


def as_problem(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Whatever refused a request below /api/, the answer is a problem document; its headers stay."""
    if response.headers.get("Content-Type", "").startswith(PROBLEM):
        return response
    phrase = HTTPStatus(response.status_code).phrase
    message, what_to_do = _SAID.get(response.status_code, (f"{phrase}.", ""))
    error = DomainError(message.format(method=str(request.method)[:20]), what_to_do)
    error.status = response.status_code
    answer = respond(request, error)
    for name, value in response.items():
        answer.headers.setdefault(name, value)
    return answer


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Django's answer 400; what is too large is said in a sentence, since nothing else would say it."""
    if isinstance(exception, RequestDataTooBig):
        return respond(request, too_large())
    if request.path.startswith(API):
        return respond(request, NotUnderstood("The request can't be read.", "Check its host and headers."))
    return defaults.bad_request(request, exception)


def too_large() -> TooLarge:
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    return TooLarge(f"What you sent is larger than {limit:,} bytes.", "Shorten it, or send it in parts.")
