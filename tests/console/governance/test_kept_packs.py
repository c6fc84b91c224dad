"""A release of the program that says otherwise under the same version changes nothing that was decided."""

from __future__ import annotations

from importlib import import_module
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import DatabaseError, transaction
from django.urls import reverse

import policies
from console.governance import packs
from console.governance.models import KeptPack, PolicyInForce, PublishedPack
from console.governance.publishing import publish
from console.governance.services import pack_in_force, switch_pack
from console.problems import DomainError
from console.releases import impact
from tests.console.releases.test_impact import counted
from tests.factories import make_member, make_prompt, make_workspace
from tests.policies.packs import OURS

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    return make_member(make_workspace(), "admin", "author")


@pytest.fixture
def former():
    """What a former release called claude@2026.2: the same, by another title."""
    now = policies.load_pack("claude@2026.2")
    content = policies.content_of(now).replace(now.title.encode(), b"As it was before")
    then = policies.read_content(content, now.ref)
    assert then.ref == now.ref and then.digest != now.digest
    KeptPack.objects.create(digest=then.digest, content=content)
    return then


@pytest.fixture
def upgraded(admin, former):
    """A workspace that put the policy in force under the former release."""
    PolicyInForce.objects.create(
        workspace=admin.workspace, pack=former.name, version=former.version, digest=former.digest
    )
    return admin


@pytest.mark.parametrize("ref", ["claude@2026.2", "model-spec@2026.1"])
def test_what_is_kept_is_the_pack_to_the_digest(ref):
    pack = policies.load_pack(ref)
    assert policies.read_content(policies.content_of(pack), ref).digest == pack.digest


def test_what_was_put_in_force_holds_and_is_named_beside_what_is_installed(upgraded, former, client):
    assert pack_in_force(upgraded.workspace).title == "As it was before"
    client.force_login(upgraded.user)
    page = client.get(reverse("releases:versions", args=[upgraded.workspace.slug])).content.decode()
    assert "a newer Remit says otherwise under the same version" in page
    assert page.count("<code>claude@2026.2</code>") == 4, "the head, both rows, the history"
    assert page.count('value="claude@2026.2"') == 1, "what is installed can be compared"


def test_an_admin_sees_what_the_new_release_would_change_and_decides(upgraded, former, client):
    make_prompt(upgraded, "plain")
    found = impact.start_policy(member=upgraded, ref="claude@2026.2")
    assert (found.before_digest, found.after_digest) == (
        former.digest,
        policies.load_pack("claude@2026.2").digest,
    )
    assert counted(found).problem == ""
    client.force_login(upgraded.user)
    page = client.get(reverse("releases:impact", args=[upgraded.workspace.slug, found.number]))
    assert f"({found.after_digest[:8]}) against {found.before_digest[:8]}" in page.content.decode()
    impact.put_in_force(impact=found, member=upgraded, reason="")
    assert pack_in_force(upgraded.workspace) is policies.load_pack("claude@2026.2")


def test_what_is_put_in_force_or_published_is_kept_once(admin):
    for _ in range(2):
        switch_pack(workspace=admin.workspace, name="claude", version="2026.2", member=admin)
    row = publish(member=admin, source=OURS.encode())
    assert {kept.pk for kept in KeptPack.objects.all()} == {
        policies.load_pack("claude@2026.2").digest,
        row.digest,
    }


def published_before(admin, source: str, digest: str) -> PublishedPack:
    """As a former release published it, which kept nothing yet."""
    return PublishedPack.objects.create(
        workspace=admin.workspace, name="meridian", version="2026.1", digest=digest, source=source.encode()
    )


def test_an_own_policy_says_the_same_when_what_it_extends_does_not(admin):
    pack = policies.read_pack(OURS)
    gone = OURS.replace("claude@2026.2", "claude@1999.1")
    row = published_before(admin, gone, pack.digest)
    with pytest.raises(policies.PackError, match="extends"):
        packs.load(admin.workspace, str(row))
    KeptPack.objects.create(digest=pack.digest, content=policies.content_of(pack, OURS.encode()))
    assert packs.load(admin.workspace, str(row)).digest == pack.digest


def test_the_migration_keeps_what_was_decided_before_it_and_is_still_installed(admin):
    own, installed = policies.read_pack(OURS), policies.load_pack("claude@2026.1")
    published_before(admin, OURS, own.digest)
    for digest in (installed.digest, "0" * 64):
        PolicyInForce.objects.create(
            workspace=admin.workspace, pack="claude", version="2026.1", digest=digest
        )
    import_module("console.governance.migrations.0005_kept_packs").keep(apps, None)
    assert set(KeptPack.objects.values_list("pk", flat=True)) == {own.digest, installed.digest}


def test_what_is_kept_is_never_changed(former):
    with pytest.raises(DatabaseError, match="immutable"), transaction.atomic():
        KeptPack.objects.update(content=b"{}")


def test_where_nothing_was_kept_the_shell_puts_one_in_force(admin):
    PolicyInForce.objects.create(workspace=admin.workspace, pack="claude", version="2026.2", digest="0" * 64)
    with pytest.raises(DomainError, match="its content changed") as refused:
        pack_in_force(admin.workspace)
    assert f"manage.py pack use NAME@VERSION --workspace {admin.workspace.slug}" in refused.value.what_to_do
    call_command("pack", "use", "claude@2026.2", "--workspace", admin.workspace.slug, stdout=StringIO())
    assert pack_in_force(admin.workspace).ref == "claude@2026.2"
