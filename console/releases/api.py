"""The serving API: one release by its label, with a scoped token, made to be cached."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from console.accounts.models import Token
from console.accounts.tokens import token_of
from console.releases.serving import serve

# A label may move at any time: fresh for half a minute, usable for an hour while the next fetch runs in the background.
CACHE = "private, max-age=30, stale-while-revalidate=3600"


@csrf_exempt
@login_not_required
@require_safe
def prompt(request: HttpRequest, slug: str, label: str) -> HttpResponse:
    """GET /api/v1/prompts/<slug>/<label> with ``Authorization: Bearer …``."""
    token = _token(request)
    if token is None:
        return _unauthorised()
    served = serve(token, slug, label)
    known = parse_etags(request.headers.get("If-None-Match", ""))
    if served.etag in known or "*" in known:
        response: HttpResponse = HttpResponseNotModified()
    else:
        response = HttpResponse(served.body, content_type="application/json")
    response["ETag"] = served.etag
    response["Cache-Control"] = CACHE
    patch_vary_headers(response, ["Authorization"])
    return response


def _token(request: HttpRequest) -> Token | None:
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    return token_of(secret.strip()) if scheme.lower() == "bearer" else None


def _unauthorised() -> HttpResponse:
    detail = "The request carries no token that is in force. Send Authorization: Bearer remit_…"
    response = JsonResponse(
        {"type": "about:blank", "title": "Unauthorized", "status": 401, "detail": detail},
        status=401,
        content_type="application/problem+json",
    )
    response["WWW-Authenticate"] = 'Bearer realm="remit"'
    response["Cache-Control"] = "no-store"
    return response
