"""A connection of the pool, as it is asked whether it lives: before each use, a hundred times a second in a run."""

from __future__ import annotations

import select
from typing import Any

import psycopg

ASKED = ""  # the statement with which the pool asks


class Connection(psycopg.Connection[Any]):
    """Answers by itself while there is nothing to hear: a server that went away, or was told to end it, closed it.

    Only what says something is asked over the wire: it may be a farewell, or a notice.
    """

    def execute(self, query: Any, *given: Any, **options: Any) -> psycopg.Cursor[Any]:
        if query == ASKED and not self._says_something():
            return self.cursor()
        return super().execute(query, *given, **options)

    def _says_something(self) -> bool:
        """Raises psycopg.OperationalError where it is known to be closed."""
        poll = select.poll()
        poll.register(self.fileno(), select.POLLIN)
        return bool(poll.poll(0))
