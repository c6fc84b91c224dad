"""Which acts are told, and in which words: one event a change, which names both ends."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from console.audit.acts import Act
from console.audit.models import Entry
from console.releases.models import Release
from console.trials.models import Run

TEST = "webhook.test"


@dataclass(frozen=True, slots=True)
class Event:
    """``id`` is the same at every attempt and for every receiver: whoever has it already may throw the rest away."""

    id: str
    kind: str
    about: str
    body: str


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of event. ``ends`` adds what only this kind says."""

    name: str
    title: str
    ends: Callable[[Entry], dict[str, Any]] = lambda entry: {}


def _moved(entry: Entry) -> dict[str, Any]:
    after = Release.objects.select_related("revision", "prompt").filter(pk=entry.subject_id).first()
    before = (
        Release.objects.select_related("revision")
        .filter(prompt=after.prompt, number=entry.detail.get("from"))
        .first()
        if after
        else None
    )
    return {
        "prompt": after.prompt.slug if after else entry.subject_name.partition("@")[0],
        "label": entry.detail.get("label"),
        "from": _end(before),
        "to": _end(after),
    }


def _retired(entry: Entry) -> dict[str, Any]:
    """As a move, to nothing."""
    before = Release.objects.select_related("revision", "prompt").filter(pk=entry.subject_id).first()
    slug, _, label = entry.subject_name.partition("@")
    return {"prompt": slug, "label": label, "from": _end(before), "to": None}


def _end(release: Release | None) -> dict[str, Any] | None:
    if release is None:
        return None
    return {
        "release": release.number,
        "revision": release.revision.number,
        "digest": release.revision.digest,
        "playground": release.playground,
    }


def _released(entry: Entry) -> dict[str, Any]:
    release = Release.objects.select_related("revision", "prompt").filter(pk=entry.subject_id).first()
    return {"prompt": release.prompt.slug, "to": _end(release)} if release else {}


def _ended(entry: Entry) -> dict[str, Any]:
    """However it ended: ``status`` says it, and only a finished one has a digest of its evidence."""
    run = Run.objects.select_related("prompt", "suite_version__suite").filter(pk=entry.subject_id).first()
    said = {
        name: entry.detail.get(name) for name in ("run", "status", "conversations", "evidence", "rehearsal")
    }
    about = {"prompt": run.prompt and run.prompt.slug, "suite": str(run.suite_version)} if run else {}
    return {**said, **about}


def _switched(entry: Entry) -> dict[str, Any]:
    return {"from": entry.detail.get("before"), "to": entry.detail.get("after")}


KINDS: dict[Act, Kind] = {
    Act.LABEL_MOVED: Kind("label.moved", "A label moved", _moved),
    Act.LABEL_RETIRED: Kind("label.retired", "A label was retired", _retired),
    Act.SHARE_SET: Kind("share.set", "A share of a label’s fetches was set"),
    Act.SHARE_ENDED: Kind("share.ended", "A share of a label’s fetches ended"),
    Act.GLASS_BROKEN: Kind("glass.broken", "A release was made past its review"),
    Act.RELEASE_CREATED: Kind("release.created", "A release was made", _released),
    Act.REVIEW_REQUESTED: Kind("review.requested", "A review was asked for"),
    Act.REVIEW_APPROVED: Kind("review.approved", "A review was approved"),
    Act.REVIEW_CHANGES_ASKED: Kind("review.changes_asked", "Changes were asked for"),
    Act.REVIEW_WITHDRAWN: Kind("review.withdrawn", "A review was withdrawn"),
    Act.REVISION_CREATED: Kind("revision.created", "A revision was snapshotted"),
    Act.PROMPT_ARCHIVED: Kind("prompt.archived", "A prompt was archived or brought back"),
    Act.RUN_STARTED: Kind("run.started", "A run was started"),
    Act.RUN_FINISHED: Kind("run.finished", "A run ended", _ended),
    Act.PACK_SWITCHED: Kind("policy.switched", "Another policy was put in force", _switched),
    Act.BOUNDS_CHANGED: Kind("bounds.changed", "The bounds were changed", _switched),
    Act.KEY_REVOKED: Kind("key.revoked", "A signing key was revoked"),
}
NAMES: dict[str, str] = {kind.name: kind.title for kind in KINDS.values()}
_BY_ACT: dict[str, Kind] = {act.value: kind for act, kind in KINDS.items()}


def kind_of(entry: Entry) -> str | None:
    kind = _BY_ACT.get(entry.act)
    return kind.name if kind else None


def event_of(entry: Entry, workspace: str) -> Event:
    """The event of an entry that ``kind_of`` knows. ``seq`` rises by the order of changes, also where events arrive late."""
    kind = _BY_ACT[entry.act]
    data = {
        "workspace": workspace,
        "seq": entry.seq,
        "actor": {"kind": entry.actor_kind, "name": entry.actor_name},
        "subject": {"kind": entry.subject_kind, "name": entry.subject_name},
        "detail": entry.detail,
        **kind.ends(entry),
    }
    return Event(
        id=f"evt_{entry.hash[:40]}",
        kind=kind.name,
        about=entry.subject_name,
        body=_body(kind.name, entry.at.isoformat(), data),
    )


def test_event(workspace: str, who: str) -> Event:
    """What an admin sends to see whether it arrives."""
    data = {"workspace": workspace, "actor": {"kind": "person", "name": who}}
    body = _body(TEST, timezone.now().isoformat(), data)
    return Event(f"evt_test_{uuid.uuid4().hex}", TEST, "", body)


def _body(kind: str, at: str, data: dict[str, Any]) -> str:
    return json.dumps(
        {"type": kind, "timestamp": at, "data": data}, ensure_ascii=False, separators=(",", ":")
    )
