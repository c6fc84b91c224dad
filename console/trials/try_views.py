"""The Try page: a chat beside the prompt, streamed where the browser can, plain where it cannot."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, JsonResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse

from console.accounts.access import MemberRequest, member_view
from console.accounts.permissions import Action, can
from console.htmx import render_region
from console.problems import DomainError, problem_document
from console.prompts.models import Prompt
from console.prompts.pages import prompt_for
from console.provider.at_hand import ask_beside
from console.provider.endpoints import endpoint_for
from console.trials import chat as chats
from console.trials import chat_answers
from console.trials.chat_answers import Delta, Ended, Mailbox
from console.trials.chat_page import Asked, TryPage, chat_page, columns_of, new_page
from console.trials.models import Chat
from console.trials.moves import release_connection
from console.trials.pages import chat_in, chat_of

REGIONS = ("columns",)
TEMPLATE = "trials/try.html"


@member_view("GET", "POST")
def try_prompt(request: MemberRequest, slug: str) -> HttpResponseBase:
    if request.method == "POST":
        return _send(request, slug)
    prompt = prompt_for(request.member, slug)
    page = _page(request, prompt, request.GET)
    return render_region(request, TEMPLATE, _context(request, page), regions=REGIONS)


def _page(request: MemberRequest, prompt: Prompt, data: QueryDict) -> TryPage:
    """What the address names: a chat, or what shall answer in a new one."""
    if given := data.get("chat"):
        return chat_page(prompt, request.member, chat_of(request.member, prompt, given))
    asked = Asked(tuple(_keys(data)), _model(data), data.get("account", ""))
    page = new_page(prompt, request.member, asked, typed=_typed(data))
    ask_beside(endpoint_for(prompt.workspace, page.account))  # the first message needs what its models can do
    return page


def _keys(data: QueryDict) -> list[str]:
    return [key for key in (data.get("a") or chats.DRAFT, data.get("b", "")) if key]


def _model(data: QueryDict) -> str:
    return data.get("model", "").strip()[:100]


def _typed(data: QueryDict) -> dict[str, str]:
    return {name.removeprefix("value."): str(data[name]) for name in data if name.startswith("value.")}


def _context(request: MemberRequest, page: TryPage) -> dict[str, Any]:
    return {
        "nav": "prompts",
        "tab": "try",
        "prompt": page.prompt,
        "page": page,
        "readonly": not can(request.member, Action.RUN, page.prompt),
    }


# --- sending


def _send(request: MemberRequest, slug: str) -> HttpResponseBase:
    streams = "text/event-stream" in request.headers.get("Accept", "")
    try:
        said = _say(request, _said_in(request, slug))
        mailbox = chat_answers.answer(said)
    except DomainError as error:
        return _refused(request, slug, error, as_json=streams)
    if streams:
        return _stream(_lines(request, said, mailbox))
    release_connection()
    for event in chat_answers.events(mailbox, len(said.columns)):
        if isinstance(event, Ended) and event.problem:
            messages.warning(request, event.problem)
    return redirect(_address(said.chat))


def _said_in(request: MemberRequest, slug: str) -> Chat:
    """The chat that the form names, or a new one."""
    if given := request.POST.get("chat"):
        return chat_in(request.member, slug, given)
    prompt = prompt_for(request.member, slug)
    chats.usable(request.POST.get("message", ""))  # before a chat is made for it
    answering = [chats.what_answers(prompt, key) for key in _keys(request.POST)]
    return chats.start_chat(
        member=request.member,
        prompt=prompt,
        answering=answering,
        model=_model(request.POST),
        account=chats.account_named(prompt.workspace, request.POST.get("account", "")),
        values=chats.values_of([form.variables for form in answering], _typed(request.POST)),
        key=_key(request.POST),
    )


def _key(data: QueryDict) -> uuid.UUID | None:
    try:
        return uuid.UUID(data.get("key", ""))
    except ValueError:
        return None


def _say(request: MemberRequest, chat: Chat) -> chats.Said:
    if request.POST.get("again"):
        return chats.say_again(chat=chat, member=request.member)
    return chats.say(chat=chat, message=request.POST.get("message", ""), member=request.member)


def _refused(request: MemberRequest, slug: str, error: DomainError, *, as_json: bool) -> HttpResponseBase:
    """What was typed stays: in the browser's own field, or in the page's."""
    if as_json:
        return JsonResponse(
            problem_document(error), status=error.status, content_type="application/problem+json"
        )
    page = _page(request, prompt_for(request.member, slug), request.POST)
    page.message, page.problem = request.POST.get("message", ""), f"{error.message} {error.what_to_do}"
    return render(request, TEMPLATE, _context(request, page), status=error.status)


def _address(chat: Chat) -> str:
    path = reverse("trials:try", args=[chat.workspace.slug, chat.prompt.slug])
    return f"{path}?chat={chat.pk}"


# --- stopping

LONGEST_STOP = 2.0  # seconds for which a page without scripts waits, so that it shows what came


@member_view("POST")
def stop(request: MemberRequest, slug: str) -> HttpResponseBase:
    """End the answers that are being written in a chat; its stream, if somebody reads it, ends by itself."""
    chat = chat_of(request.member, prompt_for(request.member, slug), request.POST.get("chat", ""))
    chat_answers.stop(chat=chat, member=request.member)
    if "text/html" not in request.headers.get("Accept", ""):
        return HttpResponse(status=204)
    chat_answers.await_end(chat, within=LONGEST_STOP)
    return redirect(_address(chat))


# --- streaming


def _stream(lines: Iterator[bytes]) -> StreamingHttpResponse:
    response = StreamingHttpResponse(lines, content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


def _lines(request: MemberRequest, said: chats.Said, mailbox: Mailbox) -> Iterator[bytes]:
    """Events for <chat-pane>. The answers are written elsewhere: this only tells of them."""
    chat, places = said.chat, {row.pk: row.subject.position for row in said.columns}
    problems: dict[int, str] = {}
    # Whether something can be read: where nobody answered anything the message goes back into the field.
    shown = bool(request.POST.get("again"))
    yield _event("chat", {"chat": chat.pk, "url": _address(chat)})
    release_connection()
    for event in chat_answers.events(mailbox, len(places)):
        if event is None:
            yield b": beat\n\n"
        elif isinstance(event, Delta):
            shown = True
            yield _event("delta", {"column": places[event.column], "text": event.text})
        elif event.problem:
            problems[event.column] = event.problem
        else:
            shown = True
            yield _turn(request, chat, event.column)
        while shown and problems:  # at once: the other column may go on for minutes
            column, problem = problems.popitem()
            yield _turn(request, chat, column)
            yield _event("error", {"column": places[column], "message": problem})
    for column, problem in problems.items():
        yield _event("error", {"column": places[column], "message": problem})
    yield _event("page", {"regions": {"asked": _region(request, chat, "asked")}})
    yield _event("done", {})


def _turn(request: MemberRequest, chat: Chat, conversation: int) -> bytes:
    column = next(column for column, row in columns_of(chat) if row.pk == conversation)
    context = {"exchange": column.exchanges[-1], "column": column, "chat": chat}
    html = render_to_string("trials/_chat_answer.html", context, request)
    release_connection()  # others may still be writing for a while
    return _event("turn", {"column": column.position, "html": html})


def _region(request: MemberRequest, chat: Chat, name: str) -> str:
    page = chat_page(chat.prompt, request.member, chat)
    html = render_to_string(f"{TEMPLATE}#{name}", _context(request, page), request)
    release_connection()
    return html


def _event(name: str, data: Mapping[str, Any]) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n".encode()
