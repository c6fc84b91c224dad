"""Two ways into the same views: what only pages need is not done for programs.

A request of the API is known by its token alone: there is no session to open, no form to protect, no message to carry
over, nothing for htmx. Half of the time of a fetch would go there. What stands before these two in MIDDLEWARE is for both.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import resolve

from console.problems import API, DomainError, answer_of_api, respond

REFERENCE = f"{API}v1/docs"  # a page, although it stands there
# An answer is data: whatever somebody makes a browser do with it, nothing is loaded, run or framed.
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
}

Answer = Callable[[HttpRequest], HttpResponse]


def _is_programs(request: HttpRequest) -> bool:
    path = request.path_info
    return path.startswith(API) and path != REFERENCE


class ApiAnswers:
    """Gives every answer below /api/ its form. Around ``ApiMiddleware``, so that what Django answers there gets it too."""

    def __init__(self, get_response: Answer) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        if not _is_programs(request):
            return response
        response = answer_of_api(request, response)
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        if not response.streaming:
            response.headers.setdefault("Content-Length", str(len(response.content)))
        return response


class ApiMiddleware:
    """Answers what lies below /api/; hands everything else to the middleware of pages."""

    def __init__(self, get_response: Answer) -> None:
        self._pages = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not _is_programs(request):
            return self._pages(request)
        request.get_host()  # refuses the names that are not ours
        try:
            match = request.resolver_match = resolve(request.path_info)
            response: HttpResponse = match.func(request, *match.args, **match.kwargs)
        except Http404:
            return HttpResponse(status=404)
        except DomainError as error:
            return respond(request, error)
        return response
