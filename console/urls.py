"""Where everything is. Includes only; each app names its own pages."""

from __future__ import annotations

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

handler400 = "console.problems.bad_request"

WORKSPACE = "w/<slug:workspace>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include("console.api_urls")),
    path("", include("console.accounts.account_urls")),
    path(WORKSPACE, include("console.prompts.urls")),
    path(WORKSPACE, include("console.trials.urls")),
    path(WORKSPACE, include("console.reviews.urls")),
    path(WORKSPACE, include("console.releases.urls")),
    path(WORKSPACE, include("console.governance.urls")),
    path(WORKSPACE, include("console.notifications.urls")),
    path(WORKSPACE, include("console.provider.urls")),
    path(WORKSPACE, include("console.accounts.urls")),
    path("", include("console.home.urls")),
]

if settings.DEBUG:
    from console.home.style import bare, style

    urlpatterns += [path("style/", style, name="style"), path("style/bare/", bare, name="style-bare")]
