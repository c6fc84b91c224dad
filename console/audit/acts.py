"""The names of everything that is recorded. A name is never reused for another meaning."""

from __future__ import annotations

from enum import StrEnum


class Act(StrEnum):
    WORKSPACE_CREATED = "workspace:created"
    MEMBER_ADDED = "member:added"
    MEMBER_ROLES_CHANGED = "member:roles:changed"
    MEMBER_REMOVED = "member:removed"
    LOGIN = "login:succeeded"
    LOGIN_REFUSED = "login:refused"
    ACCESS_REFUSED = "access:refused"
    TOKEN_CREATED = "token:created"  # noqa: S105 (a name)
    TOKEN_REVOKED = "token:revoked"  # noqa: S105
    KEY_CREATED = "key:created"
    KEY_RETIRED = "key:retired"
    KEY_REVOKED = "key:revoked"
    PACK_SWITCHED = "policy:pack:switched"
    BOUNDS_CHANGED = "policy:bounds:changed"
    PROMPT_CREATED = "prompt:created"
    PROMPT_IMPORTED = "prompt:imported"
    PROMPT_ARCHIVED = "prompt:archived"
    REVISION_CREATED = "prompt:revision:created"
    FINDING_ACKNOWLEDGED = "prompt:finding:acknowledged"
    JUDGE_ASKED = "judge:asked"
    JUDGE_SETTLED = "judge:settled"
    SUITE_CHANGED = "suite:changed"
    RUN_STARTED = "run:started"
    RUN_CANCELLED = "run:cancelled"
    REVIEW_REQUESTED = "review:requested"
    REVIEW_EVIDENCE_CHANGED = "review:evidence:changed"
    REVIEW_APPROVED = "review:approved"
    REVIEW_CHANGES_ASKED = "review:changes:asked"
    REVIEW_WITHDRAWN = "review:withdrawn"
    THREAD_OPENED = "review:thread:opened"
    THREAD_RESOLVED = "review:thread:resolved"
    THREAD_REOPENED = "review:thread:reopened"
    RELEASE_CREATED = "release:created"
    LABEL_MOVED = "release:label:moved"
    EXPORTED = "release:exported"
    BACKED_UP = "installation:backed-up"
    RESTORED = "installation:restored"
