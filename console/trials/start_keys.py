"""Starting a run by a name, so that a program may send a request again whose answer it never saw.

The name is kept in the transaction that makes the run: of any number of requests with one name, one makes it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import IntegrityError
from django.db.models.functions import Now

from console.accounts.models import Token
from console.problems import Invalid
from console.trials.models import Run, StartKey

KEPT = timedelta(hours=24)


class Taken(Exception):
    """Another request with this name was quicker; its run is there."""


@dataclass(frozen=True, slots=True)
class Named:
    """A request to start a run, by whom and as what."""

    token: Token
    key: str
    digest: str

    def run(self) -> Run | None:
        """The run that was started by this name within the last day. Raises Invalid where that was another request."""
        mine = StartKey.objects.filter(token=self.token, key=self.key, created_at__gt=Now() - KEPT)
        found = mine.select_related("run__suite_version__suite").first()
        if found is None:
            return None
        if found.digest != self.digest:
            raise Invalid(
                f"This Idempotency-Key started run {found.run.number} with another request.",
                "Send the same request again, or another key.",
            )
        return found.run

    def keep(self, run: Run) -> None:
        """In the transaction that makes ``run``. Raises Taken, and then the run must not come to be."""
        StartKey.objects.filter(token=self.token, created_at__lte=Now() - KEPT).delete()
        try:
            StartKey.objects.create(token=self.token, key=self.key, digest=self.digest, run=run)
        except IntegrityError:
            raise Taken from None


def digest_of(asked: Mapping[str, Any]) -> str:
    """Of what a request asks for, however it is written."""
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
