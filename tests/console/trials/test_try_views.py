"""The Try page over HTTP: who may, what it shows, and what it says when something is wrong."""

from __future__ import annotations

import pytest
from django.urls import reverse

from tests.factories import make_member, make_prompt, make_revision, make_workspace


def address(member, prompt) -> str:
    return reverse("trials:try", args=[member.workspace.slug, prompt.slug])


@pytest.fixture
def member(db):
    return make_member(make_workspace(), "author")


@pytest.fixture
def prompt(member):
    return make_prompt(member)


def test_the_page_says_what_answers(client, member, prompt):
    client.force_login(member.user)
    make_revision(member, prompt, message="First of all")
    page = client.get(address(member, prompt)).content.decode()
    assert "Draft, version 1" in page
    assert "You are Aria" in page
    assert "r1, First of all" in page
