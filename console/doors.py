"""Two ways into the same views: what only pages need is not done for programs.

A request of the API is known by its token alone: there is no session to open, no form to protect, no message to carry
over, nothing for htmx. Half of the time of a fetch would go there. What stands before this in MIDDLEWARE is for both.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.core.handlers.base import BaseHandler
from django.core.handlers.exception import convert_exception_to_response
from django.http import Http404, HttpRequest, HttpResponse

from console.problems import API, ProblemMiddleware

REFERENCE = f"{API}v1/docs"  # a page, although it stands there
# An answer is data: whatever somebody makes a browser do with it, nothing is loaded, run or framed.
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
}

Answer = Callable[[HttpRequest], HttpResponse]


class ApiMiddleware:
    """Answers what lies below /api/; hands everything else to the middleware of pages."""

    def __init__(self, get_response: Answer) -> None:
        self._pages = get_response
        self._views = cast(Any, BaseHandler())
        # Django's own way from a request to its view, with no middleware but the one that words what went wrong.
        self._views._view_middleware = []
        self._views._template_response_middleware = []
        guarded: Any = convert_exception_to_response(self._view)
        problems = ProblemMiddleware(guarded)
        self._views._exception_middleware = [problems.process_exception]
        self._program: Any = convert_exception_to_response(problems)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        path = request.path_info
        if not path.startswith(API) or path == REFERENCE:
            return self._pages(request)
        response: HttpResponse = self._program(request)
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        if not response.streaming:
            response.headers.setdefault("Content-Length", str(len(response.content)))
        return response

    def _view(self, request: HttpRequest) -> HttpResponse:
        request.get_host()  # refuses the names that are not ours
        try:
            response: HttpResponse = self._views._get_response(request)
        except Http404:
            return HttpResponse(status=404)
        return response
