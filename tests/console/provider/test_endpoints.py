from __future__ import annotations

import pytest
from pytest_django import Settings

from console.problems import Invalid
from console.provider.endpoints import Endpoint, endpoint_at, endpoint_for


def test_without_a_key_the_rehearsal_serves(settings: Settings) -> None:
    settings.ANTHROPIC_API_KEY = settings.ANTHROPIC_BASE_URL = ""
    endpoint = endpoint_for()
    assert endpoint.rehearsal and endpoint.base_url == settings.REMIT_REHEARSAL_URL


def test_with_a_key_the_provider_serves(settings: Settings) -> None:
    settings.ANTHROPIC_API_KEY, settings.ANTHROPIC_BASE_URL = "sk-ant-1", ""
    assert endpoint_for() == Endpoint("Anthropic", "https://api.anthropic.com", "sk-ant-1", rehearsal=False)


def test_another_address_is_named_by_its_host(settings: Settings) -> None:
    settings.ANTHROPIC_API_KEY, settings.ANTHROPIC_BASE_URL = "sk-ant-1", "https://gateway.example:8443/llm/"
    endpoint = endpoint_for()
    assert (endpoint.name, endpoint.base_url) == ("gateway.example:8443", "https://gateway.example:8443/llm")
    assert not endpoint.rehearsal


def test_the_rehearsal_is_rehearsal_whoever_configures_it(settings: Settings) -> None:
    settings.ANTHROPIC_API_KEY, settings.ANTHROPIC_BASE_URL = "sk-ant-1", settings.REMIT_REHEARSAL_URL
    assert endpoint_for().rehearsal


def test_the_key_is_not_shown() -> None:
    endpoint = Endpoint("Anthropic", "https://api.anthropic.com", "sk-ant-secret")
    assert "secret" not in repr(endpoint) and "secret" not in endpoint.key
    assert endpoint.key != Endpoint("Anthropic", "https://api.anthropic.com", "sk-ant-other").key


@pytest.mark.parametrize(
    "address",
    [
        "",
        "gateway.example",
        "ftp://gateway.example",
        "file:///etc/passwd",
        "https://",
        "https://user:hush@gateway.example",
        "https://gateway.example@evil.example",
        "https://gateway.example/?to=evil",
        "https://gateway.example/#x",
        "http://gateway.example:99999",
        "http://gateway.example:port",
        "unix:relative.sock",
    ],
)
def test_an_unusable_address_is_refused_in_one_sentence(address: str) -> None:
    with pytest.raises(Invalid) as caught:
        endpoint_at(address)
    assert "cannot be used" in str(caught.value) and "hush" not in str(caught.value)
    assert caught.value.what_to_do
