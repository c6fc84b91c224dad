"""What a machine without services needs: PostgreSQL, the broker and the rehearsal endpoint, started for you.

The four addresses are computed from ``REMIT_DATA`` alone: asking for one starts nothing, so settings can.
``serving`` starts what is missing for as long as a program needs it; ``make up`` keeps everything running.
This package imports nothing of the console, and only the standard library until something has to be started.
"""

from __future__ import annotations

from urllib.parse import quote

from console.embedded.layout import EmbeddedError, places

__all__ = ["EmbeddedError", "broker_url", "database_url", "owner_database_url", "rehearsal_url"]

OWNER_ROLE = "remit_owner"  # owns the tables, migrates
APP_ROLE = "remit_app"  # reads and writes rows; the audit's migration takes more from it
DATABASE = "remit"


def database_url() -> str:
    """The application's role on the embedded PostgreSQL, by its socket."""
    return _database_url(APP_ROLE)


def owner_database_url() -> str:
    """The role that owns the tables on the embedded PostgreSQL: for migrations."""
    return _database_url(OWNER_ROLE)


def broker_url() -> str:
    """The embedded broker, in the form Celery reads."""
    return f"redis+socket://{places().broker_socket}?virtual_host=0"


def rehearsal_url() -> str:
    """The rehearsal endpoint by its socket, so that no port is taken."""
    return f"unix:{places().rehearsal_socket}"


def _database_url(role: str) -> str:
    return f"postgresql://{role}@/{DATABASE}?host={quote(str(places().postgres_socket.parent), safe='/')}"
