"""What the Try page shows: who answers, what was said and what it took, what is declared, and earlier chats."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import OuterRef, Q, Subquery
from django.db.models.fields.json import KT

from console.accounts.models import Membership
from console.problems import Invalid
from console.prompts.models import Prompt, Revision
from console.provider.calls import STOPPED
from console.provider.endpoints import deployed
from console.provider.models import ProviderAccount
from console.trials import chat as chats
from console.trials.models import Chat, Conversation, Step, Subject
from console.trials.subjects import SubjectForm
from console.trials.tools import GENERATED, INVALID, NO_FIXTURE, UNASKED, UNCONFIRMED, UNKNOWN
from console.trials.transcript import Entry, ToolCall, text_of, turns

SHOWN_CHATS = 12
SHOWN_REVISIONS = 50
REHEARSED = "rehearsal-"  # how the stand-in's models begin; what it says never counts as a model's

_STOPS = {
    "max_tokens": "cut at its longest reply",
    "model_context_window_exceeded": "cut: the model's context is full",
    "stop_sequence": "ended by a stop sequence",
    "end_turn": "ended its turn",
    STOPPED: "stopped by you",
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What the calls of one turn took."""

    model: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    milliseconds: int = 0
    cost: Decimal | None = Decimal(0)  # None: no price is known
    estimated: bool = False  # a call was stopped before the provider said what it used

    @property
    def rehearsal(self) -> bool:
        return self.model.startswith(REHEARSED)

    @property
    def seconds(self) -> float:
        return self.milliseconds / 1000

    def plus(self, step: Step) -> Facts:
        known = self.cost is not None and not (step.ok and step.cost is None)
        return Facts(
            model=step.model or self.model,
            input_tokens=self.input_tokens + step.input_tokens,
            output_tokens=self.output_tokens + step.output_tokens,
            milliseconds=self.milliseconds + step.milliseconds,
            cost=(self.cost or Decimal(0)) + (step.cost or Decimal(0)) if known else None,
            estimated=self.estimated or step.stop_reason == STOPPED,
        )


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a reply: text, or a tool call where it was made."""

    text: str = ""
    call: ToolCall | None = None

    @property
    def origin(self) -> str:
        """Where the result of the call comes from."""
        notes = self.call.notes if self.call else ()
        return "simulated, generated" if GENERATED in notes else "simulated"

    @property
    def remarks(self) -> tuple[str, ...]:
        shown = {INVALID, UNKNOWN, NO_FIXTURE, UNASKED, UNCONFIRMED}
        return tuple(note for note in self.call.notes if note in shown) if self.call else ()


@dataclass(frozen=True, slots=True)
class Exchange:
    """A message and what came of it. ``problem``: why there is no answer yet; ``open``: it may still come."""

    number: int
    said: str
    parts: tuple[Part, ...]
    stop: str
    refusal: str | None
    facts: Facts
    open: bool = False
    running: bool = False
    problem: str = ""

    @property
    def stopped(self) -> str:
        return _STOPS.get(self.stop, self.stop.replace("_", " "))


@dataclass(frozen=True, slots=True)
class Column:
    """One that answers, with everything it was asked."""

    key: str  # "draft" or a revision's number
    label: str
    digest: str
    system: str
    model: str
    position: int
    exchanges: tuple[Exchange, ...] = ()
    stale: bool = False  # the draft says something else by now

    @property
    def title(self) -> str:
        return self.label.capitalize() if self.key == chats.DRAFT else self.label

    @property
    def spoken(self) -> str:
        """As it stands in a sentence."""
        return f"the {self.label}" if self.key == chats.DRAFT else self.label

    @property
    def total(self) -> Facts:
        cost: Decimal | None = Decimal(0)
        for exchange in self.exchanges:
            cost = None if cost is None or exchange.facts.cost is None else cost + exchange.facts.cost
        return Facts(
            input_tokens=sum(exchange.facts.input_tokens for exchange in self.exchanges),
            output_tokens=sum(exchange.facts.output_tokens for exchange in self.exchanges),
            cost=cost,
            estimated=any(exchange.facts.estimated for exchange in self.exchanges),
        )


@dataclass(frozen=True, slots=True)
class Declared:
    """A variable of what answers, with the value it has here."""

    name: str
    type: str
    required: bool
    description: str
    value: str
    default: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What shall answer in a new chat, as its address says: keys of what answers, a model, an account."""

    keys: tuple[str, ...] = (chats.DRAFT,)
    model: str = ""
    account: str = ""


