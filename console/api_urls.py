from django.urls import include, path

from console.api import api, without_login
from console.home import api_reference
from console.releases.api import fetch

_patterns, _, _namespace = api.urls

app_name = "api"
urlpatterns = [
    # Past ninja: reading its two words again with pydantic would cost as much as answering.
    path("prompts/<slug:slug>/<slug:label>", fetch, name="prompt"),
    path("docs", api_reference.reference, name="docs"),
    path("", include((without_login(_patterns), _namespace))),
]
