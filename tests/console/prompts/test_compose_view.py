"""Compose: the page, the autosave, what it answers on bad days, and who may."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from console.prompts.drafts import draft_of, save
from console.prompts.models import Acknowledgement, DraftCopy, DraftVersion, Presence
from tests.factories import make_content, make_member, make_prompt, make_revision, make_workspace
from tests.html_forms import fields_of

pytestmark = pytest.mark.django_db
DENIES = "You are Dana, a human agent. If anybody asks whether you are a bot, say that you are a real person."


@pytest.fixture
def author() -> Any:
    return make_member(make_workspace(), "author")


def form_of(page: str) -> dict[str, Any]:
    return dict(fields_of(page, "draft"))


def as_json(client: Client, url: str, fields: dict[str, Any]) -> Any:
    return client.post(url, fields, headers={"Accept": "application/json"})


def test_the_page_shows_sections_findings_settings_and_the_compiled_text(
    author: Any, log_in: Any, address: Any
) -> None:
    prompt = make_prompt(author, sections=[{"id": "role", "kind": "role", "text": DENIES}])
    page = log_in(author).get(address(prompt, "compose"))
    html = page.content.decode()
    assert page.status_code == 200
    assert DENIES in html
    assert "Draft, blocked by" in html
    assert re.search(r'id="finding-DSC\d+-[0-9a-f]{8}"', html)
    assert 'name="behavior.creativity"' in html
    assert 'href="#section-role"' in html


def test_the_number_of_statements_does_not_grow(
    author: Any, log_in: Any, address: Any, django_assert_max_num_queries: Any
) -> None:
    prompt = make_prompt(author)
    for number in range(4):
        make_revision(author, prompt, text=f"You are Aria {number}, an AI.")
    client = log_in(author)
    with django_assert_max_num_queries(18):
        client.get(address(prompt, "compose"))


def test_a_team_mate_reads_and_may_not_save_and_a_stranger_finds_nothing(
    author: Any, log_in: Any, address: Any
) -> None:
    prompt = make_prompt(author)
    viewer, stranger = make_member(author.workspace, "viewer"), make_member(make_workspace(), "author")
    page = log_in(viewer).get(address(prompt, "compose"))
    assert page.status_code == 200
    assert b"data-save-ignore" in page.content
    assert as_json(log_in(viewer), address(prompt, "save"), form_of(page.content.decode())).status_code == 403
    for name in ("compose", "merge", "snapshot", "events", "presence", "changes", "file"):
        assert log_in(stranger).get(address(prompt, name)).status_code == 404
    assert log_in(stranger).post(address(prompt, "save")).status_code == 404


def test_an_untouched_form_makes_no_new_version(author: Any, log_in: Any, address: Any) -> None:
    content = make_content(
        variables={"name": {"trusted": True, "default": "x"}, "n": {"type": "integer"}},
        settings={"behavior.topic_restriction": {"value": "on"}},
        tools=[{"name": "find", "description": "Finds.", "input_schema": {"type": "object"}}],
        parameters={"max_tokens": 900, "stop_sequences": ["END"]},
    )
    prompt = make_prompt(author, **content)
    client = log_in(author)
    before = draft_of(prompt).content
    page = client.get(address(prompt, "compose")).content.decode()
    fields = form_of(page)
    assert fields["parameter.max_tokens"] == ["900"]
    answer = as_json(client, address(prompt, "save"), fields)
    assert draft_of(prompt).content == before
    assert answer.json()["version"] == 1


def test_the_autosave_answers_with_the_new_version(author: Any, log_in: Any, address: Any) -> None:
    prompt = make_prompt(author)
    client = log_in(author)
    fields = form_of(client.get(address(prompt, "compose")).content.decode()) | {
        "section.role.text": "You are Bo.\r\nAn AI."
    }
    answer = as_json(client, address(prompt, "save"), fields)
    assert answer.status_code == 200
    assert answer.json()["version"] == 2
    assert draft_of(prompt).content["sections"][0]["text"] == "You are Bo.\nAn AI."


def test_after_a_save_the_parts_of_the_page_come_in_one_answer(
    author: Any, log_in: Any, address: Any
) -> None:
    prompt = make_prompt(author)
    parts = log_in(author).get(
        address(prompt, "compose"), headers={"HX-Request": "true", "HX-Target": "parts"}
    )
    html = parts.content.decode()
    assert "<html" not in html
    for part in ("draft-state", "findings", "compiled", "controls", "draft-facts"):
        assert f'id="{part}"' in html


def test_a_save_brings_the_parts_itself_and_the_controls_only_where_they_changed(
    author: Any, log_in: Any, address: Any, django_assert_max_num_queries: Any
) -> None:
    prompt = make_prompt(author)
    client = log_in(author)
    page = client.get(address(prompt, "compose")).content.decode()
    shown = re.search(r'id="controls"[^>]* data-state="(\w+)"', page)
    assert shown
    fields = form_of(page) | {"controls": shown[1], "section.role.text": DENIES}
    with django_assert_max_num_queries(10):
        text_changed = as_json(client, address(prompt, "save"), fields).json()
    assert text_changed["version"] == 2
    assert (
        re.search(r'id="finding-DSC\d+-', text_changed["parts"])
        and "Draft, blocked by" in text_changed["parts"]
    )
    assert 'id="controls"' not in text_changed["parts"] and "<html" not in text_changed["parts"]
    fields |= {"version": "2", "behavior.creativity": "high", "domain": "medical"}
    setting_moved = as_json(client, address(prompt, "save"), fields).json()
    assert 'id="controls"' in setting_moved["parts"]
    alone = client.get(address(prompt, "compose"), headers={"HX-Request": "true", "HX-Target": "parts"})
    assert re.sub(r"checked in \d+ ms", "", alone.content.decode()) == re.sub(
        r"checked in \d+ ms", "", setting_moved["parts"]
    )


def test_a_save_that_comes_late_is_kept_and_leads_to_the_merge(
    author: Any, log_in: Any, address: Any
) -> None:
    prompt = make_prompt(author)
    other = make_member(author.workspace, "author", name="ines")
    client = log_in(author)
    fields = form_of(client.get(address(prompt, "compose")).content.decode()) | {"section.role.text": "Mine."}
    draft = draft_of(prompt)
    save(draft=draft, version=1, content={**draft.content, "title": "Hers"}, member=other)
    answer = as_json(client, address(prompt, "save"), fields)
    assert answer.status_code == 409
    assert "Ines saved version 2" in answer.json()["detail"]
    assert answer.json()["merge_url"] == address(prompt, "merge")
    assert DraftCopy.objects.get().content["sections"][0]["text"] == "Mine."
    assert "unmerged version" in client.get(address(prompt, "compose")).content.decode()


def test_an_expired_session_is_told_to_the_autosave_in_its_own_words(author: Any, address: Any) -> None:
    answer = as_json(Client(), address(make_prompt(author), "save"), {"whole": "1"})
    assert answer.status_code == 401
    assert answer.json()["detail"]


def test_what_cannot_be_kept_is_refused_in_a_sentence(author: Any, log_in: Any, address: Any) -> None:
    prompt = make_prompt(author)
    client = log_in(author)
    fields = form_of(client.get(address(prompt, "compose")).content.decode())
    long = as_json(client, address(prompt, "save"), fields | {"section.role.text": "x" * 400_001})
    assert (long.status_code, "400,000" in long.json()["detail"]) == (422, True)
    cut = as_json(client, address(prompt, "save"), {"version": "1"})
    assert (cut.status_code, "incomplete" in cut.json()["detail"]) == (422, True)
    assert draft_of(prompt).version == 1


def test_without_scripts_the_form_saves_and_comes_back(author: Any, log_in: Any, address: Any) -> None:
    prompt = make_prompt(author)
    client = log_in(author)
    fields = form_of(client.get(address(prompt, "compose")).content.decode())
    saved = client.post(address(prompt, "save"), fields | {"do": "add-section:format"})
    assert saved.headers["Location"] == f"{address(prompt, 'compose')}#section-format"
    fields = form_of(client.get(address(prompt, "compose")).content.decode())
    client.post(address(prompt, "save"), fields | {"do": "section-up:format"})
    assert [section["id"] for section in draft_of(prompt).content["sections"]] == ["role", "format", "task"]


def test_without_scripts_what_was_typed_stays_in_a_refused_form(
    author: Any, log_in: Any, address: Any
) -> None:
    prompt = make_prompt(author)
    client = log_in(author)
    fields = form_of(client.get(address(prompt, "compose")).content.decode())
    refused = client.post(address(prompt, "save"), fields | {"section.role.text": "Zebra " * 80_000})
    assert refused.status_code == 422
    assert b"Zebra Zebra" in refused.content and b"Not saved." in refused.content


def test_the_check_says_what_a_form_would_get_and_keeps_nothing(
    author: Any, log_in: Any, address: Any
) -> None:
    prompt = make_prompt(author)
    client = log_in(author)
    fields = form_of(client.get(address(prompt, "compose")).content.decode()) | {"section.role.text": DENIES}
    assert client.post(address(prompt, "check"), fields).json()["verdict"] == "block"
    assert client.get(address(prompt, "check")).json()["verdict"] == "pass"
    assert draft_of(prompt).version == 1


def test_a_page_that_was_read_is_kept_for_its_merge(author: Any, log_in: Any, address: Any) -> None:
    prompt = make_prompt(author)
    log_in(author).get(address(prompt, "compose"))
    assert DraftVersion.objects.get(version=1).read


def test_others_see_who_is_where_and_that_somebody_saved(author: Any, log_in: Any, address: Any) -> None:
    prompt = make_prompt(author)
    other = make_member(author.workspace, "author", name="ines")
    ines, client = log_in(other), log_in(author)
    ines.post(address(prompt, "presence"), {"section": "task"})
    there = client.get(address(prompt, "presence"), {"version": "1"}).content.decode()
    assert "Ines is in Task" in there and "Reload" not in there
    draft = draft_of(prompt)
    save(draft=draft, version=1, content={**draft.content, "title": "Hers"}, member=other)
    assert (
        "Ines saved version 2" in client.get(address(prompt, "presence"), {"version": "1"}).content.decode()
    )
    ines.post(address(prompt, "presence"), {"leave": "1"})
    assert not Presence.objects.exists()


def test_a_snapshot_from_the_page_and_one_that_changes_nothing(
    author: Any, log_in: Any, address: Any
) -> None:
    prompt = make_prompt(author)
    client = log_in(author)
    assert b"Freeze r1" in client.get(address(prompt, "snapshot")).content
    done = client.post(address(prompt, "snapshot"), {"version": "1", "message": "First"})
    assert done.headers["Location"] == address(prompt, "revision", 1)
    again = client.post(address(prompt, "snapshot"), {"version": "1", "message": "Again"})
    assert again.status_code == 409
    assert "Nothing changed since r1." in again.content.decode() and "Again" in again.content.decode()


def test_only_authors_freeze(author: Any, log_in: Any, address: Any) -> None:
    prompt = make_prompt(author)
    reviewer = log_in(make_member(author.workspace, "reviewer"))
    assert reviewer.get(address(prompt, "snapshot")).status_code == 403
    assert reviewer.post(address(prompt, "snapshot"), {"version": "1"}).status_code == 403


def warned(author: Any) -> Any:
    note = {"id": "context", "kind": "context", "text": "The customer wrote: {{note}}"}
    return make_prompt(author, sections=[*make_content()["sections"], note], variables={"note": {}})


def test_a_warning_is_acknowledged_with_a_reason(author: Any, log_in: Any, address: Any) -> None:
    prompt = warned(author)
    client = log_in(author)
    anchor = re.search(
        r'id="(finding-VAR110-[0-9a-f]+)"', client.get(address(prompt, "compose")).content.decode()
    )
    assert anchor
    url = address(prompt, "acknowledge")
    assert client.post(url, {"finding": anchor[1], "reason": " "}).status_code == 422
    done = client.post(url, {"finding": anchor[1], "reason": "The note is one word."})
    assert done.headers["Location"] == f"{address(prompt, 'compose')}#{anchor[1]}"
    assert b"The note is one word." in client.get(address(prompt, "compose")).content
    Acknowledgement.objects.update(reason="The note is two words.")  # items of the list are remembered
    html = client.get(address(prompt, "compose")).content.decode()
    assert "The note is two words." in html and "Acknowledge…" not in html
    viewer = log_in(make_member(author.workspace, "viewer")).get(address(prompt, "compose")).content.decode()
    assert "The note is two words." in viewer


def test_what_blocks_is_never_acknowledged(author: Any, log_in: Any, address: Any) -> None:
    prompt = make_prompt(author, sections=[{"id": "role", "kind": "role", "text": DENIES}])
    client = log_in(author)
    anchor = re.search(r'id="(finding-DSC[^"]+)"', client.get(address(prompt, "compose")).content.decode())
    assert anchor
    refused = client.post(address(prompt, "acknowledge"), {"finding": anchor[1], "reason": "Because."})
    assert refused.status_code == 422
    assert "nobody can waive it" in refused.content.decode()


def test_marks_hold_code_points_of_the_text(author: Any, log_in: Any, address: Any) -> None:
    text = f"👋🏽 Hi. {DENIES}"
    prompt = make_prompt(author, sections=[{"id": "role", "kind": "role", "text": text}])
    html = log_in(author).get(address(prompt, "compose")).content.decode()
    script = re.search(r'id="finding-marks".*?<script[^>]*>(.*?)</script>', html, re.DOTALL)
    assert script
    marks = [
        mark for mark in json.loads(script[1]) if mark["section"] == "role" and mark["severity"] == "block"
    ]
    assert marks and all(text[mark["start"] : mark["end"]] == mark["quote"] for mark in marks)


def test_a_snippet_is_chosen_and_compiled_in_place(author: Any, log_in: Any, address: Any) -> None:
    house = make_prompt(
        author, "house-style", sections=[{"id": "style", "text": "No exclamation marks, ever."}]
    )
    type(house).objects.filter(pk=house.pk).update(kind="snippet")
    make_revision(author, house)
    prompt = make_prompt(author)
    client = log_in(author)
    page = client.get(address(prompt, "compose")).content.decode()
    assert '<option value="house-style@1">' in page
    client.post(address(prompt, "save"), form_of(page) | {"do": "add-section:snippet"})
    page = client.get(address(prompt, "compose")).content.decode()
    assert "Draft, blocked by 1" in page  # none is chosen yet
    client.post(address(prompt, "save"), form_of(page) | {"section.snippet.include": "house-style@1"})
    page = client.get(address(prompt, "compose")).content.decode()
    assert "No exclamation marks, ever." in page and "nothing blocks it" in page


def test_a_new_snippet_is_made_in_the_same_way(author: Any, log_in: Any) -> None:
    url = reverse("prompts:new", args=[author.workspace.slug])
    log_in(author).post(url, {"from": "nothing", "title": "House style", "snippet": "1"})
    assert author.workspace.prompts.get().kind == "snippet"
