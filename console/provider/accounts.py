"""Accounts of a workspace at providers: opened, changed, given a key, made the default, closed. Everything is audited.

A key goes in and never comes out. An account that is given another address loses its key first, so that nobody can
have the key of another sent to an address of their own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from console.accounts.models import Membership, Workspace
from console.accounts.permissions import Action, require
from console.audit.acts import Act
from console.audit.services import Subject, record
from console.problems import Invalid
from console.provider.addresses import check_origin
from console.provider.endpoints import Kind, checked
from console.provider.models import ProviderAccount
from console.sealed import seal

MOST_ACCOUNTS = 20
LONGEST_KEY = 4_000
# They become parts of host names: nothing but these may get there.
REGION = re.compile(r"[a-z0-9-]{1,40}")
PROJECT = re.compile(r"[a-z0-9-]{1,60}")


@dataclass(frozen=True, slots=True)
class AccountForm:
    """Where an account leads and how fast it may be used. Of ``region`` and ``project`` only what the kind needs."""

    name: str
    kind: str
    base_url: str = ""
    region: str = ""
    project: str = ""
    requests_per_minute: int | None = None
    input_tokens_per_minute: int | None = None
    output_tokens_per_minute: int | None = None


@transaction.atomic
def open_account(*, member: Membership, form: AccountForm, key: str = "") -> ProviderAccount:
    """The first account of a workspace is its default. Raises Invalid."""
    require(member, Action.MANAGE_PROVIDER)
    workspace = Workspace.objects.select_for_update(no_key=True).get(pk=member.workspace_id)
    there = ProviderAccount.objects.filter(workspace=workspace, closed_at=None)
    if there.count() >= MOST_ACCOUNTS:
        raise Invalid(f"A workspace has at most {MOST_ACCOUNTS} accounts.", "Close one first.")
    if there.filter(name=_name(form)).exists():
        raise Invalid(f"There is an account named {form.name.strip()} already.", "Choose another name.")
    account = ProviderAccount.objects.create(
        workspace=workspace,
        name=_name(form),
        kind=_kind(form),
        is_default=not there.filter(is_default=True).exists(),
        created_by=member.user,
        **_where(form),
        **_pace(form),
        **_sealed(key, member),
    )
    _record(Act.PROVIDER_ACCOUNT_OPENED, account, member, _described(account))
    return account


@transaction.atomic
def change_account(*, account: ProviderAccount, member: Membership, form: AccountForm) -> ProviderAccount:
    """Another address or pace. With another address the key is dropped. The name and kind stay: records hold them."""
    account = _locked(account, member)
    before = _described(account)
    where = _where(form)
    moved = any(getattr(account, field) != value for field, value in where.items())
    for field, value in (where | _pace(form)).items():
        setattr(account, field, value)
    if moved:
        account.key, account.key_at, account.key_by = b"", None, None
        account.tested_at, account.tested_well, account.tested_said = None, False, ""
    account.save()
    after = _described(account)
    if after != before:
        _record(Act.PROVIDER_ACCOUNT_CHANGED, account, member, {"before": before, "after": after})
    return account


@transaction.atomic
def change_key(*, account: ProviderAccount, member: Membership, key: str) -> ProviderAccount:
    """Rotate: calls that begin from now on use the new key, those in flight end with the old one."""
    account = _locked(account, member)
    if not key.strip():
        raise Invalid("No key was given.", "Paste the key as the provider showed it.")
    for field, value in _sealed(key, member).items():
        setattr(account, field, value)
    account.save()
    _record(Act.PROVIDER_KEY_CHANGED, account, member, {})
    return account


@transaction.atomic
def make_default(*, account: ProviderAccount, member: Membership) -> None:
    """What chats, judges and new runs use unless they name another."""
    account = _locked(account, member)
    ProviderAccount.objects.filter(workspace=account.workspace_id, is_default=True).update(is_default=False)
    ProviderAccount.objects.filter(pk=account.pk).update(is_default=True)
    _record(Act.PROVIDER_ACCOUNT_CHANGED, account, member, {"default": True})


@transaction.atomic
def close_account(*, account: ProviderAccount, member: Membership) -> None:
    """Its key is destroyed; runs that still use it stop with a sentence. The name stays in the record."""
    account = _locked(account, member)
    ProviderAccount.objects.filter(pk=account.pk).update(
        closed_at=timezone.now(), is_default=False, key=b"", key_at=None, key_by=None
    )
    _record(Act.PROVIDER_ACCOUNT_CLOSED, account, member, {})


def _locked(account: ProviderAccount, member: Membership) -> ProviderAccount:
    require(member, Action.MANAGE_PROVIDER, account)
    Workspace.objects.select_for_update(no_key=True).get(pk=member.workspace_id)
    found = ProviderAccount.objects.get(pk=account.pk)
    if found.closed_at is not None:
        raise Invalid(f"The account {found.name} is closed.", "Open another one.")
    return found


def _name(form: AccountForm) -> str:
    name = " ".join(form.name.split())
    if not 1 <= len(name) <= 80 or not name.isprintable():
        raise Invalid("An account needs a name of 1 to 80 characters.", "Name it as your team calls it.")
    return name


def _kind(form: AccountForm) -> str:
    if form.kind not in Kind.values:
        raise Invalid(
            f"There is no kind of account “{form.kind[:40]}”.", f"Choose one of {', '.join(Kind.values)}."
        )
    return form.kind


def _where(form: AccountForm) -> dict[str, str]:
    """The fields that say where calls go, checked; those that the kind does not need are empty."""
    base_url = region = project = ""
    if form.kind == Kind.MESSAGES:
        base_url = checked(
            form.base_url.strip(), "Write it as https://llm.example.com, without /v1/messages."
        )
        if base_url.startswith("unix:"):
            raise Invalid(
                "A socket of this machine cannot be an account's address.", "Give an address with https."
            )
        base_url = base_url.removesuffix("/v1/messages").removesuffix("/v1")
        check_origin(base_url)
    if form.kind in (Kind.BEDROCK, Kind.VERTEX):
        region = _fitting(REGION, form.region, "region", "such as eu-central-1")
    if form.kind in (Kind.VERTEX, Kind.FOUNDRY):
        what = "project" if form.kind == Kind.VERTEX else "resource"
        project = _fitting(PROJECT, form.project, what, "as the cloud's console shows it")
    return {"base_url": base_url, "region": region, "project": project}


def _fitting(pattern: re.Pattern[str], given: str, what: str, such: str) -> str:
    if not pattern.fullmatch(given.strip()):
        raise Invalid(
            f"This kind of account needs a {what}, in small letters, digits and -.", f"Give it {such}."
        )
    return given.strip()


def _pace(form: AccountForm) -> dict[str, int | None]:
    pace = {
        "requests_per_minute": form.requests_per_minute,
        "input_tokens_per_minute": form.input_tokens_per_minute,
        "output_tokens_per_minute": form.output_tokens_per_minute,
    }
    for name, value in pace.items():
        if value is not None and not 1 <= value <= 1_000_000_000:
            said = name.replace("_", " ").capitalize()
            raise Invalid(
                f"{said} must be from 1 to 1,000,000,000.", "Leave it empty for what the provider allows."
            )
    return pace


def _sealed(key: str, member: Membership) -> dict[str, Any]:
    key = key.strip()
    if not key:
        return {}
    if len(key) > LONGEST_KEY or not key.isascii() or not key.isprintable() or " " in key:
        raise Invalid(
            "This does not look like a key.", "Paste it as the provider showed it: one line, no spaces."
        )
    return {"key": seal(key.encode()), "key_at": timezone.now(), "key_by": member.user}


def _described(account: ProviderAccount) -> dict[str, Any]:
    """For the record: where it leads and how fast. Of the key only whether there is one."""
    fields = ("name", "kind", "base_url", "region", "project", *_PACES)
    return {name: getattr(account, name) for name in fields if getattr(account, name)} | {
        "key": account.has_key
    }


_PACES = ("requests_per_minute", "input_tokens_per_minute", "output_tokens_per_minute")


def _record(act: Act, account: ProviderAccount, member: Membership, detail: dict[str, Any]) -> None:
    subject = Subject("provider_account", str(account.pk), account.name)
    record(chain=member.workspace.chain, actor=member.actor, act=act, subject=subject, detail=detail)
