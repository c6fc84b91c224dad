"""The web server's entry."""

import os
import threading

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
application = get_wsgi_application()


def _load_sdk() -> None:
    from console.provider.client import load_sdk

    load_sdk()


# Beside the first requests, so that neither the start nor the first chat waits for it.
threading.Thread(target=_load_sdk, daemon=True, name="load-sdk").start()
