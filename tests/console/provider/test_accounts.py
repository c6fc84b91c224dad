"""Accounts at providers: keys that go in and never come out, tests that say what is wrong, budgets that are audited."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from console.accounts.models import Membership, Role
from console.audit.models import Entry
from console.problems import Invalid, NotAllowed
from console.provider import accounts, limiter
from console.provider import client as sdk
from console.provider.accounts import AccountForm
from console.provider.allowance import Allowance, allowance_of, set_budget
from console.provider.calls import Call
from console.provider.endpoints import Endpoint, Pace, endpoint_for, endpoint_of
from console.provider.errors import ProviderError
from console.provider.models import Month, ProviderAccount
from console.provider.platforms import missing_extra
from console.provider.spending import open_month
from tests.factories import make_member, make_workspace
from tests.messages_api import Answer, Fault, MessagesAPI, messages_api

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = "sk-ant-very-secret-1"


@pytest.fixture
def api(settings: Any) -> Iterator[MessagesAPI]:
    with messages_api() as server:
        settings.REMIT_PROVIDER_ORIGINS = [server.url]
        yield server


@pytest.fixture
def admin() -> Membership:
    return make_member(make_workspace(), Role.ADMIN, Role.AUTHOR)


def open_one(admin: Membership, api: MessagesAPI, key: str = "", **fields: Any) -> ProviderAccount:
    form = AccountForm(**{"name": "Gateway", "kind": "messages", "base_url": api.url, **fields})
    return accounts.open_account(member=admin, form=form, key=key)


def acts(admin: Membership) -> list[str]:
    return list(
        Entry.objects.filter(chain__name=admin.workspace.chain).order_by("seq").values_list("act", flat=True)
    )


def test_the_first_account_is_the_default_and_calls_go_there(admin: Membership, api: MessagesAPI) -> None:
    first = open_one(admin, api, SECRET)
    second = open_one(admin, api, name="Other")
    assert endpoint_for(admin.workspace).account == first.pk
    accounts.make_default(account=second, member=admin)
    endpoint = endpoint_for(admin.workspace)
    assert (endpoint.account, endpoint.guarded, endpoint.name) == (second.pk, False, f"Other ({api.url[7:]})")
    accounts.close_account(account=second, member=admin)
    assert endpoint_for(admin.workspace).rehearsal, "without a default the installation's own is used"
    with pytest.raises(Invalid, match="is closed"):
        endpoint_of(ProviderAccount.objects.get(pk=second.pk))


def test_a_key_is_sealed_and_appears_nowhere(admin: Membership, api: MessagesAPI, client: Client) -> None:
    account = open_one(admin, api, SECRET)
    assert SECRET.encode() not in bytes(account.key) and endpoint_of(account).api_key == SECRET
    client.force_login(admin.user)
    shown = client.get(reverse("provider:account", args=[admin.workspace.slug, account.pk]))
    listed = client.get(reverse("provider:accounts", args=[admin.workspace.slug]))
    refused = client.post(
        reverse("provider:accounts", args=[admin.workspace.slug]),
        {"name": "", "kind": "anthropic", "key": SECRET},
    )
    assert refused.status_code == 422
    for answer in (shown, listed, refused):
        assert SECRET not in answer.content.decode() and answer["Cache-Control"] == "no-store"
    assert SECRET not in str(list(Entry.objects.values_list("detail", "subject_name")))
    assert SECRET not in repr(endpoint_of(account))


def test_another_address_drops_the_key(admin: Membership, api: MessagesAPI, settings: Any) -> None:
    account = open_one(admin, api, SECRET)
    settings.REMIT_PROVIDER_ORIGINS = [api.url, "https://elsewhere.example"]
    form = AccountForm("Gateway", "messages", api.url, requests_per_minute=5)
    assert accounts.change_account(account=account, member=admin, form=form).has_key, "the pace is no address"
    form = AccountForm("Gateway", "messages", "https://elsewhere.example")
    assert not accounts.change_account(account=account, member=admin, form=form).has_key
    assert acts(admin)[-2:] == ["provider:account:changed"] * 2
    with pytest.raises(Invalid, match="installation lists where"):
        settings.REMIT_PROVIDER_ORIGINS = [api.url]
        endpoint_of(ProviderAccount.objects.get(pk=account.pk))


def test_a_changed_key_is_used_at_once_and_the_limits_learned_stay(
    admin: Membership, api: MessagesAPI
) -> None:
    account = open_one(admin, api, SECRET)
    before = endpoint_of(account)
    account = accounts.change_key(account=account, member=admin, key=" sk-ant-next \n")
    after = endpoint_of(account)
    assert (before.api_key, after.api_key, before.key) == (SECRET, "sk-ant-next", after.key)
    assert acts(admin)[-1] == "provider:key:changed"


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"kind": "messages", "base_url": "ftp://x"}, "must start with https"),
        ({"kind": "messages", "base_url": "https://user:pw@llm.example"}, "must not hold a user name"),
        ({"kind": "messages", "base_url": "unix:/run/x.sock"}, "A socket of this machine"),
        ({"kind": "messages", "base_url": "https://other.example"}, "lists where they may go"),
        ({"kind": "bedrock", "region": "eu.evil.com/#"}, "needs a region"),
        ({"kind": "foundry", "project": "x.evil.com/"}, "needs a resource"),
        ({"kind": "vertex", "region": "global", "project": ""}, "needs a project"),
        ({"kind": "other"}, "no kind of account"),
        ({"name": " \n"}, "needs a name"),
        ({"requests_per_minute": 0}, "must be from 1"),
    ],
)
def test_what_cannot_be_an_account_is_said(
    admin: Membership, api: MessagesAPI, fields: Any, says: str
) -> None:
    with pytest.raises(Invalid, match=says):
        open_one(admin, api, **fields)
    with pytest.raises(Invalid, match="does not look like a key"):
        open_one(admin, api, "two words")
    assert not ProviderAccount.objects.exists()


def test_a_default_that_cannot_be_used_fails_calls_and_breaks_no_page(
    admin: Membership, api: MessagesAPI, call: Call, settings: Any
) -> None:
    open_one(admin, api, SECRET)
    settings.REMIT_PROVIDER_ORIGINS, settings.SECRET_KEY = [api.url], "another"
    endpoint = endpoint_for(admin.workspace)
    with pytest.raises(ProviderError, match="cannot be used: A stored secret can't be opened"):
        sdk.create(endpoint, call)
    assert not endpoint.rehearsal and not api.calls


def test_only_admins_change_anything_and_strangers_see_nothing(
    admin: Membership, api: MessagesAPI, client: Client
) -> None:
    account = open_one(admin, api, SECRET)
    author = make_member(admin.workspace, Role.AUTHOR)
    with pytest.raises(NotAllowed):
        accounts.change_key(account=account, member=author, key="x")
    with pytest.raises(NotAllowed):
        accounts.close_account(account=account, member=make_member(make_workspace(), Role.ADMIN))
    client.force_login(author.user)
    page = client.get(reverse("provider:account", args=[admin.workspace.slug, account.pk]))
    assert page.status_code == 200 and "Replace the key" not in page.content.decode()
    for name in ("test", "key", "default", "close"):
        assert (
            client.post(reverse(f"provider:{name}", args=[admin.workspace.slug, account.pk])).status_code
            == 403
        )
    assert (
        client.post(reverse("provider:budgets", args=[admin.workspace.slug]), {"run_cost": "1"}).status_code
        == 403
    )
    stranger = make_member(make_workspace(), Role.ADMIN)
    client.force_login(stranger.user)
    assert (
        client.get(reverse("provider:account", args=[stranger.workspace.slug, account.pk])).status_code == 404
    )


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (Fault("refused_key"), "The provider refuses the key: invalid x-api-key."),
        (Fault("limited", "1"), "The provider limits how fast"),
        (Fault("not_found"), "It knows neither the model claude-sonnet-5-5 nor"),
        (Fault("raw", message="<html>Welcome</html>"), "but not as the Messages API does"),
        (Fault("redirect"), "which is never followed"),
        (Fault("reset"), "The provider cannot be reached: the connection was reset."),
    ],
)
def test_a_test_says_in_a_sentence_what_is_wrong(
    admin: Membership, api: MessagesAPI, client: Client, fault: Fault, says: str
) -> None:
    account = open_one(admin, api, api.key)
    api.fail_next(fault)
    client.force_login(admin.user)
    address = reverse("provider:test", args=[admin.workspace.slug, account.pk])
    said = client.post(
        address, {"model": "claude-sonnet-5-5"}, headers={"HX-Request": "true", "HX-Target": "tested"}
    ).content.decode()
    account.refresh_from_db()
    assert says in account.tested_said and not account.tested_well, account.tested_said
    assert "It fails" in said and "<html" not in said.replace("&lt;html", "")
    month = Month.objects.get()
    assert (month.calls, month.in_flight, month.reserved_tokens) == (1, 0, 0)


def test_a_test_that_goes_well_says_who_answered(admin: Membership, api: MessagesAPI, client: Client) -> None:
    account = open_one(admin, api, api.key)
    client.force_login(admin.user)
    address = reverse("provider:test", args=[admin.workspace.slug, account.pk])
    assert client.post(address).status_code == 302
    account.refresh_from_db()
    assert account.tested_well and "answered in" in account.tested_said
    client.post(address, {"model": "nobody-7"})
    account.refresh_from_db()
    assert not account.tested_well and "It does not list a model nobody-7." in account.tested_said
    assert len(api.calls) == 1, "a model that is not there is not called"


def test_what_a_workspace_allows_an_account_holds_beside_what_the_provider_says(call: Call) -> None:
    limiter._free.clear()
    endpoint = Endpoint("Own", "http://127.0.0.1:9", "k", account=77, pace=Pace(requests=10))
    granted = sum(limiter.reserve(endpoint, call) == 0.0 for _ in range(20))
    assert granted == 9, "nine tenths of it for runs"
    assert limiter.reserve(endpoint, call, interactive=True) == 0.0, "the rest is for somebody who waits"
    assert limiter.reserve(endpoint, call, interactive=True) > 0


def test_clouds_need_their_extra_only_without_a_key() -> None:
    assert missing_extra("bedrock", has_key=True) == missing_extra("anthropic", has_key=False) == ""
    assert missing_extra("foundry", has_key=False) == ""
    assert missing_extra("bedrock", has_key=False) in ("bedrock", "")


def test_a_foundry_account_calls_with_the_sdks_own_client(api: MessagesAPI, call: Call) -> None:
    endpoint = Endpoint("Foundry", api.url, api.key, kind="foundry", project="ours")
    assert type(sdk.sdk_client(endpoint)).__name__ == "AnthropicFoundry"
    api.answer = lambda request: Answer("From Foundry.")
    assert sdk.create(endpoint, call).text == "From Foundry."


def test_an_account_gets_nothing_of_the_deployments(
    admin: Membership, api: MessagesAPI, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither its key nor the headers that its environment adds for its own gateway."""
    monkeypatch.setenv("ANTHROPIC_CUSTOM_HEADERS", "x-gateway-secret: word")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-of-the-deployment")
    account = open_one(admin, api, api.key)
    sdk.create(endpoint_of(account), call)
    sent = str(api.calls[0].request.headers)
    assert "word" not in sent and "sk-of-the-deployment" not in sent
    form = AccountForm("Cloud", "bedrock", region="eu-central-1")
    with pytest.raises(Invalid, match="has no key"):
        endpoint_of(accounts.open_account(member=admin, form=form))


