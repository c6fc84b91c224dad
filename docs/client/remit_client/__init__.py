"""Fetch approved prompts from Remit: cached, revalidated, and there when Remit is not."""

from remit_client.asynchronous import AsyncRemit
from remit_client.bundles import BadBundle
from remit_client.errors import Absent, FillError, Gone, Refused, RemitError, Unavailable
from remit_client.prompts import Prompt, Source
from remit_client.synchronous import Remit

__all__ = [
    "Absent",
    "AsyncRemit",
    "BadBundle",
    "FillError",
    "Gone",
    "Prompt",
    "Refused",
    "Remit",
    "RemitError",
    "Source",
    "Unavailable",
]
