"""The list of prompts: found by words, domain and state, in a constant number of statements."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Exists, F, Func, OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce, NullIf

from console.accounts.models import Membership
from console.governance.services import governance_of
from console.prompts.checking import check, under
from console.prompts.models import PRODUCTION, Draft, Prompt, Revision
from console.prompts.pages import prompts_of, related

STATES = {
    "blocked": "Blocked",
    "changed": "Changed",
    "review": "In review",
    "released": "Released",
    "archived": "Archived",
}


@dataclass(frozen=True, slots=True)
class Filter:
    """What somebody asked the list for; unknown words find nothing rather than everything."""

    query: str = ""
    domain: str = ""
    state: str = ""
    folder: str = ""
    tag: str = ""

    @property
    def is_narrow(self) -> bool:
        return bool(self.query or self.domain or self.state or self.folder or self.tag)


# The texts of a draft's sections, as one: what a search looks through beside names and settings.
_WORDS = Func(
    F("content"),
    template="jsonb_path_query_array(%(expressions)s, '$.sections[*].text')::text",
    output_field=TextField(),
)


def folders_and_tags(member: Membership) -> tuple[list[str], list[str]]:
    """All that the prompts of the workspace use, in order. One statement."""
    rows = list(prompts_of(member).filter(archived=False).values_list("folder", "tags"))
    return sorted({folder for folder, _ in rows if folder}), sorted({tag for _, tags in rows for tag in tags})


def listed(member: Membership, asked: Filter) -> QuerySet[Prompt]:
    """The prompts, each with ``draft_blocks domain changed in_review released last_number touched_at touched_by``."""
    prompts = _annotated(member).filter(archived=asked.state == "archived")
    for word in asked.query.split()[:8]:
        prompts = prompts.filter(
            Q(title__icontains=word)
            | Q(slug__icontains=word)
            | Q(folder__icontains=word)
            | Q(tags__contains=[word])
            | Q(words__icontains=word)
            | Q(settled__icontains=word)
        )
    if asked.folder:
        prompts = prompts.filter(Q(folder=asked.folder) | Q(folder__startswith=f"{asked.folder}/"))
    if asked.tag:
        prompts = prompts.filter(tags__contains=[asked.tag])
    if asked.domain:
        prompts = prompts.filter(Q(domain=asked.domain))
    conditions = {
        "blocked": Q(draft_blocks__gt=0),
        "changed": Q(changed=True),
        "review": Q(in_review=True),
        "released": Q(released=True),
    }
    return prompts.filter(conditions.get(asked.state, Q()))


def _annotated(member: Membership) -> QuerySet[Prompt]:
    draft = Draft.objects.filter(prompt=OuterRef("pk"), name="main")
    newest = Revision.objects.filter(prompt=OuterRef("pk")).order_by("-number")
    production = related(Prompt, "labels").filter(prompt=OuterRef("pk"), name=PRODUCTION)
    unlike_base = draft.filter(~Q(content=F("base__content")) | Q(base__isnull=True))
    return prompts_of(member).annotate(
        draft_blocks=Coalesce(Subquery(draft.values("blocks")), 0),
        domain=Coalesce(
            Subquery(draft.values(named=KeyTextTransform("domain", "content"))),
            Value("general"),
            output_field=TextField(),
        ),
        changed=Exists(unlike_base),
        words=Subquery(draft.values(said=_WORDS)),
        settled=Subquery(draft.values(named=KeyTextTransform("settings", "content"))),
        in_review=Exists(related(Prompt, "reviews").filter(prompt=OuterRef("pk"), status="open")),
        released=Exists(production),
        released_number=Subquery(production.values("release__revision__number")),
        last_number=Coalesce(Subquery(newest.values("number")[:1]), 0),
        touched_at=Subquery(draft.values("updated_at")),
        touched_by=Subquery(
            draft.values(who=Coalesce(NullIf("updated_by__name", Value("")), "updated_by__username"))
        ),
    )


def recount(member: Membership) -> None:
    """Count anew what blocks the drafts that were counted under another policy or other bounds.

    A list would otherwise go on showing what held before an admin changed something.
    """
    governance = governance_of(member.workspace)
    now = under(governance)
    drafts = Draft.objects.filter(prompt__workspace=member.workspace_id, prompt__archived=False)
    with transaction.atomic():
        stale = list(
            drafts.exclude(checked_under=now).select_for_update(no_key=True, skip_locked=True, of=("self",))[
                :500
            ]
        )
        for draft in stale:
            checked = check(member.workspace, draft.content, governance=governance)
            draft.blocks, draft.rules = checked.blocks, checked.rules
            draft.checked_under = now
        if stale:
            Draft.objects.bulk_update(stale, ["blocks", "rules", "checked_under"])
