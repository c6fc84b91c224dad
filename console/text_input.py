"""What is no text never reaches a view: PostgreSQL takes neither a NUL nor half a character.

A browser sends neither by itself; pasted, they are replaced by the sign that says so, and nothing typed is lost.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase, QueryDict

_NO_TEXT = re.compile("[\x00\ud800-\udfff]")
REPLACED = "\ufffd"


class TextMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: dict[str, Any]) -> None:
        if any(isinstance(value, str) and _NO_TEXT.search(value) for value in kwargs.values()):
            raise Http404  # nothing has such a name
        if (cleaned := _cleaned(request.GET)) is not None:
            request.GET = cleaned
        if request.method == "POST" and request.content_type in FORMS and (cleaned := _cleaned(request.POST)):
            request.POST = cleaned


FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def _cleaned(form: QueryDict) -> Any:
    """The form without what is no text; None when there is nothing to clean."""
    if not any(_NO_TEXT.search(part) for name, values in form.lists() for part in (name, *values)):
        return None
    clean = QueryDict(mutable=True)
    for name, values in form.lists():
        clean.setlist(_NO_TEXT.sub(REPLACED, name), [_NO_TEXT.sub(REPLACED, value) for value in values])
    return clean