# --- budgets


def test_a_workspace_may_set_less_than_the_installation_allows(admin: Membership, settings: Any) -> None:
    settings.REMIT_RUN_TOKENS, settings.REMIT_MONTH_MONEY = 1_000, None
    open_month(admin.workspace_id)
    set_budget(member=admin, wanted=Allowance(run_tokens=400, month_cost=Decimal("2.50")))
    holds = allowance_of(admin.workspace_id)
    assert (holds.run_tokens, holds.month_cost, holds.run_cost) == (400, Decimal("2.50"), Decimal(100))
    assert Month.objects.get().max_cost == Decimal("2.50"), "the month that goes on is bound by it"
    with pytest.raises(Invalid, match="may be at most 1,000"):
        set_budget(member=admin, wanted=Allowance(run_tokens=1_001))
    with pytest.raises(NotAllowed):
        set_budget(member=make_member(admin.workspace, Role.AUTHOR), wanted=Allowance())
    entry = Entry.objects.filter(act="budget:set").get()
    assert entry.detail == {"before": {}, "after": {"run_tokens": 400, "month_cost": "2.50"}}
    settings.REMIT_RUN_TOKENS = 300
    assert allowance_of(admin.workspace_id).run_tokens == 300, "the installation has the last word"


def test_the_page_of_budgets_shows_the_month_and_keeps_a_wrong_form(
    admin: Membership, client: Client
) -> None:
    address = reverse("provider:budgets", args=[admin.workspace.slug])
    client.force_login(admin.user)
    assert "the installation allows $100.00" in client.get(address).content.decode().replace(
        "The inst", "the inst"
    )
    assert not Month.objects.exists(), "looking opens nothing"
    answer = client.post(address, {"run_cost": "1000"})
    assert answer.status_code == 422 and 'value="1000"' in answer.content.decode()
    assert client.post(address, {"run_cost": "5", "month_tokens": "100000"}).status_code == 302
    assert allowance_of(admin.workspace_id).run_cost == Decimal(5)
