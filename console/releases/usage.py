"""Where a rule or behaviour of the policy is used: drafts and live releases that move it or have findings for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from console.accounts.models import Membership
from console.prompts.listing import recount
from console.prompts.models import Draft, Revision
from console.releases.models import Label

MOST = 100  # of each: a page is read


@dataclass(frozen=True, slots=True)
class Use:
    """A draft (``number`` 0) or a live release of a prompt, and what it does with the rule or behaviour."""

    slug: str
    title: str
    number: int
    labels: tuple[str, ...]
    does: tuple[str, ...]
    finding: bool


@dataclass(frozen=True, slots=True)
class Uses:
    """``more`` of each are not shown."""

    drafts: tuple[Use, ...]
    releases: tuple[Use, ...]
    more: int


def uses_of(member: Membership, id: str) -> Uses:
    """Everything of the workspace that moves ``id`` or has findings for it. A constant number of statements.

    Drafts are those of prompts that are not archived, counted under the policy in force; a release's findings are those
    of its snapshot.
    """
    recount(member)
    drafts = (
        Draft.objects.filter(prompt__workspace=member.workspace_id, prompt__archived=False, name="main")
        .filter(_moves("content", id) | Q(rules__contains=[id]))
        .select_related("prompt")
        .order_by("prompt__title", "pk")
    )
    labels = (
        Label.objects.filter(prompt__workspace=member.workspace_id, release__isnull=False)
        .filter(
            _moves("release__revision__content", id) | Q(release__revision__findings__contains=[{"rule": id}])
        )
        .select_related("prompt", "release__revision")
        .order_by("prompt__title", "-release__number", "name")
    )
    mine, live = list(drafts[: MOST + 1]), list(labels[: MOST + 1])
    return Uses(
        tuple(_draft(draft, id) for draft in mine[:MOST]),
        _releases(live[:MOST], id),
        max(0, len(mine) - MOST) + max(0, len(live) - MOST),
    )


def _moves(content: str, id: str) -> Q:
    """Whether a content states the setting, grants it to users, or states the parameter."""
    stated = Q(**{f"{content}__settings__has_key": id}) | Q(**{f"{content}__grants__has_key": id})
    part, _, name = id.partition(".")
    return stated | Q(**{f"{content}__parameters__has_key": name}) if part == "parameter" else stated


def _draft(draft: Draft, id: str) -> Use:
    found = id in draft.rules
    does = (*_words(draft.content, id), *(["has findings for it"] if found else []))
    return Use(draft.prompt.slug, draft.prompt.title, 0, (), does, found)


def _releases(labels: list[Label], id: str) -> tuple[Use, ...]:
    """One line a release, whatever number of labels points to it."""
    named: dict[int, list[str]] = {}
    for label in labels:
        named.setdefault(label.release_id, []).append(label.name)
    first = {label.release_id: label for label in reversed(labels)}
    return tuple(_release(first[pk], tuple(names), id) for pk, names in named.items())


def _release(label: Label, names: tuple[str, ...], id: str) -> Use:
    revision: Revision = label.release.revision
    found = any(finding.get("rule") == id for finding in revision.findings)
    does = (*_words(revision.content, id), *(["has findings for it"] if found else []))
    return Use(label.prompt.slug, label.prompt.title, label.release.number, names, does, found)


def _words(content: Mapping[str, Any], id: str) -> tuple[str, ...]:
    """What a content says of a behaviour, as it may be written by hand: whatever has not the form says nothing."""
    words: list[str] = []
    setting = _table(content, "settings").get(id)
    if isinstance(setting, Mapping):
        when = f" while {setting['when']} is true" if setting.get("when") else ""
        words.append(f"sets it to {_named(setting.get('value'))}{when}")
    grants = _table(content, "grants").get(id)
    if isinstance(grants, list):
        words.append(f"lets users choose {', '.join(map(_named, grants))}")
    part, _, name = id.partition(".")
    if part == "parameter" and name in (parameters := _table(content, "parameters")):
        words.append(f"states {parameters[name]}")
    return tuple(words)


def _named(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)[:60].replace("_", " ")


def _table(content: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = content.get(name)
    return found if isinstance(found, Mapping) else {}
