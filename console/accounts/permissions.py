"""The only place where roles are read."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from console.accounts.models import Membership, Right, Role, Token
from console.problems import NotAllowed


class Action(StrEnum):
    READ = "read this workspace"
    EDIT = "edit prompts"
    SNAPSHOT = "snapshot a revision"
    RUN = "run suites"
    JUDGE = "have prompts judged"
    RATE = "rate conversations"
    EDIT_SUITE = "edit suites"
    REQUEST_REVIEW = "ask for a review"
    COMMENT = "comment on a review"
    DECIDE = "approve or ask for changes"
    RELEASE = "release what was approved"
    MOVE_PROTECTED = "move protected labels"
    MOVE_LABEL = "move labels that are not protected"
    EXPORT = "export a release"
    WATCH = "watch releases for drift"
    CLOSE_ALARM = "close an alarm about drift"
    SET_BOUNDS = "narrow the bounds"
    SWITCH_PACK = "switch the policy"
    PUBLISH_PACK = "publish a policy"
    SET_JUDGE = "settle how prompts are judged"
    MANAGE_MEMBERS = "manage members"
    MANAGE_TOKENS = "manage API tokens"
    MANAGE_WEBHOOKS = "manage webhooks"
    MANAGE_PROVIDER = "manage provider accounts and budgets"
    READ_AUDIT = "read the audit"


_ALLOWED: dict[Action, set[str]] = {
    Action.READ: {role.value for role in Role},
    Action.EDIT: {Role.AUTHOR},
    Action.SNAPSHOT: {Role.AUTHOR},
    Action.RUN: {Role.AUTHOR, Role.REVIEWER, Role.APPROVER},
    Action.JUDGE: {Role.AUTHOR, Role.REVIEWER, Role.APPROVER},
    Action.RATE: {Role.AUTHOR, Role.REVIEWER, Role.APPROVER},
    Action.EDIT_SUITE: {Role.AUTHOR, Role.REVIEWER},
    Action.REQUEST_REVIEW: {Role.AUTHOR},
    Action.COMMENT: {Role.AUTHOR, Role.REVIEWER, Role.APPROVER},
    Action.DECIDE: {Role.REVIEWER},
    Action.RELEASE: {Role.APPROVER},
    Action.MOVE_PROTECTED: {Role.APPROVER},
    Action.MOVE_LABEL: {Role.AUTHOR, Role.APPROVER},
    Action.WATCH: {Role.AUTHOR, Role.REVIEWER, Role.APPROVER},
    Action.CLOSE_ALARM: {Role.REVIEWER, Role.APPROVER},
    Action.EXPORT: {role.value for role in Role},
    Action.SET_BOUNDS: {Role.ADMIN},
    Action.SWITCH_PACK: {Role.ADMIN},
    Action.PUBLISH_PACK: {Role.ADMIN},
    Action.SET_JUDGE: {Role.ADMIN},
    Action.MANAGE_MEMBERS: {Role.ADMIN},
    Action.MANAGE_TOKENS: {Role.ADMIN},
    Action.MANAGE_WEBHOOKS: {Role.ADMIN},
    Action.MANAGE_PROVIDER: {Role.ADMIN},
    Action.READ_AUDIT: {Role.AUDITOR, Role.ADMIN},
}

# INVARIANT: what is not listed no token does, whoever made it: nothing is reviewed, released or settled by a program.
_BY_TOKEN: dict[Action, Right] = {
    Action.READ: Right.READ,
    Action.EXPORT: Right.READ,
    Action.EDIT: Right.IMPORT,
    Action.RUN: Right.RUN,
    Action.MOVE_LABEL: Right.MOVE,
    Action.MOVE_PROTECTED: Right.MOVE,
    Action.READ_AUDIT: Right.AUDIT,
}


def can(member: Membership, action: Action, obj: Any = None) -> bool:
    """Whether ``member`` may do ``action`` to ``obj``, an object of the member's own workspace.

    A reviewer bound to domains decides only on drafts and revisions of those (``obj.domain``). Where an application acts
    for the member, its token must have the right as well.
    """
    if member.token is not None and _BY_TOKEN.get(action) not in member.token.rights:
        return False
    workspace_id = getattr(obj, "workspace_id", member.workspace_id)
    if workspace_id != member.workspace_id or not _ALLOWED[action] & set(member.roles):
        return False
    domain = getattr(obj, "domain", None)
    return not (action is Action.DECIDE and member.domains and domain and domain not in member.domains)


def require(member: Membership, action: Action, obj: Any = None) -> None:
    """Raise NotAllowed, with who could do it, unless ``can``."""
    if not can(member, action, obj):
        roles = " or ".join(sorted(_ALLOWED[action]))
        if member.token is not None:
            raise _refused(member.token, action, roles)
        raise NotAllowed(
            f"You may not {action.value} here.", f"It takes the role {roles}; an admin can give it to you."
        )


def _refused(token: Token, action: Action, roles: str) -> NotAllowed:
    right = _BY_TOKEN.get(action)
    if right is None:
        return NotAllowed(f"No token may {action.value}.", "A person does that in the console.")
    if right not in token.rights:
        return NotAllowed(
            f"The token {token.name} may not {action.value}.",
            f"An admin can make one with the right “{right.value}”.",
        )
    return NotAllowed(
        f"The token {token.name} may not {action.value}: it acts for the person who made it.",
        f"That takes the role {roles}.",
    )
