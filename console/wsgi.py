"""The web server's entry."""

import os
import threading

from django.core.wsgi import get_wsgi_application

from console import telemetry

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
telemetry.start("remit-web")
application = get_wsgi_application()


def _warm() -> None:
    """What the first chat and the first keystroke would wait for: the SDK, the policies in force, all their phrases."""
    from console.governance.warming import warm_policies
    from console.provider.client import load_sdk

    warm_policies()
    load_sdk()


# A little later, so that the start does not wait for it either. Tests start many servers that nobody waits for.
if not os.environ.get("REMIT_COLD"):
    _later = threading.Timer(3.0, _warm)
    _later.daemon = True
    _later.start()
