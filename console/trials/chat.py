"""Trying a prompt by hand: what answers, what was said, and what waits for an answer."""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.utils import timezone

from console.accounts.models import Membership, Workspace
from console.accounts.permissions import Action, require
from console.problems import DomainError, Invalid
from console.prompts.checking import check
from console.prompts.drafts import draft_of
from console.prompts.models import Prompt, Revision
from console.provider.at_hand import models_at_hand
from console.provider.endpoints import Endpoint, endpoint_for
from console.provider.models import ProviderAccount
from console.repeated import Repeated
from console.trials import leases
from console.trials.abilities import fitted, model_named
from console.trials.conversation import reservation_of
from console.trials.leases import Lease
from console.trials.models import Chat, Conversation, Subject
from console.trials.plans import Plan, filled, plan_of_chat
from console.trials.subjects import SubjectForm, of_draft, of_revision
from console.trials.suites import newest_versions
from console.trials.transcript import user_entry
from policies import FillError

DRAFT = "draft"
MOST_COLUMNS = 2
LONGEST_MESSAGE = 50_000  # characters, as a turn of a scenario


class Busy(DomainError):
    """An answer of this chat is still being written."""


def what_answers(prompt: Prompt, key: str) -> SubjectForm:
    """``key``: "draft" for the draft as it stands, or a revision's number. Raises Invalid."""
    if key == DRAFT:
        return _draft(prompt)
    revision = prompt.revisions.filter(number=int(key)).first() if key.isdecimal() and len(key) < 9 else None
    if revision is None:
        raise Invalid(
            f"{prompt.title} has no revision “{key[:20]}”.", "Choose the draft or one of its revisions."
        )
    return of_revision(_of(prompt, revision))


def _of(prompt: Prompt, revision: Revision) -> Revision:
    revision.prompt = prompt
    return revision


def _draft(prompt: Prompt) -> SubjectForm:
    row = draft_of(prompt)
    checked = check(prompt.workspace, row.content)
    if checked.problems:
        raise Invalid(
            f"The draft can't be tried yet: {checked.problems[0]}", "Correct it on the Compose tab."
        )
    return of_draft(checked.draft, prompt.workspace, label=f"draft, version {row.version}")


def account_named(workspace: Workspace, given: str) -> ProviderAccount | None:
    """The workspace's account by what a form says of it; "" is the default. Raises Invalid."""
    if not given:
        return None
    key = int(given) if given.isdecimal() and len(given) < 18 else 0
    account = ProviderAccount.objects.filter(workspace=workspace, pk=key).first()
    if account is None:
        raise Invalid("The workspace has no such provider account.", "Choose one that is listed.")
    if account.closed_at is not None:
        raise Invalid(f"The account {account.name} is closed.", "Choose another account.")
    return account


def values_of(declared: Sequence[Mapping[str, Any]], typed: Mapping[str, str]) -> dict[str, Any]:
    """Typed values in the types that the variables declare; an empty field gives none, so that the default holds."""
    types = {name: variable.get("type") for variables in declared for name, variable in variables.items()}
    return {name: _value(types[name], text) for name, text in typed.items() if text and name in types}


def _value(kind: Any, text: str) -> Any:
    """What does not read as its type stays text: then the prompt's own rule says what is wrong with it."""
    if kind == "boolean":
        return {"true": True, "false": False}.get(text, text)
    if kind in ("integer", "number"):
        try:
            number = int(text) if kind == "integer" or text.lstrip("-").isdecimal() else float(text)
        except ValueError:
            return text
        return number if math.isfinite(number) else text
    return text.replace("\r\n", "\n").replace("\0", "\ufffd")


