"""A program with a token, what it finds in its workspace, and the form of a refusal."""

from __future__ import annotations

import json

import pytest

from console.accounts.models import Right
from console.accounts.tokens import create_token
from console.releases.models import Release
from console.releases.services import create_release
from console.reviews.services import decide, request_review
from console.reviews.standing import standing
from tests.factories import (
    make_member,
    make_prompt,
    make_revision,
    make_workspace,
)

ALL = [right.value for right in Right]


class Caller:
    """A program with a token."""

    def __init__(self, client, secret: str) -> None:
        self.client, self.secret = client, secret
        self.headers = {"authorization": f"Bearer {secret}"}

    def get(self, path: str, **headers: str):
        return self.client.get(f"/api/v1/{path}", headers=self.headers | headers)

    def send(self, verb: str, path: str, body, **options):
        data = body if isinstance(body, (str, bytes)) else json.dumps(body)
        headers = self.headers | options.pop("headers", {})
        return getattr(self.client, verb)(
            f"/api/v1/{path}", data, **({"content_type": "application/json"} | options), headers=headers
        )

    def post(self, path: str, body=None, **options):
        return self.send("post", path, {} if body is None else body, **options)

    def put(self, path: str, body):
        return self.send("put", path, body)

    def delete(self, path: str):
        return self.send("delete", path, "")


def caller(client, member, *scopes: str, rights=ALL, expires_at=None) -> Caller:
    _, secret = create_token(
        member=member, name="ci", scopes=scopes or ["*@*"], expires_at=expires_at, rights=rights
    )
    return Caller(client, secret)


def two_releases(team) -> tuple[Release, Release]:
    prompt = make_prompt(team["all"], "aria", domain="general")
    out = []
    for text in ("", "You are Aria, the assistant of a bank. Be brief."):
        review = request_review(
            revision=make_revision(team["all"], prompt, text=text), member=team["all"], title="a step"
        )
        decide(review=review, word="approve", shown=standing(review).ground, member=team["reviewer"])
        out.append(create_release(review=review, member=team["approver"]))
    return out[0], out[1]


def problem(answer, status: int) -> str:
    """The sentence of a refusal, whose form is checked on the way."""
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    form = json.loads(answer.content)
    assert form["status"] == status and form["title"] and form["detail"]
    return form["detail"]


@pytest.fixture
def team():
    return make_team()


def make_team():
    workspace = make_workspace("meridian")
    return {
        "all": make_member(workspace, "author", "approver", "admin", "auditor", name="hanna"),
        "reviewer": make_member(workspace, "reviewer", name="mara"),
        "approver": make_member(workspace, "approver", name="ines"),
        "admin": make_member(workspace, "admin", name="tomas"),
    }
