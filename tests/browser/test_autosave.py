"""Autosave end to end: what is typed a moment before one leaves is in the database."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from console.embedded.processes import wait_until
from console.prompts.drafts import draft_of
from console.prompts.models import Draft
from tests.browser.conftest import SignIn
from tests.factories import make_member, make_prompt, make_user, make_workspace


def test_what_was_typed_a_moment_before_leaving_is_saved(page: Page, sign_in: SignIn) -> None:
    member = make_member(make_workspace("acme"), user=make_user("ada"))
    draft = draft_of(make_prompt(member, "aria"))
    sign_in(page, member.user)
    page.goto("/w/acme/prompts/aria/compose")
    editor = page.locator("prompt-editor").first.get_by_role("textbox")
    expect(editor).to_be_editable()
    editor.press("Control+End")
    page.keyboard.insert_text(" On the way out 👋.")
    page.goto("/w/acme/")
    assert wait_until(lambda: "On the way out 👋." in str(Draft.objects.get(pk=draft.pk).content), within=10)
