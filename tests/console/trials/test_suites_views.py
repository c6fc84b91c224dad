"""Suites in the browser's words: the list, reading, filtering, importing, exporting, editing, keeping a chat."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from console.trials import chat as chats
from console.trials import chat_answers
from console.trials.models import Suite
from console.trials.scenario_form import form_of
from console.trials.scenarios import parse_scenario, parse_scenarios
from tests.factories import make_member, make_prompt, make_scenario, make_suite, make_workspace
from tests.messages_api import Answer, MessagesAPI, messages_api

pytestmark = pytest.mark.django_db
SEED = Path("console/home/seed")


@pytest.fixture
def member():
    return make_member(make_workspace(), "author")


@pytest.fixture
def signed_in(client, member):
    client.force_login(member.user)
    return client


@pytest.fixture
def version(member):
    hello = make_scenario("hello", "Hello", "What does it cost?", expect=[EXPECTED])
    return make_suite(member.workspace, hello, make_scenario("bye", "Goodbye"), slug="core")


EXPECTED = {"kind": "contains", "value": "fee", "turn": 2, "why": "They ask for it."}


def url(member, name: str, *rest: Any) -> str:
    return reverse(f"trials:{name}", args=[member.workspace.slug, *rest])


def line(id: str, **fields: Any) -> str:
    return json.dumps({"id": id, "title": id, "turns": [{"user": "Hi"}], "expect": []} | fields)


def newest(slug: str = "core"):
    return Suite.objects.get(slug=slug).versions.first()


def ids(slug: str = "core") -> list[str]:
    return [form["id"] for form in newest(slug).scenarios]


# --- reading


def test_without_suites_the_list_says_what_they_are(signed_in, member):
    page = signed_in.get(url(member, "suites")).content.decode()
    assert "There is no suite yet" in page and url(member, "new-suite") in page


def test_the_list_names_what_there_is(signed_in, member, version):
    page = signed_in.get(url(member, "suites")).content.decode()
    assert "Core" in page and "none yet" in page


def test_a_suite_reads_like_a_conversation(signed_in, member, version):
    page = signed_in.get(url(member, "suite", "core")).content.decode()
    for words in ("What does it cost?", "Turn 2 contains", "“fee”", "They ask for it.", version.digest):
        assert words in page


def test_the_filter_finds_words_anywhere(signed_in, member, version):
    page = signed_in.get(url(member, "suite", "core"), {"q": "COST fee"}).content.decode()
    assert "1 of 2 scenarios" in page and 'id="bye"' not in page
    assert (
        "No scenario has these words"
        in signed_in.get(url(member, "suite", "core"), {"q": "nobody"}).content.decode()
    )


def test_the_page_of_a_large_suite_takes_few_statements(
    signed_in, member, version, django_assert_max_num_queries
):
    make_suite(member.workspace, *(make_scenario(f"s{n}") for n in range(200)), slug="large")
    with django_assert_max_num_queries(20):
        page = signed_in.get(url(member, "suite", "large")).content.decode()
    assert page.count('class="scenario"') == 60
    with django_assert_max_num_queries(20):
        signed_in.get(url(member, "suites"))


@pytest.mark.parametrize("number", ["7", "0", "9" * 30])
def test_a_version_that_is_not_there(signed_in, member, version, number):
    status = signed_in.get(url(member, "suite", "core"), {"version": number}).status_code
    assert status == (200 if len(number) > 9 else 404)


def test_strangers_find_nothing_and_viewers_only_read(client, member, version):
    client.force_login(make_member(make_workspace(), "author").user)
    assert client.get(url(member, "suites")).status_code == 404
    client.force_login(make_member(member.workspace, "viewer").user)
    page = client.get(url(member, "suite", "core"))
    assert page.status_code == 200 and b"Import" not in page.content
    assert client.post(url(member, "suite", "core"), {"text": line("x")}).status_code == 403
    for name in ("scenario", "new-scenario"):
        rest = ["core", "hello"] if name == "scenario" else ["core"]
        assert client.get(url(member, name, *rest)).status_code == 403
        assert client.post(url(member, name, *rest)).status_code == 403
    assert client.get(url(member, "new-suite")).status_code == 403


# --- in and out


def test_what_is_exported_comes_in_again_unchanged(signed_in, member, version):
    answer = signed_in.get(url(member, "suite-export", "core", 1, "jsonl"))
    assert "core-v1.jsonl" in answer.headers["Content-Disposition"]
    signed_in.post(
        url(member, "suite", "core"), {"version": 1, "how": "replace", "text": answer.content.decode()}
    )
    assert newest().number == 1


def test_an_import_adds_or_replaces(signed_in, member, version):
    text = f"{line('bye', title='Bye again')}\n{line('new')}"
    signed_in.post(url(member, "suite", "core"), {"version": 1, "how": "add", "text": text})
    assert ids() == ["hello", "bye", "new"] and newest().scenarios[1]["title"] == "Bye again"
    signed_in.post(url(member, "suite", "core"), {"version": 2, "how": "replace", "text": text})
    assert ids() == ["bye", "new"] and newest().number == 3


def test_every_wrong_line_is_named_and_nothing_is_lost(signed_in, member, version):
    text = "\n".join(
        [
            line("ok"),
            "{broken",
            line("two", turns=[]),
            line("ok"),
            line("three", expect=[{"kind": "contians", "value": "x"}]),
        ]
    )
    file = SimpleUploadedFile("s.jsonl", text.encode())
    answer = signed_in.post(url(member, "suite", "core"), {"version": 1, "how": "add", "file": file})
    assert answer.status_code == 422
    page = answer.content.decode()
    for words in ("Line 2:", "Line 3:", "Line 4:", "Line 5:", "contians", "{broken"):
        assert words in page
    assert newest().number == 1


@pytest.mark.parametrize(
    ("content", "words"), [(b"", "no scenario"), (b"\xff\xfe\x00", "UTF-8"), (b"[1]", "Scenario 1")]
)
def test_files_that_hold_no_scenarios(signed_in, member, version, content, words):
    form = {"version": 1, "how": "add", "file": SimpleUploadedFile("s.jsonl", content)}
    answer = signed_in.post(url(member, "suite", "core"), form)
    assert answer.status_code == 422 and words in answer.content.decode()


def test_an_import_over_a_newer_version_is_held_back_once(signed_in, member, version):
    form = {"version": 1, "how": "replace", "text": line("mine")}
    signed_in.post(url(member, "suite", "core"), {"version": 1, "how": "add", "text": line("theirs")})
    answer = signed_in.post(url(member, "suite", "core"), form)
    assert answer.status_code == 409 and "mine" in answer.content.decode()
    assert 'name="version" value="2"' in answer.content.decode()
    signed_in.post(url(member, "suite", "core"), form | {"version": 2})
    assert ids() == ["mine"]


def test_a_new_suite(signed_in, member):
    form = {"title": "Fees", "slug": "fees", "text": line("one")}
    assert signed_in.post(url(member, "new-suite"), form).status_code == 302
    assert ids("fees") == ["one"]
    again = signed_in.post(url(member, "new-suite"), form)
    assert again.status_code == 422 and "already" in again.content.decode()


# --- one scenario


def fields(data: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """What a browser sends of the form of ``data``."""
    form = form_of(data)
    rows = {
        f"expect.{name}": [getattr(row, name) for row in form.expect_rows]
        for name in ("kind", "turn", "value", "why", "limit")
    }
    names = ("id", "title", "purpose", "domain", "covers", "tools", "more")
    return {**{n: getattr(form, n) for n in names}, "turn": list(form.turn_rows), **rows, **changes}


@pytest.mark.parametrize("file", ["bank-support.jsonl", "clinic-information.jsonl"])
def test_the_form_of_a_scenario_says_all_of_it(rf, file):
    from django.http import QueryDict

    from console.trials.scenario_form import typed_form

    for scenario in parse_scenarios((SEED / file).read_text()):
        data = scenario.to_dict()
        post = QueryDict(mutable=True)
        for name, value in fields(data).items():
            post.setlist(name, value if isinstance(value, list) else [value])
        assert typed_form(post).read() == parse_scenario(data)


def test_a_scenario_is_edited_as_a_form(signed_in, member, version):
    page = url(member, "scenario", "core", "hello")
    assert b"What does it cost?" in signed_in.get(page).content
    data = newest().scenarios[0]
    answer = signed_in.post(page, fields(data, version=1, title="Asks twice"))
    assert answer.status_code == 302
    assert newest().number == 2 and newest().scenarios[0] == data | {"title": "Asks twice"}


def test_what_has_several_lines_keeps_them_in_the_form(signed_in, member):
    expect = [{"kind": "contains", "value": "one\ntwo", "why": "a\nb"}, {"kind": "contains", "value": "one"}]
    made = make_suite(member.workspace, make_scenario("lines", expect=expect), slug="lines")
    address = reverse("trials:scenario", args=[member.workspace.slug, made.suite.slug, "lines"])
    page = signed_in.get(address).content.decode()
    assert '<textarea id="value-1"' in page and '<textarea id="why-1"' in page
    assert '<textarea id="value-2"' not in page


def test_rows_are_added_without_saving(signed_in, member, version):
    form = fields(newest().scenarios[0], version=1, title="Not yet", do="turns")
    page = signed_in.post(url(member, "scenario", "core", "hello"), form).content.decode()
    assert page.count('name="turn"') == 3 and "Not yet" in page and newest().number == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"title": ""}, "title"),
        ({"id": "a b"}, "id"),
        ({"id": "bye"}, "is taken"),
        ({"turn": ["", ""]}, "turns"),
        ({"tools": "{not json"}, "Tools"),
        ({"more": '{"turns": []}'}, "has its own place"),
        ({"more": "[]"}, "JSON object"),
        ({"expect.kind": ["max_words", ""], "expect.value": ["many", ""]}, "Expectation 1"),
        ({"expect.turn": ["9", "last"]}, "2 turns"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(signed_in, member, version, changes, words):
    form = fields(newest().scenarios[0], version=1, domain="kept-domain") | changes
    answer = signed_in.post(url(member, "scenario", "core", "hello"), form)
    assert answer.status_code in (409, 422)
    page = answer.content.decode()
    assert words in page and "kept-domain" in page and newest().number == 1


def test_a_scenario_is_edited_as_json(signed_in, member, version):
    page = url(member, "scenario", "core", "hello")
    assert b"&quot;id&quot;: &quot;hello&quot;" in signed_in.get(page, {"as": "json"}).content
    wrong = signed_in.post(f"{page}?as=json", {"version": 1, "source": "{"})
    assert wrong.status_code == 422
    signed_in.post(f"{page}?as=json", {"version": 1, "source": line("hello", title="By hand")})
    assert newest().scenarios[0]["title"] == "By hand"


def test_two_who_edit_one_scenario_do_not_overwrite_each_other(signed_in, member, version):
    data = newest().scenarios[0]
    page = url(member, "scenario", "core", "hello")
    signed_in.post(page, fields(data, version=1, title="Theirs"))
    answer = signed_in.post(page, fields(data, version=1, title="Mine"))
    assert answer.status_code == 409 and "Mine" in answer.content.decode()
    assert newest().scenarios[0]["title"] == "Theirs"
    signed_in.post(page, fields(data, version=2, title="Mine"))
    assert newest().scenarios[0]["title"] == "Mine"


def test_two_who_edit_different_scenarios_both_get_their_way(signed_in, member, version):
    hello, bye = newest().scenarios
    signed_in.post(url(member, "scenario", "core", "hello"), fields(hello, version=1, title="One"))
    signed_in.post(url(member, "scenario", "core", "bye"), fields(bye, version=1, title="Two"))
    assert [form["title"] for form in newest().scenarios] == ["One", "Two"]


def test_a_scenario_is_added_and_left_out(signed_in, member, version):
    signed_in.post(
        url(member, "new-scenario", "core"),
        {"version": 1, "id": "third", "title": "Third", "turn": ["Hello"], "purpose": "adherence"},
    )
    assert ids() == ["hello", "bye", "third"]
    signed_in.post(url(member, "scenario", "core", "bye"), {"version": 2, "do": "remove"})
    assert ids() == ["hello", "third"]
    assert signed_in.get(url(member, "scenario", "core", "bye")).status_code == 404


# --- a chat is kept


@pytest.fixture
def api(settings: Any, transactional_db: None) -> Iterator[MessagesAPI]:
    with messages_api(key=None) as server:
        settings.ANTHROPIC_BASE_URL = server.url
        yield server


@pytest.fixture
def chat(api, member):
    tool = {"name": "find_card", "description": "", "input_schema": {"type": "object"}}
    api.answer = lambda request: (
        "It is yours."
        if "tool_result" in str(request.body["messages"][-1])
        else Answer("", tool_uses=(("find_card", {"last": "81"}),))
    )
    prompt = make_prompt(member, tools=[tool | {"reversible": True, "requires_confirmation": False}])
    chat = chats.start_chat(member=member, prompt=prompt, answering=[chats.what_answers(prompt, chats.DRAFT)])
    said = chats.say(chat=chat, message="Whose card ends in 81?", member=member)
    list(chat_answers.events(chat_answers.answer(said), 1))
    return chat


def test_a_chat_becomes_a_scenario_of_a_new_suite(signed_in, member, chat):
    page = url(member, "keep", chat.prompt.slug, chat.pk)
    shown = signed_in.get(page).content.decode()
    assert "Whose card ends in 81?" in shown and "It is yours." in shown and "find_card" in shown
    form = {
        "suite": "new",
        "suite_title": "By hand",
        "id": "card",
        "title": "Whose card",
        "purpose": "adherence",
        "domain": "finance",
        "turn": ["Whose card ends in 81?"],
        "expect.kind": ["contains", ""],
        "expect.turn": ["last", "last"],
        "expect.value": ["yours", ""],
        "expect.why": ["", ""],
        "expect.limit": ["", ""],
        "tools": '[{"name": "find_card", "fixtures": [{"when": {"last": "81"}, "result": {"owner": "you"}}]}]',
    }
    nothing = signed_in.post(page, form | {"expect.kind": ["", ""]})
    assert nothing.status_code == 422 and "at least one expectation" in nothing.content.decode()
    assert signed_in.post(page, form).status_code == 302
    suite = Suite.objects.get(slug="by-hand")
    assert list(suite.prompts.all()) == [chat.prompt]
    (kept,) = suite.versions.get().scenarios
    assert kept["expect"][0]["value"] == "yours" and kept["tools"][0]["fixtures"][0]["when"] == {"last": "81"}
    again = signed_in.post(page, form | {"suite": "by-hand"})
    assert again.status_code == 422 and "is taken" in again.content.decode()
    signed_in.post(page, form | {"suite": "by-hand", "id": "card-2"})
    assert ids("by-hand") == ["card", "card-2"]


def test_only_its_person_keeps_a_chat(client, member, chat):
    client.force_login(make_member(member.workspace, "author").user)
    assert client.get(url(member, "keep", chat.prompt.slug, chat.pk)).status_code == 404
