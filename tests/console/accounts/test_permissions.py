from __future__ import annotations

from types import SimpleNamespace

import pytest

from console.accounts.permissions import Action, can, require
from console.problems import NotAllowed
from tests.factories import make_member, make_workspace

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("role", "may", "may_not"),
    [
        ("viewer", Action.READ, Action.EDIT),
        ("author", Action.SNAPSHOT, Action.DECIDE),
        ("reviewer", Action.DECIDE, Action.RELEASE),
        ("approver", Action.RELEASE, Action.SET_BOUNDS),
        ("admin", Action.SET_BOUNDS, Action.DECIDE),
        ("auditor", Action.READ_AUDIT, Action.EDIT),
    ],
)
def test_a_role_may_what_it_is_for_and_nothing_else(role, may, may_not):
    member = make_member(make_workspace(), role)
    assert can(member, may)
    assert not can(member, may_not)


def test_no_role_reaches_into_another_workspace():
    member = make_member(make_workspace(), "author", "reviewer", "approver", "admin", "auditor")
    foreign = SimpleNamespace(workspace_id=make_workspace().pk)
    assert not any(can(member, action, foreign) for action in Action)


def test_a_reviewer_bound_to_domains_decides_only_there():
    workspace = make_workspace()
    member = make_member(workspace, "reviewer", domains=["medical"])
    medical = SimpleNamespace(workspace_id=workspace.pk, domain="medical")
    finance = SimpleNamespace(workspace_id=workspace.pk, domain="finance")
    assert can(member, Action.DECIDE, medical)
    assert not can(member, Action.DECIDE, finance)


def test_a_refusal_names_the_role_that_it_takes():
    with pytest.raises(NotAllowed, match="may not narrow the bounds") as refused:
        require(make_member(make_workspace(), "author"), Action.SET_BOUNDS)
    assert "admin" in refused.value.what_to_do
