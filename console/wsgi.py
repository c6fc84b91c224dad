"""The web server's entry."""

import os
import threading

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
application = get_wsgi_application()


def _load_sdk() -> None:
    from console.provider.client import load_sdk

    load_sdk()


# A little later, so that neither the start nor the first chat waits for it.
_later = threading.Timer(3.0, _load_sdk)
_later.daemon = True
_later.start()
