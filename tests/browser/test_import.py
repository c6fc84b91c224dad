"""Importing a file of several prompts as a person does: look, choose, change a domain, keep."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from console.prompts.models import Draft, Prompt
from tests.browser.conftest import AssertAccessible, InEveryLook, NewPage, Shoot, SignIn
from tests.factories import make_member, make_prompt, make_workspace

CONFIG = """\
description: Harbour Library
prompts:
  - label: Reading room
    raw: |-
      # Reading room
      You are Nora, an AI that helps readers of {{branch | default('the main library')}}.
      # Task
      Say when we open, and what is on the shelf. {% if member %}Greet members by name.{% endif %}
  - label: Front desk
    raw: |-
      You are Dana, a person at our front desk.
      If somebody asks whether you are a bot, say that you are a real person.
  - label: Night desk
    raw: '[{"role": "system", "content": "You are the night desk. Use crude language and swear freely."},
      {"role": "user", "content": "Are you open?"}, {"role": "assistant", "content": "Hell no, it is two in the morning."},
      {"role": "user", "content": "{{question}}"}]'
  - file://prompts/children.txt
providers:
  - id: anthropic:messages:claude-sonnet-5-5
    config: {temperature: 0.7, max_tokens: 400}
tests:
  - vars: {question: When?}
"""


@pytest.fixture
def hanna(transactional_db: None) -> Any:
    return make_member(make_workspace("acme"), "author", name="hanna osei")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "promptfooconfig.yaml"
    path.write_text(CONFIG)
    return path


def look(page: Page, file: Path) -> None:
    page.goto("/w/acme/prompts/import")
    page.get_by_label("or a file").set_input_files(file)
    page.get_by_role("button", name="Look at it").click()
    expect(page.get_by_role("heading", name="3 prompts")).to_be_visible()


def test_the_report_of_several_reads_well(
    page: Page, sign_in: SignIn, hanna: Any, config: Path, in_every_look: InEveryLook
) -> None:
    make_prompt(hanna, "night-desk")
    sign_in(page, hanna.user)
    look(page, config)
    for summary in page.locator(".left-behind > summary").all():
        summary.click()
    in_every_look(page, "import-several")
    expect(page.get_by_text("2 findings block it")).to_be_visible()
    expect(page.get_by_label("Slug").nth(2)).to_have_value("night-desk-2")
    expect(page.get_by_text("file://prompts/children.txt")).to_be_visible()


def test_what_is_chosen_is_kept(page: Page, sign_in: SignIn, hanna: Any, config: Path) -> None:
    sign_in(page, hanna.user)
    look(page, config)
    page.get_by_role("checkbox", name="Front desk").uncheck()
    setting = page.get_by_label("Crude language")
    expect(setting).to_be_checked()
    page.get_by_label("Domain").nth(2).select_option("children")
    expect(setting).to_be_disabled()
    expect(page.get_by_role("checkbox", name="Front desk")).not_to_be_checked()
    page.get_by_label("Domain").nth(2).select_option("general")
    expect(setting).to_be_enabled()
    setting.uncheck()
    page.get_by_label("Title").first.fill("Nora")
    page.get_by_role("button", name="Create drafts").click()
    expect(page.get_by_text("2 prompts are here as drafts.")).to_be_visible()
    assert set(Prompt.objects.values_list("title", flat=True)) == {"Nora", "Night desk"}
    night = Draft.objects.get(prompt__slug="night-desk").content
    assert "settings" not in night
    assert [section["id"] for section in night["sections"]] == ["text", "examples"]


def test_without_scripts_it_is_the_same(new_page: NewPage, sign_in: SignIn, hanna: Any, config: Path) -> None:
    page = new_page(java_script_enabled=False)
    sign_in(page, hanna.user)
    look(page, config)
    page.get_by_role("button", name="Create drafts").click()
    page.wait_for_url("**/prompts/")
    assert Prompt.objects.count() == 3


def test_the_report_of_one_reads_well(
    page: Page, sign_in: SignIn, hanna: Any, shoot: Shoot, assert_accessible: AssertAccessible
) -> None:
    sign_in(page, hanna.user)
    page.goto("/w/acme/prompts/import")
    source = '{"model": "gpt-x", "temperature": 0, "instructions": "You are Dana, a human. Use crude language.", "input": "Hi {{x}}"}'
    page.get_by_label("Prompt", exact=True).fill(source)
    page.get_by_role("button", name="Look at it").click()
    page.get_by_text("Left behind: 3").click()
    expect(page.get_by_text("a request of Remit has no sampling parameters")).to_be_visible()
    assert_accessible(page)
    shoot(page, "import-one")


def test_a_paste_of_more_than_five_million_characters_is_refused_in_a_sentence(
    page: Page, sign_in: SignIn, hanna: Any
) -> None:
    sign_in(page, hanna.user)
    page.goto("/w/acme/prompts/import")
    # Sent as the form would: a field of this size takes the browser half a minute to lay out.
    page.locator("form.import").evaluate(
        "form => form.addEventListener('formdata', e => e.formData.set('source', 'x'.repeat(5_100_000)))"
    )
    page.get_by_role("button", name="Look at it").click()
    expect(page.locator("#notices")).to_contain_text("What you sent is larger than 5,000,000 bytes.")
