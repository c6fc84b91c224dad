"""Rows of drafts as they are read and written while somebody types: look-ups and a statement that are planned once."""

from __future__ import annotations

from copy import copy as copy_of
from typing import Any

from django.utils import timezone
from psycopg.types.json import Jsonb

from console.accounts.models import User, Workspace
from console.prepared import execute
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


def write_version(row: Draft, content: dict[str, Any], by: User) -> None:
    """The next version of a draft that is held, with what was counted of it, and the copy of it that is kept."""
    row.content, row.version, row.updated_by, row.updated_at = content, row.version + 1, by, timezone.now()
    if by.pk not in row.editors:
        row.editors = [*row.editors, by.pk]
    named = ("pk", "version", "editors", "blocks", "rules", "checked_under", "updated_at")
    execute(_WRITE, {"content": Jsonb(content), "by": by.pk, **{name: getattr(row, name) for name in named}})


# A content is long: both tables take it from one statement.
_WRITE = """
    WITH written AS (
        UPDATE prompts_draft SET
            content = %(content)s, version = %(version)s, editors = %(editors)s::bigint[], blocks = %(blocks)s,
            rules = %(rules)s::text[], checked_under = %(checked_under)s, updated_by_id = %(by)s, updated_at = %(updated_at)s
        WHERE id = %(pk)s
        RETURNING id, version, content, updated_by_id, updated_at
    )
    INSERT INTO prompts_draftversion (draft_id, version, content, by_id, at, read)
    SELECT id, version, content, updated_by_id, updated_at, false FROM written
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
