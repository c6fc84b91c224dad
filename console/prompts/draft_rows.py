"""Rows of drafts as they are read and written while somebody types: look-ups and a statement that are planned once."""

from __future__ import annotations

from copy import copy as copy_of
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from psycopg.types.json import Jsonb

from console.accounts.models import User, Workspace
from console.live import notice
from console.prepared import fetch_all
from console.prompts.models import Draft, Prompt
from console.repeated import Repeated

MAIN = "main"


def draft_of(prompt: Prompt, name: str = MAIN) -> Draft:
    """The prompt's main draft, or a proposal, with what a page says of it, in one statement. Raises Draft.DoesNotExist."""
    draft = _found(_OF_PROMPT.first(prompt.pk, name))
    draft.prompt = prompt
    return draft


def bare_draft_of(workspace: Workspace, slug: str, name: str) -> Draft:
    """The same by the prompt's slug, with the prompt's own row and none of the counts that a page head shows."""
    draft = _found(_BY_SLUG.first(workspace.pk, slug, name))
    draft.prompt.workspace = workspace
    return draft


def held(draft: Draft) -> Draft:
    """The draft as it is now, held until the transaction ends; its content is read again only where it has changed."""
    now = _found(_HELD.first(draft.pk))
    if (now.version, now.base_id) != (draft.version, draft.base_id):
        return draft_of(draft.prompt, draft.name)
    row = copy_of(draft)
    row.closed_at, row.editors = now.closed_at, now.editors
    return row


@dataclass(frozen=True, slots=True)
class Counted:
    """What lists and pages show of a version's findings."""

    blocks: int
    rules: list[str]
    under: str


def write_version(draft: Draft, content: dict[str, Any], counted: Counted, by: User) -> Draft | None:
    """The next version, the copy of it that is kept, and the word to the open pages; None where the row moved on.

    It has moved on where somebody saved it, froze it or closed it since ``draft`` was read: nothing is written then.
    """
    now, (channel, told) = timezone.now(), notice(f"draft:{draft.pk}", "saved")
    values = {
        "pk": draft.pk,
        "version": draft.version,
        "base": draft.base_id,
        "content": Jsonb(content),
        "by": by.pk,
        "now": now,
        "blocks": counted.blocks,
        "rules": counted.rules,
        "under": counted.under,
        "channel": channel,
        "told": told,
    }
    written = fetch_all(_WRITE, values)
    if not written:
        return None
    row = copy_of(draft)
    row.content, row.version, row.editors = content, draft.version + 1, written[0][0]
    row.updated_by, row.updated_at = by, now
    row.blocks, row.rules, row.checked_under = counted.blocks, counted.rules, counted.under
    return row


# One statement: a content is long, and whoever types waits for each answer.
_WRITE = """
    WITH written AS (
        UPDATE prompts_draft SET
            content = %(content)s, version = version + 1, updated_by_id = %(by)s, updated_at = %(now)s,
            blocks = %(blocks)s, rules = %(rules)s::text[], checked_under = %(under)s,
            editors = CASE WHEN %(by)s = ANY(editors) THEN editors ELSE editors || %(by)s::bigint END
        WHERE id = %(pk)s AND version = %(version)s AND base_id IS NOT DISTINCT FROM %(base)s AND closed_at IS NULL
        RETURNING id, version, content, editors
    ), kept AS (
        INSERT INTO prompts_draftversion (draft_id, version, content, by_id, at, read)
        SELECT id, version, content, %(by)s, %(now)s, false FROM written
    )
    SELECT editors, pg_notify(%(channel)s, %(told)s) FROM written
"""


def _found(draft: Draft | None) -> Draft:
    if draft is None:
        raise Draft.DoesNotExist
    return draft


_UNUSED = [f"base__{name}" for name in ("compiled", "params", "source_map", "findings")]
_OF_PROMPT = Repeated(
    lambda prompt, name: (
        Draft.objects.select_related("base", "updated_by").defer(*_UNUSED).filter(prompt=prompt, name=name)
    )
)
_BY_SLUG = Repeated(
    lambda workspace, slug, name: (
        Draft.objects.select_related("prompt", "base", "updated_by")
        .defer(*_UNUSED)
        .filter(prompt__workspace=workspace, prompt__slug=slug, name=name)
    )
)
_HELD = Repeated(
    lambda pk: (
        Draft.objects.select_for_update(no_key=True)
        .only("version", "base", "closed_at", "editors")
        .filter(pk=pk)
    )
)