@dataclass
class TryPage:
    """Everything of the page but the prompt's head. ``chat`` is None until the first message."""

    prompt: Prompt
    member: Membership
    chat: Chat | None = None
    asked: Asked = field(default_factory=Asked)
    account: ProviderAccount | None = None  # None: the workspace's default
    message: str = ""  # what stands in the field
    problem: str = ""
    columns: tuple[Column, ...] = ()
    variables: tuple[Declared, ...] = ()
    typed: Mapping[str, str] = field(default_factory=dict)  # values as they were typed
    key: uuid.UUID = field(default_factory=uuid.uuid4)  # of the chat that the first message opens

    @property
    def first(self) -> str:
        return self.asked.keys[0]

    @property
    def second(self) -> str:
        return self.asked.keys[1] if len(self.asked.keys) > 1 else ""

    @property
    def model(self) -> str:
        return self.asked.model

    @cached_property
    def accounts(self) -> list[ProviderAccount]:
        """The workspace's own; a chat's one even where it is closed by now."""
        known = ProviderAccount.objects.filter(workspace=self.prompt.workspace_id)
        mine = self.account.pk if self.account else 0
        return list(known.filter(Q(closed_at=None) | Q(pk=mine)).order_by("name"))

    @property
    def default_account(self) -> str:
        """Who is called when none is chosen."""
        return next((account.name for account in self.accounts if account.is_default), "") or deployed().name

    @property
    def has_answers(self) -> bool:
        return any(not exchange.open for column in self.columns for exchange in column.exchanges)

    @cached_property
    def revisions(self) -> list[Revision]:
        """What may answer beside the draft."""
        return list(
            self.prompt.revisions.only("number", "message", "blocked", "prompt_id").order_by("-number")[
                :SHOWN_REVISIONS
            ]
        )

    def recent(self) -> list[Chat]:
        """The person's own latest chats, each with its first message as ``opening``."""
        first = Conversation.objects.filter(chat=OuterRef("pk")).order_by("pk").values(said=_OPENING)[:1]
        own = Chat.objects.filter(prompt=self.prompt, created_by=self.member.user_id)
        return list(own.annotate(opening=Subquery(first)).prefetch_related("subjects")[:SHOWN_CHATS])


_OPENING = KT("messages__0__content")


def new_page(prompt: Prompt, member: Membership, asked: Asked, *, typed: Mapping[str, str] = {}) -> TryPage:
    """The page before the first message."""
    page = TryPage(prompt, member, asked=asked, typed=typed)
    keys, model = asked.keys, asked.model
    try:
        page.account = chats.account_named(prompt.workspace, asked.account)
        forms = [chats.what_answers(prompt, key) for key in keys]
    except Invalid as error:
        page.problem = f"{error.message} {error.what_to_do}"
        return page
    page.columns = tuple(
        _blank(key, position, form, model)
        for position, (key, form) in enumerate(zip(keys, forms, strict=True))
    )
    page.variables = declared([form.variables for form in forms], typed)
    return page


def chat_page(prompt: Prompt, member: Membership, chat: Chat) -> TryPage:
    """The page of a chat, as it stands in the database."""
    columns = list(columns_of(chat))
    rows = [row for _, row in columns]
    views = tuple(column for column, _ in columns)
    asked = Asked(tuple(column.key for column in views), chat.model)
    page = TryPage(prompt, member, chat, asked=asked, account=chat.account)
    page.message = chats.unanswered(rows)
    page.problem = next((row.error for row in rows if row.error), "") if page.message else ""
    page.columns = tuple(_without_open(column) for column in views) if page.message else views
    page.variables = declared([row.subject.variables for row in rows], chat.values)
    return page