def start_chat(
    *,
    member: Membership,
    prompt: Prompt,
    answering: Sequence[SubjectForm],
    model: str = "",
    account: ProviderAccount | None = None,
    values: Mapping[str, Any] | None = None,
    key: uuid.UUID | None = None,
) -> Chat:
    """A chat in which one or two subjects answer, frozen as they are now. ``model``: "" = the one each names.
    ``account``: who is called; None for the workspace's default.

    The same ``key`` of a person gives the same chat, so that a message that is sent twice opens one.
    Raises NotAllowed, Invalid (no model, a variable without a value, or one that does not fit).
    """
    require(member, Action.RUN, prompt)
    if not 1 <= len(answering) <= MOST_COLUMNS:
        raise Invalid("One or two may answer.", "Choose what answers, and what beside it.")
    endpoint = endpoint_for(prompt.workspace, account)
    answering = _fitted(answering, model, endpoint)
    fixtures = _fixtures(prompt) if any(form.tools for form in answering) else {}
    about = {
        "workspace": prompt.workspace,
        "model": model,
        "values": dict(values or {}),
        "account": account,
        "rehearsal": endpoint.rehearsal,
    }
    with transaction.atomic():
        chat, created = Chat.objects.get_or_create(
            created_by=member.user, key=key or uuid.uuid4(), prompt=prompt, defaults=about
        )
        chat.workspace, chat.prompt = prompt.workspace, prompt
        for position, form in enumerate(answering if created else ()):
            _add_column(chat, _with_fixtures(form, fixtures).row(position))
    return chat


def _add_column(chat: Chat, subject: Subject) -> None:
    subject.chat = chat
    _check_usable(subject, chat)
    subject.save()
    Conversation.objects.create(workspace=chat.workspace, chat=chat, subject=subject)


def _fitted(answering: Sequence[SubjectForm], model: str, endpoint: Endpoint) -> list[SubjectForm]:
    """Without what their models do not have; a list that cannot be had says nothing."""
    models = models_at_hand(endpoint)
    return [fitted(form, model_named(models, model or form.params.get("model"))) for form in answering]


def _check_usable(subject: Subject, chat: Chat) -> None:
    if not (chat.model or subject.params.get("model")):
        raise Invalid(f"The {subject.label} names no model.", "Name one here, or in the draft's settings.")
    try:
        filled(subject, chat.values)
    except FillError as error:
        raise Invalid(str(error), "Give it under “Values”, then send again.") from None


def _fixtures(prompt: Prompt) -> dict[str, list[dict[str, Any]]]:
    """What the prompt's own suites let its tools give back, by tool: the most exact first, errors last."""
    found: dict[str, list[dict[str, Any]]] = {}
    for version in newest_versions(prompt.workspace).filter(suite__prompts=prompt):
        for tool in (tool for form in version.scenarios for tool in form.get("tools", ())):
            found.setdefault(tool["name"], []).extend(tool.get("fixtures", ()))
    for fixtures in found.values():
        fixtures.sort(key=_order)
    return found


def _order(fixture: Mapping[str, Any]) -> tuple[bool, int, bool]:
    """An error that comes so many times and then no more is meant to come first."""
    lasts = fixture.get("times") is None
    return fixture.get("error") is not None and lasts, -len(fixture.get("when") or {}), lasts


def _with_fixtures(form: SubjectForm, fixtures: Mapping[str, list[dict[str, Any]]]) -> SubjectForm:
    return replace(form, tools=[tool | {"fixtures": fixtures.get(tool["name"], [])} for tool in form.tools])


# --- what is said


@dataclass(frozen=True, slots=True)
class Said:
    """A message, or another try at one, written down together with the leases of the ``columns`` that shall answer."""

    chat: Chat
    plan: Plan
    columns: list[Conversation]
    leases: dict[int, Lease | None]  # by column; None: the month's budget has no room


def say(*, chat: Chat, message: str, member: Membership) -> Said:
    """Put a message to all columns. Raises NotAllowed, Invalid, Busy.

    A message that nobody answered is replaced; one that only some answered is left unanswered by the others.
    """
    require(member, Action.RUN, chat)
    text = usable(message)
    with transaction.atomic():
        columns = _locked(chat)
        plan = plan_of_chat(chat, [column.subject for column in columns])
        begun = [_begun(column) for column in columns]
        replaces = all(len(entries) == 1 for entries in begun)
        for column, entries in zip(columns, begun, strict=True):
            _put(column, text, replaces=replaces or _said(entries) == text)
            _wait(column, plan)
        return _taken(chat, plan, columns)


