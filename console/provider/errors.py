"""What goes wrong between us and a provider: one kind, one sentence, whether trying again can help."""

from __future__ import annotations

import email.utils
import re
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpcore2
import httpx2

from console.problems import Unavailable

if TYPE_CHECKING:
    import anthropic

DETAIL_LENGTH = 300
LONGEST_WAIT = 3600.0
KEYS = re.compile(r"\bsk-[A-Za-z0-9_-]{8,}")


@dataclass(frozen=True, slots=True)
class Kind:
    sentence: str
    what_to_do: str
    retryable: bool


KINDS: Mapping[str, Kind] = {
    "refused_key": Kind(
        "The provider refuses the key.",
        "Check that the key of the account (or ANTHROPIC_API_KEY) is right, active and may use this model.",
        retryable=False,
    ),
    "limited": Kind(
        "The provider limits how fast this key may call.",
        "Wait a moment, lower the concurrency, or ask the provider for a higher limit.",
        retryable=True,
    ),
    "overloaded": Kind("The provider is overloaded.", "Try again in a few minutes.", retryable=True),
    "server": Kind(
        "The provider failed to answer.",
        "Try again; if it lasts, see the provider's status page.",
        retryable=True,
    ),
    "timeout": Kind(
        "The provider did not finish its answer in time.",
        "Try again, or ask for a shorter answer or less effort.",
        retryable=True,
    ),
    "network": Kind(
        "The provider cannot be reached.",
        "Check the address (of the account, or ANTHROPIC_BASE_URL) and the network of this machine; without a key, check that the rehearsal endpoint runs.",
        retryable=True,
    ),
    "malformed": Kind(
        "The provider's answer is cut short or unreadable.",
        "Try again; if it lasts, check that its address is a server that speaks the Messages API.",
        retryable=True,
    ),
    "bad_request": Kind(
        "The provider does not accept this request.",
        "Change what it names: the model, a parameter, a tool or the length of the prompt.",
        retryable=False,
    ),
    "not_found": Kind(
        "The provider does not know this model or address.",
        "Choose a model that it lists, or check its address.",
        retryable=False,
    ),
    "expired": Kind(
        "The batch expired before the provider came to this request.",
        "It is asked again as an ordinary call.",
        retryable=True,
    ),
    "canceled": Kind(
        "The batch was canceled at the provider before this request was answered.",
        "Start another run.",
        retryable=False,
    ),
    "forbidden_address": Kind(
        "The provider's address leads where no call may go.",
        "Correct the account's address, or have the installation list it in REMIT_PROVIDER_ORIGINS.",
        retryable=False,
    ),
    # Of this process, not of the provider: see gate.py. Nothing was sent, so nothing is recorded.
    "not_begun": Kind("The call was not begun.", "Its run ended before.", retryable=True),
    "unusable_account": Kind(
        "The provider account cannot be used.",
        "An admin finds it under Members, Provider and budgets.",
        retryable=False,
    ),
    "not_installed": Kind(
        "This account cannot be used here.",
        "Give it a key, or have the extra installed where Remit runs.",
        retryable=False,
    ),
}
BY_TYPE = {
    "authentication_error": "refused_key",
    "permission_error": "refused_key",
    "billing_error": "refused_key",
    "invalid_request_error": "bad_request",
    "request_too_large": "bad_request",
    "not_found_error": "not_found",
    "rate_limit_error": "limited",
    "overloaded_error": "overloaded",
    "timeout_error": "timeout",
    "api_error": "server",
}
BY_STATUS = {
    401: "refused_key",
    402: "refused_key",
    403: "refused_key",
    404: "not_found",
    408: "timeout",
    409: "server",
    429: "limited",
    504: "timeout",
    529: "overloaded",
}
# The account's own ceiling: no wait within a run lifts it.
SPENT = {"contract_spend_limit_reached", "enforced_spend_limit_reached"}


class ProviderError(Unavailable):
    """A call that brought no reply.

    ``retryable``: the same call may succeed later. ``retry_after``: seconds that the provider asks for, if it does.
    ``detail``: the provider's own words, cut, without keys. ``http_status``: the provider's, None without an answer.
    """

    def __init__(
        self,
        kind: str,
        *,
        detail: str = "",
        retryable: bool | None = None,
        retry_after: float | None = None,
        http_status: int | None = None,
        request_id: str | None = None,
    ) -> None:
        known = KINDS[kind]
        self.kind = kind
        self.detail = cleaned(detail)
        self.retryable = known.retryable if retryable is None else retryable
        self.retry_after = retry_after
        self.http_status = http_status
        self.request_id = request_id
        super().__init__(_sentence(known.sentence, self.detail), known.what_to_do)


