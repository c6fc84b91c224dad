"""A bare Django view: what serving is measured against. No middleware, no database, one small body."""

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

BODY = b"x" * 1500  # as long as the configuration that is fetched beside it


def view(request: HttpRequest) -> HttpResponse:
    return HttpResponse(BODY, content_type="application/json", headers={"Content-Length": str(len(BODY))})


urlpatterns = [path("bare", view)]
settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], MIDDLEWARE=[], SECRET_KEY="bench")
django.setup()
application = get_wsgi_application()
