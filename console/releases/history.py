"""Everything that happened to a prompt, newest first: found across the tables by one statement, told by ``happenings`` and ``label_happenings``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import CharField, DateTimeField, F, Model, Q, QuerySet, Value
from django.db.models.functions import Cast

from console.audit.acts import Act
from console.audit.models import Entry
from console.prompts.models import Draft, Prompt, Revision
from console.prompts.timeline import entries_of
from console.releases import happenings as tell
from console.releases import label_happenings as of_label
from console.releases.event import Event, Place
from console.releases.models import Alarm, LabelMove, PlannedMove, Release, Share
from console.reviews.models import Decision, Review
from console.trials.models import Run

PAGE = 50
KINDS = {
    "revisions": "Revisions",
    "reviews": "Reviews",
    "evidence": "Evidence",
    "releases": "Releases",
    "labels": "Labels",
    "prompt": "Prompt and drafts",
}
_OF_PROMPT = (Act.PROMPT_CREATED, Act.PROMPT_IMPORTED, Act.PROMPT_ARCHIVED)
_OF_DRAFTS = (Act.DRAFT_PROPOSED, Act.DRAFT_MERGED, Act.DRAFT_CLOSED)
_LEFT = (PlannedMove.Status.CANCELLED, PlannedMove.Status.REFUSED)

Rows = Callable[[Prompt], QuerySet[Any]]


@dataclass(frozen=True, slots=True)
class Source:
    """One way in which something happened: the rows of which prompt, at which of their moments, and in which words."""

    kind: str
    rows: Rows
    moment: str
    told: Callable[[Any, Place], Event]


def _of(model: type[Model], via: str = "prompt", **more: Any) -> Rows:
    return lambda prompt: model._default_manager.filter(**{via: prompt}, **more)


def _acts(prompt: Prompt) -> QuerySet[Entry]:
    drafts = Draft.objects.filter(prompt=prompt).annotate(id_text=Cast("pk", CharField()))
    of_prompt = Q(act__in=_OF_PROMPT, subject_kind="prompt", subject_id=str(prompt.pk))
    of_drafts = Q(act__in=_OF_DRAFTS, subject_kind="draft", subject_id__in=drafts.values("id_text"))
    return Entry.objects.filter(of_prompt | of_drafts, chain__name=prompt.workspace.chain)


def _protections(prompt: Prompt) -> QuerySet[Entry]:
    named = Entry.objects.filter(act=Act.LABEL_PROTECTED, subject_name__startswith=f"{prompt.slug}@")
    return named.filter(chain__name=prompt.workspace.chain)


SOURCES: tuple[Source, ...] = (
    Source("revisions", _of(Revision), "created_at", tell.revision),
    Source("reviews", _of(Review), "requested_at", tell.asked),
    Source("reviews", _of(Review, status__in=["withdrawn", "replaced"]), "closed_at", tell.over),
    Source("reviews", _of(Decision, "review__prompt"), "at", tell.said),
    Source("reviews", _of(Decision, "review__prompt", stale_at__isnull=False), "stale_at", tell.stale),
    Source("evidence", _of(Run, finished_at__isnull=False), "finished_at", tell.ran),
    Source("evidence", _of(Alarm, "watch__prompt"), "opened_at", tell.alarmed),
    Source("evidence", _of(Alarm, "watch__prompt", closed_at__isnull=False), "closed_at", tell.calmed),
    Source("releases", _of(Release), "created_at", tell.released),
    Source("labels", _of(LabelMove), "at", of_label.moved),
    Source("labels", _of(PlannedMove), "created_at", of_label.planned),
    Source("labels", _of(PlannedMove, status__in=_LEFT), "settled_at", of_label.unplanned),
    Source("labels", _of(Share), "at", of_label.shared),
    Source("labels", _of(Share, ended_at__isnull=False), "ended_at", of_label.unshared),
    Source("labels", _protections, "at", of_label.protected),
    Source("prompt", _acts, "at", tell.acted),
)


def history(prompt: Prompt, kind: str = "", page: str | None = None) -> Page[Event]:
    """One page of what happened, of one kind or of every; a constant number of statements."""
    found = Paginator(_moments(prompt, kind), PAGE).get_page(page)
    found.object_list = _told(prompt, list(found.object_list))
    return found


def _moments(prompt: Prompt, kind: str) -> QuerySet[Any, Any]:
    """(source, row, moment) of all that happened, by one statement."""
    sources = [
        (number, source) for number, source in enumerate(SOURCES) if kind not in KINDS or source.kind == kind
    ]
    first, *rest = (_column(prompt, number, source) for number, source in sources)
    return first.union(*rest, all=True).order_by("-moment", "-source", "-row")


def _column(prompt: Prompt, number: int, source: Source) -> QuerySet[Any, Any]:
    rows = source.rows(prompt).order_by()
    when = Cast(source.moment, DateTimeField())
    return rows.annotate(source=Value(number), row=F("pk"), moment=when).values_list(
        "source", "row", "moment"
    )


def _told(prompt: Prompt, moments: Sequence[tuple[int, int, Any]]) -> list[Event]:
    wanted: dict[type[Model], set[int]] = defaultdict(set)
    for number, row, _ in moments:
        wanted[_model(prompt, number)].add(row)
    rows = {model: _loaded(model, pks) for model, pks in wanted.items()}
    place = Place(prompt)
    events = (SOURCES[number].told(rows[_model(prompt, number)][row], place) for number, row, _ in moments)
    return list(events)


def _model(prompt: Prompt, number: int) -> type[Model]:
    return SOURCES[number].rows(prompt).model


def _loaded(model: type[Model], pks: set[int]) -> dict[int, Any]:
    """The rows of a page with what their sentences name: a few statements a model."""
    if model is Revision:
        return {one.revision.pk: one for one in entries_of(Revision.objects.filter(pk__in=pks))}
    relations, more = _NAMED[model]
    rows = model._default_manager.select_related(*relations).prefetch_related(*more)
    heavy = [f"{one}__{field}" for one in relations for field in _HEAVY.get(one.rpartition("__")[2], ())]
    own = _HEAVY.get(model._meta.model_name or "", ())
    return rows.defer(*heavy, *own).in_bulk(pks)


# Of a row: what is named with it, in its own statement or in another one.
_NAMED: dict[type[Model], tuple[tuple[str, ...], tuple[str, ...]]] = {
    Review: (("revision", "requested_by"), ()),
    Decision: (("review__revision", "by"), ()),
    Run: (("suite_version__suite", "created_by"), ("subjects", "reviews")),
    Alarm: (("check_row__release", "closed_by"), ()),
    Release: (("revision", "review", "created_by"), ()),
    LabelMove: (("before", "after", "by"), ()),
    PlannedMove: (("before", "release", "by"), ()),
    Share: (("release", "by", "ended_by"), ()),
    Entry: ((), ()),
}
# What is long and not told.
_HEAVY = {
    "revision": ("content", "compiled", "params", "source_map", "findings"),
    "suite_version": ("scenarios",),
    "run": ("quality",),
    **dict.fromkeys(("release", "before", "after"), ("statement",)),
}
