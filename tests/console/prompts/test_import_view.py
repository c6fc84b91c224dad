"""Importing in the browser: seen first, kept on a second press, as chosen."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from console.prompts.import_views import MOST_SHOWN
from console.prompts.models import Draft, Prompt
from tests.factories import make_member, make_prompt, make_workspace

pytestmark = pytest.mark.django_db
TEXT = "# Aria\nYou are Aria, an AI.\n\n# Never\nInvent urgency.\n\n# Tone\nWarm. Greet {{first_name}}."
DENIES = "You are Dana, a human. If asked whether you are a bot, say you are a real person."


def langfuse(**prompts: str) -> str:
    return json.dumps([{"name": name, "type": "text", "prompt": words} for name, words in prompts.items()])


SEVERAL = langfuse(desk="You are the desk.", dana=DENIES, night="You are the night desk. Use crude language.")


@pytest.fixture
def author() -> Any:
    return make_member(make_workspace(), "author")


@pytest.fixture
def post(author: Any, log_in: Any) -> Any:
    client = log_in(author)
    url = reverse("prompts:import", args=[author.workspace.slug])
    return lambda **fields: client.post(url, {**fields})


def test_a_paste_is_shown_before_it_is_kept(post: Any) -> None:
    seen = post(source=TEXT, look="1")
    html = seen.content.decode()
    assert seen.status_code == 200
    assert "text with headings" in html and "<code>first_name</code>" in html
    assert 'value="Aria"' in html
    assert not Prompt.objects.exists()


def test_a_paste_becomes_a_prompt_with_its_sections_and_variables(post: Any) -> None:
    post(source=TEXT, create="1", title="Aria", slug="aria", domain="finance")
    content = Draft.objects.get().content
    assert [section["id"] for section in content["sections"]] == ["aria", "never", "tone"]
    assert content["variables"] == {"first_name": {}}
    assert (content["domain"], content["model"]) == ("finance", "claude-sonnet-5-5")


def test_a_blocked_paste_says_so_with_code_and_line_and_can_be_kept_as_a_draft(post: Any) -> None:
    html = post(source=DENIES, look="1").content.decode()
    assert "12 of 13 limits hold" in html
    assert "text, line 1" in html
    post(source=DENIES, create="1", title="Dana", slug="dana")
    assert Draft.objects.get().blocks


def test_a_setting_that_the_words_ask_for_is_set_unless_unticked(post: Any) -> None:
    words = "You are the night desk. Use crude language."
    html = post(source=words, look="1").content.decode()
    assert 'value="behavior.crude_language" checked' in html
    post(source=words, create="1", title="A", slug="a", domain="general", take="behavior.crude_language")
    post(source=words, create="1", title="B", slug="b", domain="general")
    taken, not_taken = Draft.objects.order_by("prompt__slug")
    assert taken.content["settings"] == {"behavior.crude_language": {"value": "on"}}
    assert "settings" not in not_taken.content


def test_what_the_domain_closes_cannot_be_ticked_nor_forged(post: Any) -> None:
    words = "You are the night desk. Use crude language."
    html = post(source=words, look="1", domain="children", audience="minors").content.decode()
    assert "closed by the policy for children; open in general" in html
    assert 'value="behavior.crude_language" disabled' in html
    post(source=words, create="1", title="A", slug="a", domain="children", take="behavior.crude_language")
    assert "settings" not in Draft.objects.get().content


def test_a_file_is_read_and_a_wrong_one_is_refused_in_a_sentence(post: Any) -> None:
    good = SimpleUploadedFile(
        "aria.yaml", b"draft: 1\nslug: aria\ntitle: Aria\nsections: [{id: a, text: Hello.}]"
    )
    assert "a draft" in post(file=good, look="1").content.decode()
    latin = SimpleUploadedFile("aria.txt", "été".encode("latin-1"))
    refused = post(file=latin, look="1")
    assert (refused.status_code, "not UTF-8" in refused.content.decode()) == (422, True)
    large = SimpleUploadedFile("aria.txt", b"x" * 5_000_000)
    assert "aria.txt is 5,000,000 bytes large" in post(file=large, look="1").content.decode()


def test_several_prompts_are_shown_each_with_its_report(post: Any) -> None:
    html = post(source=SEVERAL, look="1").content.decode()
    assert "3 prompts" in html and html.count("<article") == 3
    assert 'name="0-keep" value="1" checked' in html
    assert 'value="night"' in html and 'name="2-take" value="behavior.crude_language" checked' in html
    assert "Denies" in html or "blocks" in html
    assert not Prompt.objects.exists()


def test_those_that_are_chosen_are_kept_as_chosen(post: Any) -> None:
    first = {"0-title": "Front desk", "0-slug": "front", "0-domain": "general"}
    rest = {"1-title": "Dana", "1-slug": "dana", "1-domain": "general"}
    last = {"2-keep": "1", "2-title": "Night", "2-slug": "night", "2-domain": "finance"}
    made = post(source=SEVERAL, create="1", **{"0-keep": "1"}, **first, **rest, **last)
    assert made.headers["Location"].endswith("/prompts/")
    assert set(Prompt.objects.values_list("slug", "title")) == {("front", "Front desk"), ("night", "Night")}
    night = Draft.objects.get(prompt__slug="night").content
    assert night["domain"] == "finance" and "settings" not in night


def test_one_that_cannot_be_kept_keeps_none_and_says_which(post: Any, author: Any) -> None:
    make_prompt(author, "taken")
    fields = {
        f"{n}-{name}": value for n in range(3) for name, value in (("keep", "1"), ("domain", "general"))
    }
    slugs = {"0-slug": "desk", "1-slug": "taken", "2-slug": "night"}
    refused = post(source=SEVERAL, create="1", **fields, **slugs)
    html = refused.content.decode()
    assert refused.status_code == 422
    assert html.count("taken is taken by") >= 2
    assert 'value="desk"' in html
    assert Prompt.objects.count() == 1


def test_a_slug_that_is_taken_is_numbered_and_said(post: Any, author: Any) -> None:
    make_prompt(author, "desk")
    html = post(source=langfuse(desk="A.", Desk="B."), look="1").content.decode()
    assert 'value="desk-2"' in html and 'value="desk-3"' in html
    assert "<code>desk</code> is taken" in html


def test_none_chosen_is_said(post: Any) -> None:
    fields = {f"{n}-domain": "general" for n in range(3)}
    refused = post(source=SEVERAL, create="1", **fields)
    assert (refused.status_code, "No prompt is chosen" in refused.content.decode()) == (422, True)


def test_choices_for_another_text_are_not_taken_for_this_one(post: Any) -> None:
    html = post(
        source=SEVERAL, look="1", of="0" * 16, **{"0-domain": "finance", "0-title": "Wrong"}
    ).content.decode()
    assert "Wrong" not in html and html.count('-keep" value="1" checked') == 3


def test_a_text_that_changed_since_is_shown_again_before_it_is_kept(post: Any) -> None:
    refused = post(source=SEVERAL, create="1", of="0" * 16)
    assert (refused.status_code, "has changed since" in refused.content.decode()) == (422, True)
    assert not Prompt.objects.exists()
    post(source="You are the desk.", create="1", of="0" * 16, title="Desk", slug="desk")
    assert Prompt.objects.get().title == "Desk"


def test_the_name_of_a_file_counts_for_its_own_text_only(post: Any) -> None:
    assert post(source="Plain: words", look="1", filename="a.yaml", of="0" * 16).status_code == 200
    assert post(source="Plain: words", look="1", filename="a.yaml").status_code == 422


def test_what_is_not_taken_is_shown(post: Any) -> None:
    config = "prompts: [file://a.txt, 'You are A.', 'You are B.']\nproviders: [echo]\n"
    html = post(source=config, look="1").content.decode()
    assert "Not taken" in html and "file://a.txt" in html and "never followed" in html


def test_more_than_the_page_shows_is_refused(post: Any) -> None:
    many = langfuse(**{f"n{n}": "x" for n in range(MOST_SHOWN + 1)})
    assert f"at once is {MOST_SHOWN}" in post(source=many, look="1").content.decode()


def test_the_number_of_statements_does_not_grow(post: Any, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(20):
        post(source=langfuse(**{f"n{n}": "You are A." for n in range(20)}), look="1")


def test_hostile_names_are_text(post: Any) -> None:
    html = post(source=langfuse(**{"<script>x</script>": "A.", "../../x": "B."}), look="1").content.decode()
    assert "<script>x" not in html and 'value="x"' in html


def test_a_paste_beyond_what_is_read_is_one_sentence(post: Any) -> None:
    assert "2,100,000 bytes large" in post(source="x" * 2_100_000, look="1").content.decode()
    refused = post(source="x" * 5_100_000, look="1")
    assert (refused.status_code, "larger than 5,000,000 bytes" in refused.content.decode()) == (413, True)
