"""What an admin does for programs: a token with rights, a webhook that is tried and told of a real move, the reference."""

from __future__ import annotations

import json
from typing import Any

import httpx2
from playwright.sync_api import expect
from standardwebhooks import Webhook as Verifier

from console.embedded.processes import wait_until
from console.releases.models import Webhook
from tests import live
from tests.browser.conftest import AssertAccessible, InEveryLook, NewPage, Shoot, SignIn
from tests.console.api.program import team, two_releases  # noqa: F401 (a fixture)
from tests.receiver import receiver


def test_an_admin_connects_programs(
    new_page: NewPage,
    sign_in: SignIn,
    shoot: Shoot,
    assert_accessible: AssertAccessible,
    in_every_look: InEveryLook,
    live_site: live.Site,
    live_rehearsal: Any,
    team: Any,  # noqa: F811
) -> None:
    two_releases(team)
    page = new_page()
    sign_in(page, team["all"].user)
    with receiver() as there, live.worker(REMIT_WEBHOOK_ORIGINS=there.url):
        # a token
        page.goto("/w/meridian/tokens/")
        page.get_by_label("Name").fill("deploy pipeline")
        page.get_by_label("move labels").check()
        page.get_by_label("Reaches").fill("aria")
        page.get_by_role("button", name="Make the token").click()
        expect(page.get_by_role("alert")).to_contain_text("is not a scope")
        expect(page.get_by_label("move labels")).to_be_checked()
        page.get_by_label("Reaches").fill("aria@*")
        page.get_by_role("button", name="Make the token").click()
        secret = page.locator("#secret").inner_text()
        assert_accessible(page)
        shoot(page, "tokens")

        # a webhook: the web server does not trust the receiver's address, the worker does
        page.goto("/w/meridian/webhooks/")
        expect(page.get_by_role("heading", name="Nobody is told yet")).to_be_visible()
        page.get_by_label("Name").fill("deployer")
        page.get_by_label("Address").fill(there.url)
        page.get_by_role("button", name="Make the webhook").click()
        expect(page.get_by_role("alert")).to_contain_text("must start with https")
        expect(page.get_by_label("Name")).to_have_value("deployer")
        page.get_by_label("Address").fill("https://deployer.invalid/remit")
        page.get_by_role("button", name="Make the webhook").click()
        key = page.locator("#secret").inner_text()
        assert key.startswith("whsec_")
        assert_accessible(page)
        shoot(page, "webhooks")

        # a name that nobody knows: the failure is told, and when it is tried again
        page.get_by_role("link", name="deployer").click()
        page.get_by_role("button", name="Send a test").click()
        expect(page.get_by_text("The name deployer.invalid is not known.")).to_be_visible()
        expect(page.get_by_text("attempt 2 of 9")).to_be_visible()

        # the address is put right, and a label is moved by the token: the receiver gets both ends, signed
        Webhook.objects.update(url=f"{there.url}/in")
        moved = httpx2.put(
            f"{live_site.url}/api/v1/labels/aria/production",
            headers={"Authorization": f"Bearer {secret}"},
            json={"release": 1, "reason": "too terse"},
        )
        assert moved.json()["moved"] is True, moved.text
        assert wait_until(lambda: any(b"label.moved" in body for _, body in there.requests), within=30)
        headers, body = next(each for each in there.requests if b"label.moved" in each[1])
        told = Verifier(key).verify(body, headers)["data"]
        assert (told["from"]["release"], told["to"]["release"], told["actor"]["kind"]) == (2, 1, "token")
        row = page.get_by_role("listitem").filter(has_text="label.moved aria@production")
        expect(row).to_contain_text("Delivered")
        expect(page.get_by_role("listitem").filter(has_text="webhook.test")).to_contain_text("Delivered")
        before = len(there.requests)
        row.get_by_role("button", name="Send again: label.moved aria@production").click()
        assert wait_until(lambda: len(there.requests) > before, within=30)
        assert there.requests[-1][0]["webhook-id"] == headers["webhook-id"]
        assert json.loads(there.requests[-1][1]) == json.loads(body)
        expect(row).to_contain_text("Delivered")
        for address in (page.url, "/w/meridian/tokens/", "/w/meridian/webhooks/"):
            page.goto(address)
            in_every_look(page, address.strip("/").split("/")[-1])

    # the reference needs no login
    stranger = new_page()
    stranger.goto("/api/v1/docs")
    stranger.get_by_role("link", name="Move a label").click()
    expect(stranger.get_by_role("heading", name="Move a label")).to_be_in_viewport()
    in_every_look(stranger, "api-reference")
