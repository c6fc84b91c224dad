"""A workspace's account at LiteLLM's proxy: the test button, streams, tools, and a whole suite through it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from console.accounts.models import Membership, Role
from console.embedded.layout import REPOSITORY
from console.provider import accounts, client, probe
from console.provider.accounts import AccountForm
from console.provider.calls import Call, Reply, TextDelta
from console.provider.endpoints import endpoint_of
from console.provider.models import ProviderAccount
from tests.chaos import gateway
from tests.chaos.gateway import MODEL, SAYS, Upstream
from tests.factories import make_member, make_workspace

pytestmark = [pytest.mark.chaos, pytest.mark.django_db(transaction=True)]

TOOL = {
    "name": "freeze_card",
    "description": "Freezes a card.",
    "input_schema": {"type": "object", "properties": {"card": {"type": "string"}}, "required": ["card"]},
    "reversible": True,
}


@pytest.fixture(scope="module")
def behind() -> Iterator[Upstream]:
    with gateway.upstream() as server:
        yield server


@pytest.fixture(scope="module")
def proxy(behind: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    try:
        with gateway.litellm(tmp_path_factory.mktemp("litellm"), behind) as url:
            yield url
    except gateway.NotInstallable as error:
        print(f"\n*** NOT PROVEN against LiteLLM: {error} ***\n", file=sys.stderr)
        pytest.skip(f"LiteLLM is not installable here: {error}")


@pytest.fixture
def admin() -> Membership:
    return make_member(make_workspace("acme"), Role.ADMIN, Role.AUTHOR)


@pytest.fixture
def account(admin: Membership, proxy: str, settings: Any) -> ProviderAccount:
    settings.REMIT_PROVIDER_ORIGINS = [proxy]
    form = AccountForm("LiteLLM", "messages", proxy)
    return accounts.open_account(member=admin, form=form, key=gateway.KEY)


def test_the_test_button_says_what_it_finds(account: ProviderAccount, admin: Membership) -> None:
    found = probe.try_account(account=account, member=admin)
    print(f"\n  right key:   {found.said}")
    assert found.well, found
    found = probe.try_account(account=account, member=admin, model="claude-nobody-1")
    print(f"  wrong model: {found.said}")
    assert not found.well and "does not list a model" in found.said
    account = accounts.change_key(account=account, member=admin, key="sk-wrong-1234567")
    found = probe.try_account(account=account, member=admin)
    print(f"  wrong key:   {found.said}")
    # A proxy without a database can't look a key up, and says that instead of refusing it: 400, "No connected db."
    assert not found.well and re.search("refuses the key|No connected db", found.said)
    assert "sk-wrong" not in found.said


def test_a_stream_comes_in_pieces_and_as_one_message(account: ProviderAccount) -> None:
    call = Call(MODEL, ({"role": "user", "content": "What does a transfer cost?"},), system="You are Aria.")
    pieces = list(client.stream(endpoint_of(account), call))
    reply = pieces[-1]
    assert isinstance(reply, Reply) and reply.text.strip() == SAYS and reply.stop_reason == "end_turn"
    texts = [piece.text for piece in pieces if isinstance(piece, TextDelta)]
    print(f"\n  {len(texts)} pieces, then one message of {reply.usage.output_tokens} tokens")
    assert "".join(texts) == reply.text and len(texts) > 2


def test_a_streamed_tool_call_is_whole(account: ProviderAccount) -> None:
    offered = {name: TOOL[name] for name in ("name", "description", "input_schema")}
    call = Call(MODEL, ({"role": "user", "content": "Freeze card 81"},), tools=(offered,))
    *_, reply = client.stream(endpoint_of(account), call)
    assert isinstance(reply, Reply) and reply.stop_reason == "tool_use"
    assert [(use.name, dict(use.input)) for use in reply.tool_uses] == [("freeze_card", {"card": "81"})]


def test_a_suite_runs_through_it_with_tools(
    account: ProviderAccount, proxy: str, behind: Upstream, tmp_path: Path
) -> None:
    fees = [
        {"id": f"fees-{n}", "title": "Fees", "turns": [{"user": "What does a transfer cost?"}, {"user": "And how long?"}],
         "expect": [{"turn": "last", "kind": "contains", "value": "one day"}]}
        for n in range(20)
    ]  # fmt: skip
    freezes = [
        {"id": f"freeze-{n}", "title": "Freezes", "turns": [{"user": "Freeze card 81"}],
         "tools": [{**TOOL, "fixtures": [{"when": {"card": "81"}, "result": {"frozen": True}}]}],
         "expect": [{"turn": 1, "kind": "tool_called", "value": {"name": "freeze_card", "args": {"card": "81"}}},
                    {"turn": 1, "kind": "contains", "value": "frozen"}]}
        for n in range(20)
    ]  # fmt: skip
    suite, prompt = tmp_path / "suite.jsonl", tmp_path / "prompt.txt"
    suite.write_text("\n".join(map(json.dumps, [*fees, *freezes])))
    prompt.write_text("You are Aria, the assistant of Meridian Bank.")
    before = len(behind.asked)
    done = subprocess.run(
        [sys.executable, "manage.py", "run_suite", "--suite", str(suite), "--revision", str(prompt), "--model", MODEL,
         "--account", "LiteLLM", "--workspace", "acme", "--concurrency", "8", "--workers", "1", "--format", "json", "--wait"],
        cwd=REPOSITORY, capture_output=True, text=True, timeout=300, env=os.environ | {"REMIT_PROVIDER_ORIGINS": proxy},
    )  # fmt: skip
    assert done.returncode == 0, (done.stdout[-1500:], done.stderr[-1500:])
    report = json.loads(done.stdout)
    passed = sum(cell["verdict"] == "pass" for cell in report["conversations"])
    calls = report["totals"]["calls"]
    print(
        f"\n  {passed} of 40 conversations pass, {calls} calls, {len(behind.asked) - before} reached the model behind it"
    )
    assert (passed, calls, len(behind.asked) - before) == (40, 80, 80)