def columns_of(chat: Chat) -> Iterator[tuple[Column, Conversation]]:
    """The columns of a chat with their rows, in order."""
    heavy = ("content", "compiled", "params", "source_map", "findings", "snippets")
    rows = (
        Conversation.objects.filter(chat=chat)
        .select_related("subject__revision")
        .defer(*(f"subject__revision__{name}" for name in heavy))
        .order_by("subject__position")
    )
    facts = _facts(chat)
    for row in rows:
        yield _column(row, facts, chat), row


def _column(row: Conversation, facts: Mapping[tuple[int, int], Facts], chat: Chat) -> Column:
    subject = row.subject
    return Column(
        key=str(subject.revision.number) if subject.revision else chats.DRAFT,
        label=subject.label,
        digest=subject.digest,
        system=subject.params.get("system", ""),
        model=chat.model or subject.params.get("model", ""),
        position=subject.position,
        exchanges=tuple(_exchanges(row, facts)),
        stale=subject.revision is None and _draft_moved(chat.prompt, subject),
    )


def _draft_moved(prompt: Prompt, subject: Subject) -> bool:
    try:
        return chats.what_answers(prompt, chats.DRAFT).digest != subject.digest
    except Invalid:
        return True


def _blank(key: str, position: int, form: SubjectForm, model: str) -> Column:
    return Column(
        key=key,
        label=form.label,
        digest=form.digest,
        system=form.params.get("system", ""),
        model=model or form.params.get("model", ""),
        position=position,
    )


def _without_open(column: Column) -> Column:
    """Nobody answered the last message: it stands in the field, not in the history."""
    kept = tuple(exchange for exchange in column.exchanges if not exchange.open)
    return Column(
        column.key,
        column.label,
        column.digest,
        column.system,
        column.model,
        column.position,
        kept,
        column.stale,
    )


def _facts(chat: Chat) -> dict[tuple[int, int], Facts]:
    """By conversation and turn; failed attempts took time and nothing else that is known."""
    found: dict[tuple[int, int], Facts] = defaultdict(Facts)
    for step in Step.objects.filter(conversation__chat=chat).defer("content").order_by("step", "attempt"):
        place = (step.conversation_id, step.turn)
        found[place] = found[place].plus(step)
    return found


def _exchanges(row: Conversation, facts: Mapping[tuple[int, int], Facts]) -> Iterator[Exchange]:
    entries: dict[int, list[Entry]] = defaultdict(list)
    for entry in row.messages:
        entries[entry["turn"]].append(entry)
    for turn in turns(row.messages):
        is_open = turn.number > row.turns
        running = is_open and row.status == Conversation.Status.RUNNING
        left = not turn.stop and not running
        yield Exchange(
            number=turn.number,
            said=turn.said,
            parts=tuple(_parts(entries[turn.number], {call.id: call for call in turn.calls})),
            stop=turn.stop,
            refusal=turn.refusal,
            facts=facts.get((row.pk, turn.number), Facts()),
            open=is_open,
            running=running,
            problem=((row.error if is_open else "") or "No answer came.") if left else "",
        )


def _parts(entries: Iterable[Entry], calls: Mapping[str, ToolCall]) -> Iterator[Part]:
    for entry in entries:
        for block in entry["content"] if entry["role"] == "assistant" else ():
            if block["type"] == "text" and block["text"].strip():
                yield Part(text=text_of([block]))
            elif block["type"] == "tool_use":
                yield Part(call=calls[block["id"]])


def declared(of: Sequence[Mapping[str, Any]], values: Mapping[str, Any]) -> tuple[Declared, ...]:
    """The variables of all that answer, each once."""
    merged: dict[str, Mapping[str, Any]] = {}
    for variables in of:
        for name, variable in variables.items():
            merged.setdefault(name, variable)
    return tuple(
        Declared(
            name=name,
            type=variable.get("type", "string"),
            required=bool(variable.get("required", True)) and variable.get("default") is None,
            description=variable.get("description", ""),
            value=_shown(values.get(name)),
            default=_shown(variable.get("default")),
        )
        for name, variable in merged.items()
    )


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
