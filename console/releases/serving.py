"""What an application fetches: the configuration that a label names.

The path that production takes, so nothing of it is done twice: token and label are found in one statement and known
for a second, unless a token or a label changes meanwhile, which every process is told; the body of a release is made once
a process, since a release never changes.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

from django.db import connection
from django.http import HttpRequest

from console.accounts.bearer import rate_of_fetches, refused, secret_in, take
from console.accounts.models import Right, Token
from console.accounts.tokens import SERVED, hash_of, note_use
from console.problems import DomainError, Gone, NotAllowed
from console.releases.exporting import exported
from console.releases.models import LabelMove, Release
from console.releases.shares import in_share

# The token in force, and the release that the label points to in its workspace, if both are there.
_FIND = """
    SELECT t.id, t.name, t.scopes, t.rights, t.last_used_at, t.last_used_at > statement_timestamp() - interval '1 minute',
           l.release_id, r.digest, r.number, c.id, c.digest, c.number, s.salt, s.percent
    FROM accounts_token t
    LEFT JOIN prompts_prompt p ON p.workspace_id = t.workspace_id AND p.slug = %s
    LEFT JOIN releases_label l ON l.prompt_id = p.id AND l.name = %s
    LEFT JOIN releases_release r ON r.id = l.release_id
    LEFT JOIN releases_share s ON s.prompt_id = p.id AND s.name = l.name AND s.ended_at IS NULL
    LEFT JOIN releases_release c ON c.id = s.release_id
    WHERE t.hash = %s AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > statement_timestamp())
"""


class NotServed(DomainError):
    """The token does not reach it, or there is nothing: from outside the two look alike."""

    status = 404

    def __init__(self, slug: str, label: str) -> None:
        super().__init__(
            f"There is no release {slug}@{label} that this token reaches.",
            "Check the slug and the label; an admin sees what the token reaches.",
        )


@dataclass(frozen=True, slots=True)
class Served:
    """``etag`` changes when the label moves, and only then; ``body`` need not be asked for when that is known."""

    etag: str
    body: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Found:
    """A token in force, what the label points to in its workspace (a release and its ETag, or None), and the candidate
    that a share of the fetches gets: (release, ETag, salt, percent), or None.
    """

    token: Token
    pointed: tuple[int, str] | None
    share: tuple[int, str, str, int] | None


def serve(request: HttpRequest, slug: str, label: str, key: str = "") -> Served:
    """The released configuration as the exports' JSON form.

    ``key`` names who fetches: where a share of the label's fetches gets a candidate, the same key gets the same.

    Raises Unauthenticated, TooMany, NotAllowed, NotServed, and Gone where the label was taken away.
    """
    hashed = hash_of(secret_in(request))
    found = SERVED.get((hashed, slug, label), lambda: _found(hashed, slug, label))
    if found is None:
        raise refused(request)
    token = found.token
    take(request, rate_of_fetches(), token)
    if Right.FETCH not in token.rights:
        raise NotAllowed(
            f"The token {token.name} lacks the right “fetch”.", "An admin can make one that has it."
        )
    if not token.covers(slug, label):
        raise NotServed(slug, label)
    chosen = _chosen(found, key)
    if chosen is None:
        raise _nothing(token, slug, label)
    release, etag = chosen
    return Served(etag, partial(_body, release, slug, label))


def _found(hashed: str, slug: str, label: str) -> Found | None:
    with connection.cursor() as cursor:
        cursor.execute(_FIND, [slug, label, hashed])
        row: tuple[Any, ...] | None = cursor.fetchone()
    if row is None:
        return None
    token = Token(pk=row[0], name=row[1], scopes=row[2], rights=row[3], last_used_at=row[4])
    if not row[5]:
        note_use(token)
    salt, percent = row[12:]
    pointed = (row[6], _etag(*row[7:9])) if row[6] else None
    share = (row[9], _etag(*row[10:12]), salt, percent) if row[9] and salt is not None else None
    return Found(token, pointed, share)


def _etag(digest: str, number: int) -> str:
    return f'"{digest[:32]}-{number}"'


def _chosen(found: Found, key: str) -> tuple[int, str] | None:
    """What the label points to; the candidate for a key in the share. The one place where that is decided."""
    if key and found.share is not None:
        release, etag, salt, percent = found.share
        if in_share(salt, key, percent):
            return release, etag
    return found.pointed


@lru_cache(maxsize=512)
def _body(release: int, slug: str, label: str) -> bytes:
    row = Release.objects.select_related("revision", "prompt").get(pk=release)
    return json.dumps(exported(row, label).as_dict(), ensure_ascii=False).encode()


def _nothing(token: Token, slug: str, label: str) -> DomainError:
    """Whoever keeps an old copy must know the difference between what never was and what was taken away."""
    if LabelMove.objects.filter(prompt__workspace__tokens=token.pk, prompt__slug=slug, name=label).exists():
        return Gone(f"{slug}@{label} was taken away.", "Stop using what it pointed to.")
    return NotServed(slug, label)
