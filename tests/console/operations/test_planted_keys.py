"""A key that was planted in a prompt goes no further: it blocks, and no report, log, error page or release carries it."""

from __future__ import annotations

import json

import pytest
from django.test import Client, override_settings
from django.urls import path

import policies
from console.logs import JSONFormatter, LineFormatter
from console.problems import DomainError
from console.provider.errors import cleaned
from console.urls import urlpatterns as real
from tests.factories import (
    make_member,
    make_prompt,
    make_review,
    make_revision,
    make_workspace,
)

KEY = "sk-ant-api03-q8Zt2LmWc7RxVb4NyKd9Hs1PfGjQe6Ua"
TEXT = f"You are Aria, an AI. Call the service with {KEY} when somebody asks for the weather."


def broken(request):
    raise RuntimeError(f"the service refused {KEY}")


broken.login_required = False  # type: ignore[attr-defined]
urlpatterns = [path("broken", broken), *real]


def test_the_findings_name_the_place_and_not_the_key():
    verdict = policies.validate(TEXT, policies.load_pack())
    (finding,) = [each for each in verdict.findings if each.code == "SEC101"]
    assert finding.severity == "block"
    report = json.dumps([each.as_dict() for each in verdict.findings])
    assert "q8Zt2LmW" not in report
    assert "Anthropic API key" in report


@pytest.mark.django_db
def test_nobody_can_ask_for_the_approval_of_a_prompt_with_a_key():
    author = make_member(make_workspace(), "author")
    revision = make_revision(author, make_prompt(author), text=TEXT)
    with pytest.raises(DomainError, match="blocked by 1 finding") as refused:
        make_review(author, revision=revision)
    assert "q8Zt2LmW" not in str(refused.value)


@pytest.mark.django_db
@override_settings(ROOT_URLCONF=__name__)
def test_an_error_shows_it_neither_on_the_page_nor_in_the_log(caplog):
    page = Client(raise_request_exception=False).get("/broken")
    assert page.status_code == 500
    assert "q8Zt2LmW" not in page.content.decode()
    (record,) = [each for each in caplog.records if each.levelname == "ERROR"]
    for formatter in (JSONFormatter(), LineFormatter("%(message)s")):
        written = formatter.format(record)
        assert "RuntimeError" in written
        assert "q8Zt2LmW" not in written


def test_what_a_provider_says_of_a_key_is_not_kept():
    assert "q8Zt2LmW" not in cleaned(f"invalid x-api-key {KEY}")
