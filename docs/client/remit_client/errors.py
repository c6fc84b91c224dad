"""What can go wrong, told apart by what an application does about it."""

from __future__ import annotations


class RemitError(Exception):
    """The base of all; ``str(error)`` is a sentence."""


class Unavailable(RemitError):
    """Remit can't be reached or can't answer, and there is neither a kept answer nor a bundle.

    ``retry_after`` is how many seconds it asked to be left alone, if it said so.
    """

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Refused(RemitError):
    """The token is not in force, or has no right to fetch. Nothing kept is used: somebody took the right away."""


class Absent(RemitError):
    """There is no such prompt or label that the token reaches. What was kept of it is forgotten."""


class Gone(Absent):
    """It was there and was taken away. What was kept of it is forgotten."""


class FillError(RemitError):
    """A variable's value is missing or does not fit."""
