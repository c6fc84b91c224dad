"""Accounts at providers as an admin meets them: opened, tested, budgets set, a run started on one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from console.trials.batches.following import look_after
from tests import live
from tests.browser.conftest import AssertAccessible, InEveryLook, NewPage, Shoot, SignIn
from tests.factories import make_member, make_prompt, make_revision, make_suite, make_workspace
from tests.messages_api import MessagesAPI, messages_api


@pytest.fixture(scope="module")
def scripted() -> Iterator[MessagesAPI]:
    with messages_api(key="sk-right-key") as server:
        yield server


@pytest.fixture(scope="module")
def live_site(django_db_setup: None, scripted: MessagesAPI) -> Iterator[live.Site]:
    with live.site(REMIT_PROVIDER_ORIGINS=scripted.url, REMIT_REHEARSAL_URL="http://127.0.0.1:9") as site:
        yield site


def test_an_account_is_opened_tested_and_used(
    page: Page,
    new_page: NewPage,
    sign_in: SignIn,
    scripted: MessagesAPI,
    shoot: Shoot,
    assert_accessible: AssertAccessible,
    in_every_look: InEveryLook,
    settings: Any,
) -> None:
    hanna = make_member(make_workspace("acme"), "author", "admin", name="hanna osei")
    sign_in(page, hanna.user)
    page.goto("/w/acme/provider/")
    form = page.locator("form", has=page.get_by_role("button", name="Open the account"))
    form.get_by_label("Name").fill("Gateway")
    form.get_by_label("Kind").select_option("messages")
    form.get_by_label("Address").fill("http://10.0.0.1")
    form.get_by_label("Key", exact=False).last.fill("sk-wrong-key")
    form.get_by_role("button").click()
    expect(page.get_by_role("alert")).to_contain_text("Calls may not go to http://10.0.0.1")
    expect(form.get_by_label("Name")).to_have_value("Gateway")
    form.get_by_label("Address").fill(scripted.url)
    form.get_by_label("Key", exact=False).last.fill("sk-wrong-key")
    form.get_by_role("button").click()

    page.get_by_role("button", name="Test it").click()
    expect(page.locator("#tested")).to_contain_text("The provider refuses the key: invalid x-api-key.")
    page.get_by_label("New key").fill("sk-right-key")
    page.get_by_role("button", name="Replace the key").click()
    page.get_by_role("button", name="Test it").click()
    expect(page.locator("#tested")).to_contain_text("It answers")
    expect(page.locator("#tested")).to_contain_text("it lists 2 models")
    assert "sk-right" not in page.content()
    assert_accessible(page)
    shoot(page, "provider-account")

    page.get_by_role("link", name="Budgets").click()
    page.get_by_label("Money of a month").fill("25")
    page.get_by_label("Money of a run").fill("500")
    page.get_by_role("button", name="Put in force").click()
    expect(page.locator("main")).to_contain_text("may be at most 100")
    page.get_by_label("Money of a run").fill("5")
    page.get_by_role("button", name="Put in force").click()
    expect(page.locator("main")).to_contain_text("of $25.00")
    page.get_by_role("link", name="Accounts").click()
    in_every_look(page, "provider-accounts")

    prompt = make_prompt(hanna, "aria")
    make_revision(hanna, prompt)
    make_suite(hanna.workspace)
    page.goto("/w/acme/prompts/aria/trials/new/")
    expect(page.get_by_label("Provider account")).to_contain_text("Gateway")
    expect(page.locator("#estimate")).to_contain_text("Calls, about")
    page.get_by_label("Economy (batch)").check()
    expect(page.locator("#estimate")).to_contain_text("the answers at the price of batches")
    assert_accessible(page)
    shoot(page, "provider-new-run")
    scripted.batches.hold = True
    page.get_by_role("button", name="Start the run").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Run 1")
    settings.REMIT_PROVIDER_ORIGINS = [scripted.url]
    assert look_after("") and look_after(""), "a batch is formed and sent"
    expect(page.locator("#batches")).to_contain_text("in progress")
    expect(page.locator("#batches")).to_contain_text("0 of 3")
    expect(page.get_by_role("img", name="0 of 3 passed, 3 in a batch")).to_be_visible()
    expect(page.locator("main")).to_contain_text("No verdict before every planned conversation is in.")
    in_every_look(page, "provider-economy-run")
    page.goto("/w/acme/prompts/aria/try?b=1")
    page.get_by_label("Provider account").select_option(label="Gateway, the default")
    assert_accessible(page)
    shoot(page, "provider-try")
    page.goto("/w/acme/provider/budgets")
    expect(page.locator("main")).to_contain_text("for what waits in message batches")
    in_every_look(page, "provider-budgets")
