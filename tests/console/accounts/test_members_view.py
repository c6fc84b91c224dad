from __future__ import annotations

import pytest
from django.urls import reverse

from console.accounts.models import Membership
from console.audit.models import Entry
from tests.factories import make_member, make_workspace

pytestmark = pytest.mark.django_db


def url(workspace) -> str:
    return reverse("accounts:members", args=[workspace.slug])


def roles_url(member) -> str:
    return reverse("accounts:member-roles", args=[member.workspace.slug, member.pk])


def test_an_admin_changes_roles_and_it_is_recorded(client):
    admin = make_member(make_workspace(), "admin")
    other = make_member(admin.workspace, "viewer")
    client.force_login(admin.user)
    answer = client.post(roles_url(other), {"roles": ["author", "reviewer"]})
    assert answer.status_code == 302
    assert Membership.objects.get(pk=other.pk).roles == ["author", "reviewer"]
    assert Entry.objects.filter(act="member:roles:changed", actor_id=str(admin.user_id)).count() == 1


def test_a_team_mate_reads_but_may_not_change(client):
    author = make_member(make_workspace(), "author")
    client.force_login(author.user)
    assert client.get(url(author.workspace)).status_code == 200
    assert client.post(roles_url(author), {"roles": ["admin"]}).status_code == 403
    assert Membership.objects.get(pk=author.pk).roles == ["author"]


def test_a_stranger_cannot_tell_it_from_nothing(client):
    stranger, workspace = make_member(make_workspace()), make_workspace()
    client.force_login(stranger.user)
    foreign, absent = client.get(url(workspace)), client.get("/w/no-such/members/")
    assert (foreign.status_code, absent.status_code) == (404, 404)


def test_a_member_of_another_workspace_is_out_of_reach(client):
    admin, foreign = make_member(make_workspace(), "admin"), make_member(make_workspace(), "viewer")
    client.force_login(admin.user)
    answer = client.post(
        reverse("accounts:member-roles", args=[admin.workspace.slug, foreign.pk]), {"roles": []}
    )
    assert answer.status_code == 404


def test_the_only_admin_stays_admin(client):
    admin = make_member(make_workspace(), "admin")
    client.force_login(admin.user)
    answer = client.post(roles_url(admin), {"roles": ["author"]})
    assert answer.status_code == 409
    assert b"only admin" in answer.content
    assert Membership.objects.get(pk=admin.pk).roles == ["admin"]


def test_an_unknown_role_is_one_sentence(client):
    admin = make_member(make_workspace(), "admin")
    client.force_login(admin.user)
    answer = client.post(roles_url(admin), {"roles": ["root"]})
    assert answer.status_code == 422
    assert b"There is no role" in answer.content


def test_without_a_login_one_is_sent_there(client):
    workspace = make_workspace()
    answer = client.get(url(workspace))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


def test_the_page_takes_a_constant_number_of_statements(client, django_assert_max_num_queries):
    admin = make_member(make_workspace(), "admin")
    for _ in range(30):
        make_member(admin.workspace, "viewer")
    client.force_login(admin.user)
    with django_assert_max_num_queries(8):
        client.get(url(admin.workspace))


def test_an_admin_says_what_a_reviewer_speaks_for_and_is_bound_to(client):
    admin = make_member(make_workspace(), "admin")
    other = make_member(admin.workspace, "reviewer")
    client.force_login(admin.user)
    whole = {"reviews": "1", "roles": ["reviewer"], "specialties": ["legal"], "domains": ["finance"]}
    assert client.post(roles_url(other), whole).status_code == 302
    other.refresh_from_db()
    assert (other.specialties, other.domains) == (["legal"], ["finance"])
    assert "speaks as legal" in client.get(url(admin.workspace)).content.decode()
    client.post(roles_url(other), {"roles": ["reviewer", "author"]})
    other.refresh_from_db()
    assert (other.specialties, other.domains) == (["legal"], ["finance"]), "a short form leaves them"
    answer = client.post(roles_url(other), {**whole, "specialties": ["astrology"]})
    assert answer.status_code == 422 and b"The policy knows no" in answer.content


def test_what_a_reviewer_speaks_for_is_shown_under_its_current_name(client):
    """Given under claude@2026.1; from 2026.2 on the same people are called otherwise."""
    admin = make_member(make_workspace(), "admin")
    other = make_member(admin.workspace, "reviewer")
    Membership.objects.filter(pk=other.pk).update(specialties=["child_safety"])
    client.force_login(admin.user)
    page = client.get(url(admin.workspace)).content.decode()
    assert "speaks as safeguarding" in page and "child_safety" not in page
    assert 'value="safeguarding" checked' in page


def test_a_member_is_removed_and_added_by_login(client):
    admin = make_member(make_workspace(), "admin")
    other = make_member(admin.workspace, "reviewer", name="bo")
    client.force_login(admin.user)
    gone = reverse("accounts:member-remove", args=[admin.workspace.slug, other.pk])
    assert client.post(gone).status_code == 302
    assert not Membership.objects.filter(pk=other.pk).exists()
    assert Entry.objects.filter(act="member:removed").count() == 1
    added = reverse("accounts:member-add", args=[admin.workspace.slug])
    assert client.post(added, {"login": "bo", "roles": ["author"]}).status_code == 302
    assert Membership.objects.get(user=other.user).roles == ["author"]
    assert client.post(added, {"login": "bo"}).status_code == 422
    assert client.post(added, {"login": "nobody-here"}).status_code == 422


def test_only_admins_add_and_remove(client):
    workspace = make_workspace()
    author, other = make_member(workspace, "author"), make_member(workspace, "reviewer")
    client.force_login(author.user)
    assert client.post(reverse("accounts:member-remove", args=[workspace.slug, other.pk])).status_code == 403
    answer = client.post(reverse("accounts:member-add", args=[workspace.slug]), {"login": "x"})
    assert answer.status_code == 403
    assert Membership.objects.filter(workspace=workspace).count() == 2


def test_the_only_admin_is_not_removed(client):
    admin = make_member(make_workspace(), "admin")
    client.force_login(admin.user)
    answer = client.post(reverse("accounts:member-remove", args=[admin.workspace.slug, admin.pk]))
    assert answer.status_code == 409
