"""The Try page over HTTP: who may, what it shows, how it streams, and what it says when something is wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections
from django.urls import reverse

from console.embedded.processes import wait_until
from console.provider.accounts import AccountForm, close_account, make_default, open_account
from console.trials import chat_answers
from console.trials.models import Chat
from tests.factories import make_member, make_prompt, make_revision, make_workspace
from tests.messages_api import Fault, MessagesAPI, messages_api

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def api(settings: Any) -> Iterator[MessagesAPI]:
    with messages_api(key=None) as server:
        settings.ANTHROPIC_BASE_URL = server.url
        yield server


@pytest.fixture
def member():
    return make_member(make_workspace(), "author", "reviewer")


@pytest.fixture
def prompt(member):
    return make_prompt(member)


def address(member, prompt) -> str:
    return reverse("trials:try", args=[member.workspace.slug, prompt.slug])


def stream(client, member, prompt, **form: str) -> list[tuple[str, dict[str, Any]]]:
    client.force_login(member.user)
    response = client.post(address(member, prompt), form, headers={"Accept": "text/event-stream"})
    assert response.headers["Content-Type"] == "text/event-stream"
    blocks = b"".join(response.streaming_content).decode().split("\n\n")
    lines = [block.split("\n") for block in blocks if block]
    return [(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in lines]


def test_the_page_says_what_answers(client, member, prompt):
    client.force_login(member.user)
    make_revision(member, prompt, message="First of all")
    page = client.get(address(member, prompt)).content.decode()
    assert "Draft, version 1" in page
    assert "You are Aria" in page
    assert "r1, First of all" in page
    beside = client.get(address(member, prompt), {"a": "draft", "b": "1"}).content.decode()
    assert 'data-column="1"' in beside


def test_a_message_streams_and_a_reload_shows_it(client, api: MessagesAPI, member, prompt):
    events = stream(client, member, prompt, a="draft", message="Hello")
    names = [name for name, _ in events]
    assert names[0] == "chat" and names[-1] == "done" and {"delta", "turn", "page"} <= set(names)
    turn = next(data for name, data in events if name == "turn")
    assert turn["column"] == 0 and 'class="answer"' in turn["html"]
    page = client.get(events[0][1]["url"]).content.decode()
    assert '<div class="said">Hello</div>' in page
    assert "end_turn" in page


def test_a_stream_holds_no_connection_while_it_waits(client, api: MessagesAPI, member, prompt):
    mine, waited = connections["default"], []
    api.answer = lambda request: (waited.append(wait_until(lambda: mine.connection is None, within=5)), "Hi")[
        1
    ]
    stream(client, member, prompt, message="Hello")
    assert waited == [True]


def test_a_silent_answer_beats(client, api: MessagesAPI, member, prompt, monkeypatch):
    monkeypatch.setattr(chat_answers, "BEAT", 0.02)
    api.latency = 0.3
    client.force_login(member.user)
    response = client.post(
        address(member, prompt), {"message": "Hello"}, headers={"Accept": "text/event-stream"}
    )
    assert b": beat\n\n" in b"".join(response.streaming_content)


def test_what_a_model_says_is_text(client, api: MessagesAPI, member, prompt):
    api.answer = lambda request: "<script>alert(1)</script>"
    events = stream(client, member, prompt, message="Hello")
    assert "<script>" not in next(data for name, data in events if name == "turn")["html"]
    assert b"<script>alert" not in client.get(events[0][1]["url"]).content


def test_without_a_stream_the_form_redirects_to_the_chat(client, api: MessagesAPI, member, prompt):
    client.force_login(member.user)
    answer = client.post(address(member, prompt), {"message": "Hello", "a": "draft"}, follow=True)
    assert answer.redirect_chain[0][0].endswith(f"?chat={Chat.objects.get().pk}")
    assert '<div class="said">Hello</div>' in answer.content.decode()


def test_a_failure_gives_the_message_back(client, api: MessagesAPI, member, prompt):
    api.fail_next(Fault("overloaded"))
    client.force_login(member.user)
    page = client.post(address(member, prompt), {"message": "Hello there"}, follow=True).content.decode()
    assert "Hello there</textarea>" in page and "overloaded" in page
    api.fail_next(Fault("overloaded"))
    events = stream(client, member, prompt, chat=str(Chat.objects.get().pk), message="Hello there")
    assert [name for name, _ in events] == ["chat", "error", "page", "done"]


def test_a_form_that_cannot_be_used_says_why_and_keeps_the_text(client, member, prompt):
    client.force_login(member.user)
    answer = client.post(address(member, prompt), {"message": "Hello there", "a": "77"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "has no revision “77”" in page and "Hello there</textarea>" in page
    answer = client.post(
        address(member, prompt), {"message": "", "a": "draft"}, headers={"Accept": "text/event-stream"}
    )
    assert answer.status_code == 422 and "nothing to send" in answer.json()["detail"]


def test_the_account_that_was_chosen_is_called(client, api: MessagesAPI, member, prompt, settings):
    admin = make_member(member.workspace, "admin")
    with messages_api(key=None) as other:
        settings.REMIT_PROVIDER_ORIGINS = [api.url, other.url]
        usual, chosen = (
            open_account(member=admin, form=AccountForm(name, "messages", where), key="key")
            for name, where in (("Usual", api.url), ("Second", other.url))
        )
        make_default(account=usual, member=admin)
        client.force_login(member.user)
        page = client.get(address(member, prompt), {"account": chosen.pk}).content.decode()
        assert "Usual, the default" in page and f'value="{chosen.pk}" selected' in page
        events = stream(client, member, prompt, account=str(chosen.pk), message="Hello")
        stream(client, member, prompt, chat=str(events[0][1]["chat"]), message="And now?")
        stream(client, member, prompt, message="Hello")
        assert (len(other.calls), len(api.calls)) == (2, 1)
    close_account(account=chosen, member=admin)
    closed = client.post(address(member, prompt), {"message": "Hi", "account": chosen.pk})
    assert closed.status_code == 422 and "The account Second is closed." in closed.content.decode()
    strangers = open_account(
        member=make_member(make_workspace(), "admin"),
        form=AccountForm("Theirs", "messages", api.url),
        key="key",
    )
    absent = {"message": "Hi", "account": strangers.pk}
    assert "has no such provider account" in client.post(address(member, prompt), absent).content.decode()


def test_a_draft_that_cannot_be_read_says_so(client, member, prompt):
    draft = prompt.drafts.get()
    draft.content = draft.content | {"variables": {"x": {"type": "colour"}}}
    draft.save()
    client.force_login(member.user)
    page = client.get(address(member, prompt)).content.decode()
    assert "can’t be tried yet" in page or "can&#x27;t be tried yet" in page


def test_a_chat_is_its_persons_own(client, api: MessagesAPI, member, prompt):
    url = stream(client, member, prompt, message="Hello")[0][1]["url"]
    mate, viewer, stranger = (
        make_member(member.workspace, "author"),
        make_member(member.workspace, "viewer"),
        make_member(make_workspace(), "author"),
    )
    for other, status in ((mate, 404), (stranger, 404)):
        client.force_login(other.user)
        assert client.get(url).status_code == status
    client.force_login(viewer.user)
    assert b"It takes the role" in client.get(address(member, prompt)).content
    assert client.post(address(member, prompt), {"message": "Hello"}).status_code == 403
    client.force_login(stranger.user)
    assert client.get(address(member, prompt)).status_code == 404


def test_a_chat_of_another_prompt_is_not_there(client, api: MessagesAPI, member, prompt):
    stream(client, member, prompt, message="Hello")
    other = make_prompt(member)
    for given in (str(Chat.objects.get().pk), "0", "x", "9" * 30):
        assert client.get(address(member, other), {"chat": given}).status_code == 404


def test_the_page_takes_few_statements_however_long_the_chat(
    client, api: MessagesAPI, member, prompt, django_assert_max_num_queries
):
    make_revision(member, prompt)
    first = stream(client, member, prompt, a="draft", b="1", message="Hello")
    url = first[0][1]["url"]
    with django_assert_max_num_queries(25) as short:
        client.get(url)
    for text in ("One", "Two"):
        stream(client, member, prompt, chat=str(first[0][1]["chat"]), message=text)
        stream(client, member, prompt, message=text)
    with django_assert_max_num_queries(25) as long:
        client.get(url)
    assert len(long) <= len(short)


def test_stopping_is_a_post_on_ones_own_chat(client, api: MessagesAPI, member, prompt):
    chat = stream(client, member, prompt, message="Hello")[0][1]["chat"]
    url = reverse("trials:stop", args=[member.workspace.slug, prompt.slug])
    assert client.get(url).status_code == 405
    assert client.post(url, {"chat": chat}, headers={"Accept": "application/json"}).status_code == 204
    page = client.post(url, {"chat": chat}, headers={"Accept": "text/html,*/*"})
    assert page.status_code == 302 and page["Location"].endswith(f"?chat={chat}")
    assert client.post(url, {"chat": "x"}).status_code == 404
    mate = make_member(member.workspace, "author")
    client.force_login(mate.user)
    assert client.post(url, {"chat": chat}).status_code == 404


def test_a_page_that_is_loaded_meanwhile_says_so_and_can_stop(client, api: MessagesAPI, member, prompt):
    api.gap, api.answer = 0.05, lambda request: "word " * 500
    client.force_login(member.user)
    response = client.post(
        address(member, prompt), {"message": "Hello"}, headers={"Accept": "text/event-stream"}
    )
    lines = iter(response.streaming_content)
    while b"event: delta" not in next(lines):
        pass
    chat = Chat.objects.get()
    page = client.get(address(member, prompt), {"chat": chat.pk}).content.decode()
    assert "The answer is being written" in page and '<div class="said">Hello</div>' in page
    assert "Hello</textarea>" not in page
    url = reverse("trials:stop", args=[member.workspace.slug, prompt.slug])
    page = client.post(url, {"chat": chat.pk}, headers={"Accept": "text/html"}, follow=True).content.decode()
    assert "stopped by you" in page and "about" in page
    assert "event: done" in b"".join(lines).decode()
