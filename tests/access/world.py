"""Two workspaces with one of everything. What stands in the foreign one is marked, so that a leak of it is seen."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.utils.timezone import now

from console.accounts.invitations import invite
from console.accounts.models import Membership, Right, Role, Workspace
from console.accounts.tokens import create_token
from console.governance.models import PublishedPack
from console.notifications.models import Kind
from console.notifications.services import notify
from console.prompts.models import Prompt
from console.prompts.proposals import propose
from console.provider.accounts import AccountForm, open_account
from console.provider.models import ProviderAccount
from console.releases import drift
from console.releases.impact import start_policy
from console.releases.impact_models import Impact
from console.releases.models import Delivery
from console.releases.planning import plan_move
from console.releases.services import create_release
from console.releases.webhooks.endpoints import create_webhook, send_test
from console.reviews.models import Review
from console.reviews.threads import open_thread
from console.trials.chat import start_chat, what_answers
from console.trials.models import Run
from policies.checks import CHECKS
from tests.factories import (
    make_approval,
    make_finished_run,
    make_member,
    make_prompt,
    make_review,
    make_revision,
    make_scenario,
    make_suite,
    make_user,
    make_workspace,
)

OWN, FOREIGN, ABSENT = "own", "foreign", "absent"
CANARY = "Kanarienvogel"  # in every text of the foreign workspace, and nowhere else
FAR = 770  # where the numbers of the foreign workspace begin: its own has none so high

# The workspaces' names, equally long, so that pages about them are too.
EXPECT = [{"turn": 1, "kind": "contains", "value": "x"}]
WORKSPACES = {OWN: "space-own", FOREIGN: "space-far", ABSENT: "space-nil"}
# Words in addresses that name no object of a workspace, by what stands before them.
WORDS = {
    "codes": CHECKS[0].code,
    "rules": "limit.ai_disclosure",
    "export": "json",
    "report": "json",
    "number": "jsonl",
    "cells": "hello",
    "name": "2026.1",  # a policy's version
    "scenarios": "hello",
    "confirm-email": "nothing",
    "oidc": "oidc",
    "saml": "saml",
    "key": "1",
    "uidb36": "nothing",
    "pk": "pause",
    "file": "csv",
}


@dataclass
class World:
    """``ids`` holds, by what stands before a placeholder in a route, the own, the foreign and an absent value."""

    workspace: Workspace
    members: dict[str, Membership]  # by role; "everything" has all roles, "none" has no role
    everything: Membership
    stranger: Membership  # of the foreign workspace
    secrets: dict[str, str] = field(default_factory=dict)  # of an own and a foreign API token
    ids: dict[str, dict[str, object]] = field(default_factory=dict)


@dataclass(frozen=True)
class Things:
    """One of everything in a workspace."""

    ids: dict[str, object]
    secret: str


def make_world() -> World:
    own = make_workspace(WORKSPACES[OWN])
    members = {role.value: make_member(own, role.value, name=f"own-{role.value}") for role in Role}
    members["none"] = make_member(own, "viewer", name="own-none")
    Membership.objects.filter(pk=members["none"].pk).update(roles=[])
    members["none"].roles = []
    everything = make_member(own, *Role.values, name="own-everything")
    foreign = make_workspace(WORKSPACES[FOREIGN])
    Workspace.objects.filter(pk=foreign.pk).update(name=f"{CANARY} works")
    stranger = make_member(foreign, *Role.values, user=make_user("far-everything"))
    mine = _furnish(own, everything, "own", first=1)
    theirs = _furnish(foreign, stranger, "far", first=FAR)
    return World(
        workspace=own,
        members=members,
        everything=everything,
        stranger=stranger,
        secrets={OWN: mine.secret, FOREIGN: theirs.secret},
        ids={
            kind: {OWN: value, FOREIGN: theirs.ids[kind], ABSENT: absent(theirs.ids[kind])}
            for kind, value in mine.ids.items()
        },
    )


def _furnish(workspace: Workspace, member: Membership, word: str, *, first: int) -> Things:
    mark = CANARY if word == "far" else "Heron"
    reviewer = make_member(workspace, "reviewer", name=f"{word}-second")
    prompt = make_prompt(member, f"{word}-prompt", title=f"{mark} bank", domain="general")
    released = make_revision(
        member, prompt, text=f"You are Aria of {mark} bank. You are an AI.", message=mark
    )
    review = make_review(
        member, revision=released, runs=[make_finished_run(released)], title=f"{mark} goes out"
    )
    make_approval(review, reviewer)
    release = create_release(review=review, member=member)
    watch = drift.watch(prompt=prompt, member=member, release=release)
    revision = make_revision(member, prompt, text=f"You are Bo of {mark} bank. You are an AI.", message=mark)
    run = make_finished_run(revision, make_scenario(title=f"{mark} asks", expect=EXPECT))
    open_review = make_review(member, revision=revision, runs=[run], title=f"{mark} again")
    thread = open_thread(review=open_review, text=f"{mark}?", member=reviewer)
    suite = make_suite(workspace, make_scenario(title=f"{mark} asks"), slug=f"{word}-suite").suite
    hook, _ = create_webhook(
        member=member, name=f"{mark} deployer", url="https://example.com/", kinds=["label.moved"]
    )
    delivery = send_test(hook=hook, member=member)
    Delivery.objects.filter(pk=delivery.pk).update(status="failed")
    impact = start_policy(member=member, ref="claude@2026.1", reason=mark)
    chat = start_chat(prompt=prompt, answering=[what_answers(prompt, "draft")], member=member)
    token, secret = create_token(
        member=member, name=f"{mark} app", scopes=["*@*"], expires_at=None, rights=Right.values
    )
    proposal = propose(revision=released, name=f"{word}-idea", purpose=f"{mark} tries", member=member)
    planned = plan_move(
        release=release, name="staging", at=now() + timedelta(days=1), member=member, reason=mark
    )
    notify([member], kind=Kind.ASKED, key=mark, title=f"{mark} asks", address=f"/w/{workspace.slug}/")
    account = open_account(
        member=member, form=AccountForm(f"{mark} gateway", "messages", f"https://{word}.invalid")
    )
    # Nobody's default: pages would ask it for its models.
    ProviderAccount.objects.filter(pk=account.pk).update(is_default=False)
    Prompt.objects.filter(pk=prompt.pk).update(title=f"{mark} bank")
    invitation, _ = invite(member=member, roles=["viewer"], email=f"{mark}@example.com")
    key = Authenticator.objects.create(
        user=member.user,
        type=Authenticator.Type.RECOVERY_CODES,
        data={"seed": get_adapter().encrypt(mark), "used_mask": 0},
    )
    _renumber(first, run, open_review, impact)
    return Things(
        {
            "prompts": prompt.slug,
            "revisions": revision.number,
            "versions": 1,
            "runs": run.number,
            "against": run.number,
            "drift": watch.pk,
            "suites": suite.slug,
            "suite": 1,
            "reviews": open_review.number,
            "threads": thread.pk,
            "comments": thread.comments.get().pk,
            "drafts": proposal.name,
            "labels": "production",
            "plans": planned.pk,
            "notifications": member.notifications.get(key=mark).pk,
            "releases": release.number,
            "slug": "production",
            "impact": impact.number,
            "packs": _policy(workspace, f"{word}-policy"),
            "try": chat.pk,
            "members": reviewer.pk,
            "tokens": token.pk,
            "webhooks": hook.pk,
            "deliveries": delivery.pk,
            "provider": account.pk,
            "invitations": invitation.pk,
            "keys": key.pk,
        },
        secret,
    )


def _policy(workspace: Workspace, name: str) -> str:
    PublishedPack.objects.create(
        workspace=workspace, name=name, version="2026.1", title=name, digest="0" * 64, source=name.encode()
    )
    return name


def _renumber(first: int, *rows: Run | Review | Impact) -> None:
    """Numbers count in a workspace: those of the foreign one must not name something of one's own."""
    if first == 1:
        return
    for row in rows:
        row.number += first
        type(row)._base_manager.filter(pk=row.pk).update(number=row.number)


def absent(value: object) -> object:
    """A value of the same kind and length that names nothing."""
    if isinstance(value, int):
        return int("9" * len(str(value)))
    return re.sub("^(far|production)", lambda found: "n" * len(found[0]), str(value))