def say_again(*, chat: Chat, member: Membership) -> Said:
    """Have the columns whose last message has no answer yet try again. Raises NotAllowed, Invalid, Busy."""
    require(member, Action.RUN, chat)
    with transaction.atomic():
        every = _locked(chat)
        plan = plan_of_chat(chat, [column.subject for column in every])
        columns = [column for column in every if _begun(column)]
        if not columns:
            raise Invalid("Every message has its answer.", "Say something new.")
        for column in columns:
            _wait(column, plan)
        return _taken(chat, plan, columns)


def _taken(chat: Chat, plan: Plan, columns: list[Conversation]) -> Said:
    return Said(chat, plan, columns, {column.pk: leases.take_chat(column.pk) for column in columns})


def take_back(said: Said) -> None:
    """Nobody will answer now; what was said stays."""
    for lease in said.leases.values():
        if lease is not None:
            leases.give_back(lease)


def unanswered(columns: Iterable[Conversation]) -> str:
    """The last message, when no column answered it or is about to: it still belongs into the field."""
    columns = list(columns)
    if any(column.status == Conversation.Status.RUNNING for column in columns):
        return ""
    begun = [_begun(column) for column in columns]
    return _said(begun[0]) if begun and all(len(entries) == 1 for entries in begun) else ""


def usable(message: str) -> str:
    """The message as it is kept. Raises Invalid."""
    text = message.replace("\r\n", "\n").replace("\0", "\ufffd").strip()
    if not text:
        raise Invalid("There is nothing to send.", "Type a message first.")
    if len(text) > LONGEST_MESSAGE:
        raise Invalid(
            f"The message has {len(text):,} characters; the most is {LONGEST_MESSAGE:,}.", "Shorten it."
        )
    return text


_COLUMNS = Repeated(
    lambda chat: (
        Conversation.objects.select_for_update(no_key=True, of=("self",))
        .select_related("subject")
        .filter(chat=chat)
        .order_by("subject__position")
    )
)


def _locked(chat: Chat) -> list[Conversation]:
    """The chat's columns, locked; leases that ran out are taken back first."""
    columns = _COLUMNS.all(chat.pk)
    if any(_ran_out(column) for column in columns):
        leases.reclaim()
        columns = _COLUMNS.all(chat.pk)
    if any(column.status != Conversation.Status.WAITING for column in columns):
        raise Busy("An answer is still being written.", "Wait until it is there, then send again.")
    return columns


def _ran_out(column: Conversation) -> bool:
    return column.lease_until is not None and column.lease_until < timezone.now()


def _begun(column: Conversation) -> list[dict[str, Any]]:
    """The entries of the turn that has no answer yet, the person's message first."""
    return [entry for entry in column.messages if entry["turn"] == column.turns + 1]


def _said(entries: Sequence[Mapping[str, Any]]) -> str:
    return str(entries[0]["content"]) if entries else ""


def _put(column: Conversation, text: str, *, replaces: bool) -> None:
    begun = _begun(column)
    if begun and replaces:
        begun[0]["content"] = text
        return
    column.turns += bool(begun)  # given up: it stays in the history without an answer
    column.messages = [*column.messages, user_entry(column.turns + 1, text)]


def _wait(column: Conversation, plan: Plan) -> None:
    """Make the column one that may be taken, with what its next call may use."""
    # The API refuses an empty reply when it is sent back; a refused turn is never sent back.
    column.messages = [
        entry for entry in column.messages if entry["content"] or entry.get("stop") == "refusal"
    ]
    reservation = reservation_of(plan, column.subject_id, "", column.messages)
    column.reserved_tokens, column.reserved_cost = reservation.tokens, reservation.cost
    column.error_kind = column.error = ""
    column.save(
        update_fields=["messages", "turns", "reserved_tokens", "reserved_cost", "error_kind", "error"]
    )
