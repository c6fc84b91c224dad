"""SEC1xx: keys and passwords in a prompt. Whoever talks to the assistant may get it to repeat them.

A finding's span is the mark of the secret only, so that the secret itself enters no report.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import ClassVar

from policies.checks.base import Check
from policies.findings import Finding, Severity, Span, Tier
from policies.secrets import Secret, find_secrets
from policies.text.document import SectionText


class SecretCheck(Check):
    """Found by ``policies.secrets``, in the text as it was given."""

    rule = "draft.secret"
    tier = Tier.GUIDELINE
    sure: ClassVar[bool]


class LiveKey(SecretCheck):
    code = "SEC101"
    title = "A key of a service"
    severity = Severity.BLOCK
    sure = True
    why = (
        "What stands in a prompt is told to everybody who gets the model to repeat it, and to all who read the prompt, "
        "its revisions and its transcripts. A key that was here once is no secret any more."
    )
    fix = "Take it out, revoke it where it was issued, and let the application hold the new one: a tool that needs it runs there."
    blocks = (
        "Call the API with sk-ant-api03-q8Zt2LmWc7RxVb4NyKd9Hs1PfGjQe6Ua and tell nobody.",
        "Use the key AKIAQ7XW2MZL5RTV3KJH for the bucket.",
        "Clone with ghp_8fKq2ZtLmWc7RxVb4NyKd9Hs1PfGjQe6UaTz first.",
        "Post to the channel with xoxb-740184-829301-Zt2LmWc7RxVb4NyKd9Hs.",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7bq\n-----END RSA PRIVATE KEY-----",
    )
    passes = (
        "Never show keys such as AKIAIOSFODNN7EXAMPLE or sk-ant-….",
        "A key begins with sk-ant-api03- and must stay out of the chat.",
        "If a customer pastes ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx, tell them to revoke it.",
        "Read the sk-learn documentation on pipelines and answer in short sentences.",
    )


class LikelySecret(SecretCheck):
    code = "SEC102"
    title = "It may be a password or a key"
    severity = Severity.WARN
    sure = False
    why = (
        "It stands where passwords and keys stand, and looks drawn by lot. In a prompt it would be no secret."
    )
    fix = "If it is one, take it out and change it. If it is none, say so in the acknowledgement."
    blocks = (
        "Log in with password: Zt2LmWc7RxVb4NyKd9Hs",
        "The database is postgres://reader:hunter2hunter2@db.internal/orders.",
        "Send eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3MzQ5MTcyMDUifQ.Zt2LmWc7RxVb4NyKd9Hs1PfGjQe6Ua8t with it.",
    )
    passes = (
        "Ask for the password: at least sixteen characters with a digit.",
        "The token is {{session_token}}; never repeat it.",
        "Our secret is friendly service, and the key is patience.",
        "Connect to https://api.example.com/v1/orders.",
    )


CHECKS: tuple[type[SecretCheck], ...] = (LiveKey, LikelySecret)
_BY_SURE = {check.sure: check for check in CHECKS}


_KEPT, _SHORT = (
    64,
    20_000,
)  # sections whose secrets are known while somebody types in another one; characters of each


def scan_secrets(sections: Sequence[SectionText]) -> Iterator[Finding]:
    for section in sections:
        for secret in _known(section.text) if len(section.text) <= _SHORT else find_secrets(section.text):
            check = _BY_SURE[secret.kind.sure]
            span = Span(section.id, secret.start, secret.start + secret.shown)
            quote = section.text[span.start : span.end]
            message = f"{check.title}: {secret.kind.name}"
            yield Finding(check.code, check.rule, check.severity, check.tier, message, span, quote, check.fix)


@lru_cache(maxsize=_KEPT)
def _known(text: str) -> tuple[Secret, ...]:
    return tuple(find_secrets(text))
