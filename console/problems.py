"""What goes wrong, said once: a DomainError becomes a page, a fragment or a problem document (RFC 9457)."""

from __future__ import annotations

from http import HTTPStatus

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.views import defaults


class DomainError(Exception):
    """Something a person asked for that cannot be done.

    ``str(error)`` is one clear sentence; ``what_to_do`` is the next step. Subclasses fix the status.
    """

    status: int = HTTPStatus.CONFLICT

    def __init__(self, message: str, what_to_do: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.what_to_do = what_to_do


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


def problem_document(error: DomainError) -> dict[str, str | int]:
    return {
        "type": "about:blank",
        "title": HTTPStatus(error.status).phrase,
        "status": int(error.status),
        "detail": f"{error.message} {error.what_to_do}".strip(),
    }


def respond(request: HttpRequest, error: DomainError) -> HttpResponse:
    """The error in the form that the client asked for."""
    if request.path.startswith("/api/") or request.accepts("text/html") is False:
        return JsonResponse(
            problem_document(error), status=error.status, content_type="application/problem+json"
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

    def __init__(self, get_response):  # type: ignore[no-untyped-def]
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return respond(request, exception) if isinstance(exception, DomainError) else None


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Django's answer 400; what is too large is said in a sentence, since nothing else would say it."""
    if not isinstance(exception, RequestDataTooBig):
        return defaults.bad_request(request, exception)
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    return respond(
        request,
        TooLarge(f"What you sent is larger than {limit:,} bytes.", "Shorten it, or send it in parts."),
    )
