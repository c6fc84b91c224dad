"""Logging in over SAML: allauth's views, with what they leave to whoever serves them.

The library and its XML come in with the first request: most installations do without.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.core import ratelimit
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.models import SocialApp
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from console.problems import Invalid

logger = logging.getLogger("remit.access")

MOST = 256 * 1024  # bytes of an answer: it waits in the database until the browser is back

View = Callable[[HttpRequest, Any, str], HttpResponse]


def _saml(view: View) -> Callable[[HttpRequest, str], HttpResponse]:
    """Give the view the configured provider, 404 where there is none, and a page instead of a traceback.

    What comes here was written by whoever likes to: no XML, another's answer, one that was used before.
    """

    @login_not_required
    @wraps(view)
    def wrapped(request: HttpRequest, organization_slug: str) -> HttpResponse:
        try:
            app = get_adapter().get_app(request, provider="saml", client_id=organization_slug)
        except SocialApp.DoesNotExist:
            raise Http404 from None
        from onelogin.saml2.errors import OneLogin_Saml2_Error

        request.META.setdefault(
            "HTTP_HOST", request.get_host()
        )  # old clients send none, and allauth reads no other
        try:
            return view(request, app, organization_slug)
        except (OneLogin_Saml2_Error, PermissionDenied, OSError, SyntaxError, ValueError) as problem:
            logger.warning(
                "SAML: %s: %s", type(problem).__name__, problem or "an answer that nobody here asked for"
            )
            answer: HttpResponse = render_authentication_error(request, app.get_provider(request))
            answer.status_code = 403 if isinstance(problem, PermissionDenied) else 400
            return answer

    return wrapped


@require_http_methods(["GET", "HEAD", "POST"])
@_saml
def login(request: HttpRequest, app: Any, slug: str) -> HttpResponse:
    from allauth.socialaccount.providers.saml import views

    return views.login(request, organization_slug=slug)


@csrf_exempt  # another site's form by design: the answer is signed, and finish() looks who asked for it
@require_POST
@_saml
def acs(request: HttpRequest, app: Any, slug: str) -> HttpResponse:
    """Keep the answer for the next request, which brings the session's cookie; this one comes from another site."""
    from allauth.socialaccount.providers.saml import views

    if len(request.POST.get("SAMLResponse", "")) > MOST:
        raise Invalid(
            f"The identity provider's answer is larger than {MOST:,} bytes.", "Have it send fewer attributes."
        )
    if not ratelimit.consume(request, action="saml"):
        return ratelimit.respond_429(request)
    return views.acs(request, organization_slug=slug)


@require_safe
@_saml
def finish_acs(request: HttpRequest, app: Any, slug: str) -> HttpResponse:
    from allauth.socialaccount.providers.saml import views

    return views.finish_acs(request, organization_slug=slug)


@require_safe
@_saml
def metadata(request: HttpRequest, app: Any, slug: str) -> HttpResponse:
    """What the identity provider has to know of this console; logging out there does not log out here."""
    from allauth.socialaccount.providers.saml.utils import build_saml_config
    from onelogin.saml2.settings import OneLogin_Saml2_Settings

    config = build_saml_config(request, app.settings, slug)
    del config["sp"]["singleLogoutService"]
    own = OneLogin_Saml2_Settings(config, sp_validation_only=True)
    return HttpResponse(own.get_sp_metadata(), content_type="application/samlmetadata+xml")


@login_not_required
def sls(request: HttpRequest, organization_slug: str) -> HttpResponse:
    """allauth names this address; a link that logs people out is not offered."""
    raise Http404
