"""Looking a prompt up for somebody: the look-up is the access check."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Model, OuterRef, QuerySet, Subquery, TextField, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce
from django.http import Http404

from console.accounts.models import Membership
from console.prompts.models import Draft, Prompt, Revision
from console.repeated import Repeated


def prompts_of(member: Membership) -> QuerySet[Prompt]:
    """All prompts that the member may see."""
    return Prompt.objects.filter(workspace=member.workspace_id)


def prompt_for(member: Membership, slug: str) -> Prompt:
    """The prompt with what its page head needs, in one statement.

    ``runs_count reviews_count releases_count last_number``, and of its draft ``draft_blocks draft_domain``. Raises
    Http404 for a stranger's prompt just as for one that does not exist.
    """
    prompt = _WITH_HEAD.first(member.workspace_id, slug)
    if prompt is None:
        raise Http404
    prompt.workspace = member.workspace
    return prompt


def _with_head(workspace: int, slug: str) -> QuerySet[Prompt]:
    draft = Draft.objects.filter(prompt=OuterRef("pk"), name="main")
    newest = Revision.objects.filter(prompt=OuterRef("pk")).order_by("-number")
    return Prompt.objects.filter(workspace=workspace, slug=slug).annotate(
        runs_count=_count("runs"),
        reviews_count=_count("reviews"),
        releases_count=_count("releases"),
        last_number=Coalesce(Subquery(newest.values("number")[:1]), 0),
        draft_blocks=Coalesce(Subquery(draft.values("blocks")), 0),
        draft_domain=Coalesce(
            Subquery(draft.values(named=KeyTextTransform("domain", "content"))),
            Value("general"),
            output_field=TextField(),
        ),
    )


_WITH_HEAD = Repeated(_with_head)


def revision_for(member: Membership, slug: str, number: int) -> Revision:
    """Revision ``slug@number`` of the member's workspace, or Http404."""
    try:
        return Revision.objects.select_related("prompt", "created_by").get(
            prompt__workspace=member.workspace_id, prompt__slug=slug, number=number
        )
    except Revision.DoesNotExist:
        raise Http404 from None


def related(model: type[Model], relation: str) -> QuerySet[Any]:
    """All rows that a reverse relation leads to: counted from below without importing the app above."""
    other: Any = model._meta.get_field(relation).related_model
    rows: QuerySet[Any] = other._default_manager.all()
    return rows


def _count(relation: str) -> Coalesce:
    rows = related(Prompt, relation).filter(prompt=OuterRef("pk"))
    per_prompt = rows.order_by().values("prompt").annotate(n=Count("pk"))
    return Coalesce(Subquery(per_prompt.values("n")), 0)
