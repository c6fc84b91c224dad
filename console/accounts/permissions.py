"""The only place where roles are read."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from console.accounts.models import Membership, Role
from console.problems import NotAllowed


class Action(StrEnum):
    READ = "read this workspace"
    EDIT = "edit prompts"
    SNAPSHOT = "snapshot a revision"
    RUN = "run suites"
    JUDGE = "have prompts judged"
    EDIT_SUITE = "edit suites"
    REQUEST_REVIEW = "ask for a review"
    COMMENT = "comment on a review"
    DECIDE = "approve or ask for changes"
    RELEASE = "release and move protected labels"
    MOVE_LABEL = "move labels that are not protected"
    EXPORT = "export a release"
    SET_BOUNDS = "narrow the bounds"
    SWITCH_PACK = "switch the policy"
    SET_JUDGE = "settle how prompts are judged"
    MANAGE_MEMBERS = "manage members"
    MANAGE_TOKENS = "manage API tokens"
    READ_AUDIT = "read the audit"


_ALLOWED: dict[Action, set[str]] = {
    Action.READ: {role.value for role in Role},
    Action.EDIT: {Role.AUTHOR},
    Action.SNAPSHOT: {Role.AUTHOR},
    Action.RUN: {Role.AUTHOR, Role.REVIEWER, Role.APPROVER},
    Action.JUDGE: {Role.AUTHOR, Role.REVIEWER, Role.APPROVER},
    Action.EDIT_SUITE: {Role.AUTHOR, Role.REVIEWER},
    Action.REQUEST_REVIEW: {Role.AUTHOR},
    Action.COMMENT: {Role.AUTHOR, Role.REVIEWER, Role.APPROVER},
    Action.DECIDE: {Role.REVIEWER},
    Action.RELEASE: {Role.APPROVER},
    Action.MOVE_LABEL: {Role.AUTHOR, Role.APPROVER},
    Action.EXPORT: {role.value for role in Role},
    Action.SET_BOUNDS: {Role.ADMIN},
    Action.SWITCH_PACK: {Role.ADMIN},
    Action.SET_JUDGE: {Role.ADMIN},
    Action.MANAGE_MEMBERS: {Role.ADMIN},
    Action.MANAGE_TOKENS: {Role.ADMIN},
    Action.READ_AUDIT: {Role.AUDITOR, Role.ADMIN},
}


def can(member: Membership, action: Action, obj: Any = None) -> bool:
    """Whether ``member`` may do ``action`` to ``obj``, an object of the member's own workspace.

    A reviewer bound to domains decides only on drafts and revisions of those (``obj.domain``).
    """
    workspace_id = getattr(obj, "workspace_id", member.workspace_id)
    if workspace_id != member.workspace_id or not _ALLOWED[action] & set(member.roles):
        return False
    domain = getattr(obj, "domain", None)
    return not (action is Action.DECIDE and member.domains and domain and domain not in member.domains)


def require(member: Membership, action: Action, obj: Any = None) -> None:
    """Raise NotAllowed, with who could do it, unless ``can``."""
    if not can(member, action, obj):
        roles = " or ".join(sorted(_ALLOWED[action]))
        raise NotAllowed(
            f"You may not {action.value} here.", f"It takes the role {roles}; an admin can give it to you."
        )
