from __future__ import annotations

import pytest

from console.embedded.processes import wait_until
from console.provider import at_hand, catalogue
from console.provider.endpoints import Endpoint
from console.provider.errors import ProviderError
from tests.messages_api import MessagesAPI, messages_api


def test_models_are_asked_for_once(api: MessagesAPI, endpoint: Endpoint) -> None:
    first = catalogue.list_models(endpoint)
    assert [model.id for model in first] == ["claude-sonnet-5-5", "claude-opus-5-5"]
    api.models = ("claude-haiku-5-5",)
    assert catalogue.list_models(endpoint) is first


def test_a_server_that_says_little_of_its_models_will_do(endpoint: Endpoint) -> None:
    model = catalogue.find_model(endpoint, "claude-opus-5-5")
    assert model and model.lifecycle == "active"
    assert (model.effort, model.thinking, model.max_tokens, model.structured_outputs) == ((), (), None, None)


def test_a_failure_is_not_kept() -> None:
    with messages_api() as api:
        endpoint = Endpoint("Test", api.url, api.key)
    with pytest.raises(ProviderError) as caught:
        catalogue.list_models(endpoint)
    assert caught.value.kind == "network"
    port = int(endpoint.base_url.rsplit(":", 1)[1])
    with messages_api(port=port):
        assert catalogue.list_models(endpoint)


def test_what_is_at_hand_is_waited_for_once_and_renewed_beside(
    api: MessagesAPI, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.models_body = "[]"
    assert at_hand.models_at_hand(endpoint) == ()  # no list: that is known from now on, too
    api.models_body = None
    at_hand.ask_beside(endpoint)
    assert at_hand.models_at_hand(endpoint) == ()
    monkeypatch.setattr(at_hand, "KEEP_SECONDS", -1.0)
    at_hand.ask_beside(endpoint)
    assert wait_until(lambda: len(at_hand.models_at_hand(endpoint)) == 2, within=10)


@pytest.mark.parametrize("body", ["[]", '{"models": []}', "<html>"])
def test_what_is_no_list_of_models_is_malformed(api: MessagesAPI, endpoint: Endpoint, body: str) -> None:
    api.models_body = body
    with pytest.raises(ProviderError) as caught:
        catalogue.list_models(endpoint)
    assert caught.value.kind == "malformed"


def test_a_list_that_never_ends_is_read_so_far(api: MessagesAPI, endpoint: Endpoint) -> None:
    api.models_body = '{"data": [{"id": "m", "type": "model"}, {"id": 5}], "has_more": true, "last_id": "m"}'
    assert [model.id for model in catalogue.list_models(endpoint)] == ["m"]
