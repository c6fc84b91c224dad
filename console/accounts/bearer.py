"""The door of the API: a token in the header, its right, and how often it may ask."""

from __future__ import annotations

from functools import cache

from django.conf import settings
from django.http import HttpRequest
from ninja.security import HttpBearer

from console.accounts.models import Membership, Right, Token
from console.accounts.permissions import Action, require
from console.accounts.rates import Rate
from console.accounts.tokens import acting_for, token_of
from console.problems import DomainError, NotAllowed


class Unauthenticated(DomainError):
    """The request carries no token that is in force."""

    status = 401
    headers = {"WWW-Authenticate": 'Bearer realm="remit"', "Cache-Control": "no-store"}

    def __init__(self) -> None:
        super().__init__(
            "The request carries no token that is in force.", "Send Authorization: Bearer remit_…"
        )


class TokenRequest(HttpRequest):
    """A request of an application. ``member`` is the person it acts for, in the token's workspace."""

    token: Token
    member: Membership


class Bearer(HttpBearer):
    """Asks for a token with ``right``; ``action`` is what the person it acts for must be allowed as well."""

    def __init__(self, right: Right, action: Action | None = None) -> None:
        super().__init__()
        self.right, self.action = right, action

    def authenticate(self, request: TokenRequest, token: str) -> Token:  # type: ignore[override]
        found = token_of(token)
        if found is None:
            raise refused(request)
        request.token = found
        take(request, rate_of_token(), found)
        if self.right not in found.rights:
            raise NotAllowed(
                f"The token {found.name} lacks the right “{self.right.value}”.",
                "An admin can make a token that has it.",
            )
        request.member = acting_for(found)
        if self.action is not None:
            require(request.member, self.action)
        return found

    def __call__(self, request: HttpRequest) -> Token:
        return self.authenticate(request, secret_in(request))  # type: ignore[arg-type]


def secret_in(request: HttpRequest) -> str:
    """What the request shows as its token; "" for nothing, and for what no token can be."""
    scheme, _, secret = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" and secret.isascii() else ""


def refused(request: HttpRequest) -> DomainError:
    """What a request without a token in force is told. Raises TooMany to an address that goes on trying.

    What comes from such an address with a good token is served: others may stand behind the same address.
    """
    rate_of_refusals().take(request.META.get("REMOTE_ADDR", ""))
    return Unauthenticated()


def take(request: HttpRequest, rate: Rate, token: Token) -> None:
    """One request of the token; what is left stands in the answer's headers. Raises TooMany."""
    request.answer_headers = rate.take(token.pk).headers  # type: ignore[attr-defined]


@cache
def rate_of_token() -> Rate:
    return Rate(settings.REMIT_API_RATE)


@cache
def rate_of_fetches() -> Rate:
    return Rate(settings.REMIT_FETCH_RATE)


@cache
def rate_of_refusals() -> Rate:
    return Rate(settings.REMIT_REFUSED_RATE)
