"""Where a workspace's accounts may lead: exact origins, public machines, and no way round by redirect or rebinding."""

from __future__ import annotations

import socket
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from console.problems import Invalid
from console.provider import addresses, client
from console.provider.addresses import check_origin, is_public
from console.provider.calls import Call
from console.provider.endpoints import Endpoint
from console.provider.errors import ProviderError
from tests.messages_api import Fault, MessagesAPI

INTERNAL = [
    "127.0.0.1",
    "127.255.255.254",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "169.254.170.2",
    "100.64.0.1",
    "100.100.100.200",
    "0.0.0.0",
    "0.1.2.3",
    "192.0.0.1",
    "192.0.0.8",
    "192.0.2.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd00:ec2::254",
    "fd12:3456::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.1.2.3",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::",
    "2002:c0a8:101::",
    "2001:db8::1",
    "2001:0:0:0:0:0:80ff:fffe",
    "100::1",
    "64:ff9b:1::808:808",
    "2001:0:1::",
]
PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "160.79.104.10",
    "2606:4700::1111",
    "2607:6bc0::10",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
]
UNUSABLE = [
    "http://llm.example",
    "http://127.0.0.1",
    "http://localhost:8080",
    "https://127.0.0.1",
    "https://10.1.2.3",
    "https://[::1]",
    "https://[::ffff:127.0.0.1]",
    "https://169.254.169.254/latest/meta-data",
    "https://2130706433",
    "https://0x7f000001",
    "https://0x7f.1",
    "https://017700000001",
    "https://127.1",
    "https://0",
    "https://3232235777",
    "https://[fd00:ec2::254]",
    "https://[fe80::1%25eth0]",
    "https://8.8.8.8",
    "http://metadata.google.internal",
]


@pytest.mark.parametrize("address", INTERNAL)
def test_internal_addresses_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_machines_of_the_open_internet_are(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("url", UNUSABLE)
def test_addresses_without_tls_or_by_number_are_refused(url: str, settings: Any) -> None:
    settings.REMIT_PROVIDER_ORIGINS = []
    with pytest.raises(Invalid):
        check_origin(url)


def test_a_list_of_the_installation_is_the_only_door(settings: Any) -> None:
    settings.REMIT_PROVIDER_ORIGINS = ["http://10.1.2.3:8080", "https://llm.example"]
    for url in ("http://10.1.2.3:8080/v2", "https://LLM.example", "https://llm.example:443/x"):
        check_origin(url)
    for url in (
        "https://llm.example.evil.com", "https://llm.example:444", "http://llm.example", "https://10.1.2.3:8080",
        "http://10.1.2.3:80", "https://evil.com/https://llm.example", "https://public.example",
    ):  # fmt: skip
        with pytest.raises(Invalid, match="the installation lists where they may go"):
            check_origin(url)


class Names:
    """A resolver of the test's own; it counts how often each name was asked for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **names: list[str]) -> None:
        self.asked: Counter[str] = Counter()
        real = socket.getaddrinfo

        def look_up(host: Any, port: Any, *rest: Any, **options: Any) -> Any:
            known = names.get(str(host).replace(".", "_"))
            if known is None:
                return real(host, port, *rest, **options)
            self.asked[host] += 1
            answer = known[min(self.asked[host], len(known)) - 1]
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (answer, port))]

        monkeypatch.setattr(socket, "getaddrinfo", look_up)


def guarded(api: MessagesAPI, host: str) -> Endpoint:
    port = api.url.rpartition(":")[2]
    return Endpoint("Guarded", f"http://{host}:{port}", api.key, guarded=True)


def test_a_name_that_leads_inside_is_never_called(
    api: MessagesAPI, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    Names(monkeypatch, inside_example=["127.0.0.1"])
    with pytest.raises(ProviderError, match=r"inside\.example leads to 127\.0\.0\.1") as caught:
        client.create(guarded(api, "inside.example"), call)
    assert (caught.value.kind, caught.value.retryable, len(api.calls)) == ("forbidden_address", False, 0)


def test_the_connection_goes_to_the_address_that_was_checked(
    api: MessagesAPI, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that changes its mind after the check (rebinding) is asked for once, and gains nothing."""
    names = Names(monkeypatch, rebind_example=["8.8.8.8", "127.0.0.1"])
    went: list[str] = []

    def connect(address: tuple[str, int], *rest: Any, **options: Any) -> Any:
        went.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(ProviderError, match="nothing listens"):
        client.create(guarded(api, "rebind.example"), call)
    assert (went, names.asked["rebind.example"], len(api.calls)) == (["8.8.8.8"], 1, 0)


def test_a_server_that_may_be_called_is(
    api: MessagesAPI, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    Names(monkeypatch, good_example=["127.0.0.1"])
    monkeypatch.setattr(addresses, "is_public", lambda address: True)
    assert client.create(guarded(api, "good.example"), call).text


def test_a_redirect_is_not_followed(api: MessagesAPI, endpoint: Endpoint, call: Call) -> None:
    api.fail_next(Fault("redirect"))
    with pytest.raises(ProviderError, match="never followed"):
        client.create(replace(endpoint), call)


def test_what_is_wrong_with_a_connection_is_said(call: Call) -> None:
    with pytest.raises(ProviderError, match="its name is not known"):
        client.create(Endpoint("Nowhere", "https://nowhere.invalid", "key"), call)
