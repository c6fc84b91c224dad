"""Filters that put stored values into the words of a page."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.formats import date_format

register = template.Library()

_ACTS = {
    "workspace:created": "made the workspace",
    "member:added": "added",
    "member:roles:changed": "changed the roles of",
    "member:removed": "removed",
    "invitation:created": "invited",
    "invitation:renewed": "sent a new link to",
    "invitation:accepted": "took the invitation",
    "invitation:withdrawn": "withdrew the invitation",
    "login:succeeded": "logged in",
    "login:refused": "was refused a login",
    "access:refused": "was refused",
    "token:created": "made the token",
    "token:revoked": "revoked the token",
    "key:created": "made the signing key",
    "key:retired": "retired the signing key",
    "key:revoked": "revoked the signing key",
    "policy:pack:switched": "put in force",
    "policy:bounds:changed": "narrowed",
    "prompt:created": "began",
    "prompt:imported": "imported",
    "prompt:archived": "archived",
    "prompt:draft:proposed": "proposed",
    "prompt:draft:merged": "merged",
    "prompt:draft:closed": "closed the proposal",
    "prompt:revision:created": "snapshotted",
    "prompt:finding:acknowledged": "acknowledged a warning in",
    "budget:set": "set the budgets of",
    "provider:account:opened": "opened the account",
    "provider:account:changed": "changed the account",
    "provider:account:closed": "closed the account",
    "provider:key:changed": "changed the key of",
    "suite:changed": "changed suite",
    "run:started": "started",
    "run:finished": "saw the end of",
    "run:cancelled": "cancelled",
    "run:conversation:rated": "rated",
    "review:requested": "asked for",
    "review:evidence:changed": "changed the evidence of",
    "review:approved": "approved in",
    "review:changes:asked": "asked for changes in",
    "review:withdrawn": "withdrew",
    "review:assigned": "asked people for",
    "review:suggestion:applied": "applied suggested words from",
    "review:thread:opened": "commented on",
    "review:thread:resolved": "resolved a thread in",
    "review:thread:reopened": "reopened a thread in",
    "release:created": "released",
    "release:label:moved": "moved a label to",
    "release:label:retired": "retired the label of",
    "release:label:protected": "changed the protection of",
    "release:label:planned": "planned to move a label to",
    "release:label:plan:cancelled": "cancelled a planned move to",
    "release:label:plan:refused": "did not move a label as planned to",
    "release:share:set": "gave a share of fetches to",
    "release:share:ended": "ended the share of",
    "release:glass:broken": "broke the glass for",
    "release:exported": "exported",
    "audit:exported": "exported the audit of",
    "drift:watched": "began to watch",
    "drift:unwatched": "ended the watch of",
    "drift:alarmed": "raised an alarm about",
    "drift:closed": "closed the alarm about",
}


@register.filter
def act_in_words(act: str) -> str:
    """``prompt:revision:created`` → ``snapshotted``: what stands between who and what."""
    return _ACTS.get(act, act.replace(":", " "))


@register.filter
def when_short(at: datetime) -> str:
    """The time today, the day within the last week, else the date."""
    local, now = timezone.localtime(at), timezone.localtime()
    if local.date() == now.date():
        return date_format(local, "H:i")
    if (now - local).days < 7:
        return date_format(local, "l")
    return date_format(local, "j M Y")
