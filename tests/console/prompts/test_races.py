"""Many people save, freeze and open one draft at the same moment, on real connections."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connections

from console.problems import DomainError
from console.prompts.drafts import StaleDraft, draft_of, save
from console.prompts.models import DraftCopy
from console.prompts.revisions import NothingChanged, create_revision
from tests.factories import make_member, make_prompt, make_workspace

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = 6


def at_once(act: Callable[[Any], Any], members: list[Any]) -> list[Any]:
    """What each got, or the refusal that it met."""
    start = Barrier(len(members))

    def one(member: Any) -> Any:
        try:
            start.wait()
            return act(member)
        except DomainError as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(members)) as pool:
        return list(pool.map(one, members))


def test_one_save_wins_and_every_other_text_is_kept() -> None:
    members = [make_member(workspace, "author") for workspace in [make_workspace()] for _ in range(PEOPLE)]
    draft = draft_of(make_prompt(members[0]))

    def typed(member: Any) -> Any:
        content = {**draft.content, "title": f"By {member.user.username}"}
        return save(draft=draft, version=1, content=content, member=member)

    answers = at_once(typed, members)
    assert sum(isinstance(answer, StaleDraft) for answer in answers) == PEOPLE - 1
    titles = {draft_of(draft.prompt).content["title"]} | {
        copy.content["title"] for copy in DraftCopy.objects.all()
    }
    assert titles == {f"By {member.user.username}" for member in members}
    assert draft_of(draft.prompt).version == 2


def test_a_draft_is_frozen_once() -> None:
    members = [make_member(workspace, "author") for workspace in [make_workspace()] for _ in range(PEOPLE)]
    prompt = make_prompt(members[0])
    draft = draft_of(prompt)
    answers = at_once(lambda m: create_revision(draft=draft, version=1, message="", member=m), members)
    assert sum(isinstance(answer, NothingChanged) for answer in answers) == PEOPLE - 1
    assert list(prompt.revisions.values_list("number", flat=True)) == [1]
