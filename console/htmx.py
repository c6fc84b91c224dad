"""One page, or one region of it: the same URL and the same context serve both."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django_htmx.http import trigger_client_event
from django_htmx.middleware import HtmxDetails


class HtmxRequest(HttpRequest):
    htmx: HtmxDetails


def region_wanted(request: HttpRequest, regions: tuple[str, ...]) -> str:
    """The region that htmx targets, when it is one of ``regions``; "" for the whole page.

    A history restore always gets the page, since the browser would otherwise keep a bare fragment.
    """
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]
    target = htmx.target if htmx and not htmx.history_restore_request else None
    return target if target in regions else ""


def render_region(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *,
    regions: tuple[str, ...] = (),
    status: int = 200,
    event: str = "",
) -> HttpResponse:
    """What ``region_wanted`` says: the region, or the whole page.

    A region's DOM id, partial name and target name are the same word. ``event`` is sent to the client as ``HX-Trigger``.
    """
    wanted = region_wanted(request, regions)
    name = f"{template}#{wanted}" if wanted else template
    response = render(request, name, context, status=status)
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return trigger_client_event(response, event) if event else response
