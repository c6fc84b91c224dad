"""The web server's entry."""

import os
import threading

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
application = get_wsgi_application()


def _warm() -> None:
    """What the first chat and the first page of a draft would wait for: the SDK, the policy and its phrases."""
    import policies
    from console.provider.client import load_sdk

    policies.validate("", policies.load_pack())
    load_sdk()


# A little later, so that the start does not wait for it either.
_later = threading.Timer(3.0, _warm)
_later.daemon = True
_later.start()
