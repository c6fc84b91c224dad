"""Labels moved and taken away by token, under the rules for people."""

from __future__ import annotations

import pytest

from console.audit.models import Entry
from console.releases.models import LabelMove
from tests.console.api.program import caller, problem, two_releases

pytestmark = pytest.mark.django_db


def test_a_label_moves_by_token_under_the_rules_for_people(client, team):
    first, _ = two_releases(team)
    program = caller(client, team["all"])
    moved = program.put("labels/aria/production", {"release": 1, "reason": "too terse", "seen": 2})
    assert moved.json() | {"release": 1, "moved": True} == moved.json()
    again = program.put("labels/aria/production", {"release": 1})
    assert (again.status_code, again.json()["moved"]) == (200, False)
    assert LabelMove.objects.filter(after=first).count() == 2
    entry = Entry.objects.filter(act="release:label:moved").first()
    assert (entry.actor_kind, entry.detail["from"], entry.detail["to"]) == ("token", 2, 1)
    assert "points to release 1 by now" in problem(
        program.put("labels/aria/production", {"release": 2, "seen": 2}), 409
    )
    problem(program.put("labels/aria/production", {"release": 9}), 404)
    problem(program.put("labels/aria/9lives", {"release": 1}), 422)
    assert program.put("labels/aria/staging", {"release": 1}).json()["protected"] is False
    team["all"].roles = ["author", "admin"]
    team["all"].save()
    assert "role approver" in problem(program.put("labels/aria/production", {"release": 2}), 403)
    assert program.put("labels/aria/staging", {"release": 2}).json()["moved"] is True


def test_a_label_that_was_taken_away_is_gone_and_one_that_never_was_is_not_there(client, team):
    two_releases(team)
    program = caller(client, team["all"])
    problem(program.get("prompts/aria/staging"), 404)
    assert program.get("prompts/aria/production").status_code == 200
    problem(program.delete("labels/aria/staging?reason=x"), 404)
    assert "reason" in problem(program.delete("labels/aria/production"), 422)
    problem(program.delete("labels/aria/production?reason=x&seen=1"), 409)
    problem(caller(client, team["admin"]).delete("labels/aria/production?reason=x"), 403)
    gone = program.delete("labels/aria/production?reason=wrong+limits&seen=2")
    assert gone.json() == {"slug": "aria", "label": "production", "release": 2, "retired": True}
    assert "was taken away" in problem(program.get("prompts/aria/production"), 410)
    problem(program.delete("labels/aria/production?reason=x"), 410)
    assert program.put("labels/aria/production", {"release": 2, "seen": 0}).json()["moved"] is True
    assert program.get("prompts/aria/production").status_code == 200
