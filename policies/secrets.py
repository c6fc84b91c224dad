"""Secrets in text: recognised by their issuer's mark, or guessed by what they are assigned to. To find, and to black out.

Precise before complete: what has an issuer's mark and looks drawn by lot is a key; an example from a manual is none.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import re2

_KEY = r"[A-Za-z0-9_-]"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of secret. ``mark`` occurs in every one, so that texts without it cost one look. ``sure``: it has a mark
    of its issuer; else it is a guess.
    """

    name: str
    mark: str
    pattern: re.Pattern[str]  # its group 1, if it has one, is the secret itself
    sure: bool = True
    gate: Any = (
        None  # a pattern of RE2 that finds no less, and says of most texts in a glance that there is nothing
    )


@dataclass(frozen=True, slots=True)
class Secret:
    """One found secret: code points of the text. ``shown`` of them may be shown: the mark, never the rest."""

    kind: Kind
    start: int
    end: int
    shown: int


def _kind(name: str, mark: str, pattern: str, gate: str = "") -> Kind:
    return Kind(name, mark, re.compile(pattern), gate=re2.compile(gate) if gate else None)


def _guess(name: str, mark: str, pattern: str) -> Kind:
    return Kind(name, mark, re.compile(pattern), False, re2.compile(pattern))


KINDS: tuple[Kind, ...] = (
    _kind("Anthropic API key", "sk-ant-", rf"sk-ant-{_KEY}{{20,}}"),
    _kind("OpenAI API key", "sk-", rf"\bsk-(?!ant-)(?:proj-|svcacct-|admin-)?{_KEY}{{32,}}"),
    _kind("Remit token", "remit_", rf"\bremit_{_KEY}{{40,}}"),
    _kind("AWS access key", "AKIA", r"\bAKIA[A-Z2-7]{16}\b"),
    _kind("AWS session key", "ASIA", r"\bASIA[A-Z2-7]{16}\b"),
    _kind("GitHub token", "gh", r"\bgh[pousr]_[A-Za-z0-9]{36,}\b", r"gh[pousr]_[A-Za-z0-9]{36}"),
    _kind("GitHub token", "github_pat_", r"\bgithub_pat_[A-Za-z0-9_]{60,}\b"),
    _kind("GitLab token", "glpat-", rf"\bglpat-{_KEY}{{20,}}"),
    _kind("Slack token", "xox", rf"\bxox[abeprs]-{_KEY}{{20,}}"),
    _kind(
        "Slack webhook",
        "hooks.slack.com",
        r"hooks\.slack\.com/services/(T[A-Z0-9]{8,}/B[A-Z0-9]{8,}/[A-Za-z0-9]{20,})",
    ),
    _kind("Google API key", "AIza", rf"\bAIza{_KEY}{{35}}\b"),
    _kind("Stripe key", "k_live_", r"\b[sr]k_live_[A-Za-z0-9]{20,}\b"),
    _kind("SendGrid key", "SG.", rf"\bSG\.{_KEY}{{22}}\.{_KEY}{{43}}\b"),
    _kind("npm token", "npm_", r"\bnpm_[A-Za-z0-9]{36}\b"),
    _kind("Hugging Face token", "hf_", r"\bhf_[A-Za-z]{34}\b"),
    _kind(
        "private key",
        "PRIVATE KEY-----",
        r"-----BEGIN (?:[A-Z]+ ){0,3}PRIVATE KEY-----(?:[^-]{1,8000}-----END)?",
    ),
    _guess("JSON web token", "eyJ", rf"\beyJ{_KEY}{{10,}}\.eyJ{_KEY}{{10,}}\.{_KEY}{{20,}}"),
    _guess(
        "password in an address",
        "://",
        r"\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@]{1,64}:([^\s/@{}<>]{6,128})@",
    ),
    _guess(
        "password or key",
        "",
        r"(?i)(?:passw(?:or)?d|passphrase|secret|token|api[_ -]?key|access[_ -]?key|credential)s?[\"']?\s{0,3}(?:[:=]|is)\s{0,3}"
        r"[\"'`]?([A-Za-z0-9+/_.~!#$%^&*-]{16,200})",
    ),
)
_EXAMPLE = re.compile(
    r"example|sample|dummy|placeholder|redacted|your[_-]|changeme|xxxx|\*\*\*\*|\.\.\.|0123456|1234567|abcdefg",
    re.IGNORECASE,
)
_RANDOM = 3.0  # bits a character; words and patterns lie below, drawn characters above
_GUESS = 3.5


def find_secrets(text: str) -> Iterator[Secret]:
    """The secrets of ``text`` that look real, in order of their kinds; none overlaps one before it. Linear in the text."""
    taken: list[tuple[int, int]] = []
    for kind in KINDS:
        if kind.mark not in text or not _may_hold(kind, text):
            continue
        for found in kind.pattern.finditer(text):
            start, end = found.span(found.lastindex or 0)
            if _real(kind, text[start:end]) and _free(taken, start, end):
                insort(taken, (start, end))
                yield Secret(kind, start, end, _shown(kind, end - start))


def _free(taken: list[tuple[int, int]], start: int, end: int) -> bool:
    """Whether none of these spans, in order and apart, overlaps this one."""
    at = bisect_left(taken, (start, end))
    return (at == len(taken) or taken[at][0] >= end) and (at == 0 or taken[at - 1][1] <= start)


def _may_hold(kind: Kind, text: str) -> bool:
    try:
        return kind.gate is None or kind.gate.search(text) is not None
    except UnicodeEncodeError:  # half a character: RE2 reads UTF-8
        return True


def redact(text: str) -> str:
    """``text`` with every secret blacked out but for what tells its kind."""
    found = sorted(find_secrets(text), key=lambda secret: secret.start, reverse=True)
    for secret in found:
        text = f"{text[: secret.start]}[{secret.kind.name} removed]{text[secret.end :]}"
    return text


def _real(kind: Kind, value: str) -> bool:
    if kind.mark == "PRIVATE KEY-----":
        return True
    if _EXAMPLE.search(value):
        return False
    body = value.removeprefix(kind.mark)
    if kind.sure:
        return _bits(body) >= _RANDOM
    if kind.mark:
        return _bits(body) >= _RANDOM or kind.mark == "://"
    return _bits(body) >= _GUESS and any(c.isdigit() for c in body) and any(c.isalpha() for c in body)


def _bits(value: str) -> float:
    """Shannon's entropy a character."""
    counts = Counter(value)
    return -sum(n / len(value) * math.log2(n / len(value)) for n in counts.values())


def _shown(kind: Kind, length: int) -> int:
    """Enough to recognise where it stands: the mark, or two characters."""
    mark = 11 if kind.mark == "PRIVATE KEY-----" else len(kind.mark) if kind.sure else 2
    return min(mark or 2, length)