def _sentence(sentence: str, detail: str) -> str:
    return f"{sentence.removesuffix('.')}: {detail.rstrip('.')}." if detail else sentence


def cleaned(text: str) -> str:
    """A provider's words on one line, without control characters and anything that looks like a key."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    line = KEYS.sub("[key]", line)
    return line if len(line) <= DETAIL_LENGTH else line[: DETAIL_LENGTH - 1] + "…"


def from_exception(error: Exception) -> ProviderError:
    """The provider error for what the SDK or the transport raised; anything else is a bug and is raised again."""
    if isinstance(error, ProviderError):
        return error
    import anthropic  # a second of loading, which only a process that calls should pay: client.load_sdk

    if isinstance(error, anthropic.APIStatusError):
        return _from_status(error)
    causes = tuple(_causes(error))
    if ours := next((cause for cause in causes if isinstance(cause, ProviderError)), None):
        return ours
    if any(
        isinstance(cause, anthropic.APITimeoutError | httpx2.TimeoutException | httpcore2.TimeoutException)
        for cause in causes
    ):
        return ProviderError("timeout")
    if any(
        isinstance(cause, httpcore2.ProtocolError | httpx2.ProtocolError | httpx2.DecodingError)
        for cause in causes
    ):
        return _from_protocol(causes)
    if any(
        isinstance(
            cause, anthropic.APIConnectionError | httpcore2.NetworkError | httpx2.TransportError | OSError
        )
        for cause in causes
    ):
        return ProviderError("network", detail=_network_detail(causes))
    if isinstance(error, anthropic.APIResponseValidationError | ValueError):
        return ProviderError("malformed")
    raise error


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _from_protocol(causes: tuple[BaseException, ...]) -> ProviderError:
    text = str(causes[-1])
    # A peer that hangs up before the first byte of an answer was not reached, rather than misunderstood.
    if "without sending a response" in text:
        return ProviderError("network", detail="the connection was closed before an answer came")
    return ProviderError(
        "malformed",
        detail="the connection was closed in the middle of the answer" if "peer closed" in text else "",
    )


def _network_detail(causes: tuple[BaseException, ...]) -> str:
    for cause in causes:
        if isinstance(cause, socket.gaierror):
            return "its name is not known"
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is not trusted ({cause.verify_message})"
        if isinstance(cause, ssl.SSLError):
            return "it does not speak TLS as it should"
        if isinstance(cause, ConnectionRefusedError):
            return "nothing listens at its address"
        if isinstance(cause, ConnectionResetError | BrokenPipeError):
            return "the connection was reset"
        if isinstance(cause, FileNotFoundError):
            return "its socket does not exist"
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror[0].lower() + cause.strerror[1:]
    return ""


def from_words(error_type: object, message: object) -> ProviderError:
    """The error that the provider wrote down in place of an answer, as batches have it."""
    return ProviderError(
        BY_TYPE.get(str(error_type), "server"), detail=message if isinstance(message, str) else ""
    )


def _from_status(error: anthropic.APIStatusError) -> ProviderError:
    status = error.status_code
    if 300 <= status < 400:
        return ProviderError(
            "malformed",
            detail="its address answers with a redirect, which is never followed",
            retryable=False,
            http_status=status,
        )
    kind = (
        BY_TYPE.get(str(error.type))
        or BY_STATUS.get(status)
        or ("server" if status >= 500 or status < 400 else "bad_request")
    )
    return ProviderError(
        kind,
        detail=error.api_message if isinstance(error.api_message, str) else "",
        retryable=_retryable(kind, error),
        retry_after=retry_after(error.response.headers),
        http_status=status,
        request_id=error.request_id,
    )


def _retryable(kind: str, error: anthropic.APIStatusError) -> bool:
    if error.error_code in SPENT:
        return False
    said = error.response.headers.get("x-should-retry")
    if said in {"true", "false"} and error.status_code != 200:
        return bool(said == "true")
    return KINDS[kind].retryable


def retry_after(headers: Mapping[str, Any]) -> float | None:
    """Seconds to wait as ``retry-after-ms`` or ``retry-after`` (seconds or an HTTP date) asks, at most an hour."""
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        value = headers.get(name)
        if value is None:
            continue
        try:
            return min(max(float(value) / unit, 0.0), LONGEST_WAIT)
        except ValueError:
            pass
        parsed = email.utils.parsedate_tz(value)
        if parsed:
            return min(max(email.utils.mktime_tz(parsed) - time.time(), 0.0), LONGEST_WAIT)
    return None
