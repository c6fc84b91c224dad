"""What a token may: its rights, its reach, its end, and that of who made it."""

from __future__ import annotations

import pytest
from django.utils import timezone

from console.accounts.models import Token
from tests.console.api.program import Caller, caller, problem, two_releases
from tests.factories import (
    make_member,
    make_prompt,
    make_workspace,
)

pytestmark = pytest.mark.django_db


def test_a_token_is_held_to_its_rights_its_reach_and_its_maker(client, team):
    two_releases(team)
    make_prompt(team["all"], "other")
    fetches = caller(client, team["all"], "aria@production", rights=["fetch"])
    assert fetches.get("prompts/aria/production").status_code == 200
    assert "lacks the right “read”" in problem(fetches.get("prompts"), 403)
    assert "lacks the right “validate”" in problem(fetches.post("validate", {"text": "x"}), 403)
    assert "lacks the right “fetch”" in problem(
        caller(client, team["all"], rights=["read"]).get("prompts/aria/production"), 403
    )
    narrow = caller(client, team["all"], "aria@staging")
    assert [row["slug"] for row in narrow.get("prompts").json()["items"]] == ["aria"]
    for path in ("prompts/other", "revisions/other", "releases/other", "labels/other", "runs/1"):
        problem(narrow.get(path), 404)
    problem(narrow.post("exports/aria/production/json"), 404)
    problem(narrow.put("labels/aria/production", {"release": 1}), 404)
    assert "does not reach" in problem(narrow.post("imports", {"source": "You are Bo.", "slug": "bo"}), 422)
    # An admin who is no author cannot make a token that edits.
    assert "acts for the person" in problem(
        caller(client, team["admin"]).post("imports", {"source": "You are Bo."}), 403
    )
    left = caller(client, team["admin"])
    team["admin"].delete()
    assert "no longer a member" in problem(left.get("prompts"), 403)
    assert left.get("prompts/aria/production").status_code == 200  # what runs in production goes on


def test_another_workspace_is_as_if_it_were_not_there(client, team):
    two_releases(team)
    stranger = caller(client, make_member(make_workspace(), "author", "approver", "admin", "auditor"))
    assert stranger.get("prompts").json()["total"] == 0
    for path in (
        "prompts/aria",
        "prompts/aria/production",
        "revisions/aria/1",
        "releases/aria/1",
        "labels/aria",
    ):
        foreign, absent = stranger.get(path), stranger.get(path.replace("aria", "none"))
        assert problem(foreign, 404) == problem(absent, 404).replace("none", "aria")
    problem(stranger.put("labels/aria/production", {"release": 1}), 404)
    problem(stranger.get("runs/1"), 404)


@pytest.mark.parametrize("secret", ["", "remit_wrong", "x" * 500, "remit_é", "remit_\x7f"])
def test_without_a_token_in_force_every_door_is_shut(client, secret):
    program = Caller(client, secret)
    for path in ("prompts", "prompts/aria/production", "audit", "runs/1"):
        answer = program.get(path)
        problem(answer, 401)
        assert answer["WWW-Authenticate"].startswith("Bearer")


def test_an_expired_or_revoked_token_is_none(client, team):
    program = caller(client, team["all"])
    assert program.get("prompts").status_code == 200
    assert Token.objects.get().last_used_at is not None
    for end in ({"expires_at": timezone.now()}, {"expires_at": None, "revoked_at": timezone.now()}):
        Token.objects.update(**end)
        problem(program.get("prompts"), 401)
        problem(program.get("prompts/aria/production"), 401)
