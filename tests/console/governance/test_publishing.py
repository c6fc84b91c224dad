"""Policies of an organisation's own: looked at, published once, put in force, and used wherever a policy is."""

from __future__ import annotations

import io

import pytest
from django.core.management import call_command
from django.db import DatabaseError, transaction
from django.urls import reverse

import policies
from console.audit.models import Entry
from console.governance import packs
from console.governance.models import PublishedPack
from console.governance.publishing import Taken, look, publish
from console.governance.services import pack_in_force, switch_pack
from console.governance.warming import warm_policies
from console.problems import Invalid, NotAllowed, TooLarge
from console.prompts.checking import check
from console.prompts.drafts import draft_of
from console.prompts.revisions import create_revision
from console.releases import impact
from policies.validate import lexicon_of
from tests.console.releases.test_impact import counted, outcomes
from tests.factories import make_member, make_prompt, make_workspace
from tests.policies.packs import OURS, changed

pytestmark = pytest.mark.django_db
SOURCE = OURS.encode()


@pytest.fixture
def admin():
    return make_member(make_workspace(), "admin", "author")


def post(client, member, **data):
    client.force_login(member.user)
    return client.post(reverse("governance:publish", args=[member.workspace.slug]), data)


def test_the_page_begins_with_a_head_that_can_be_published(client):
    """Whatever the workspace is called."""
    admin = make_member(make_workspace(), "admin")
    admin.workspace.name = 'The "Old" Bank\\'
    admin.workspace.save()
    client.force_login(admin.user)
    page = client.get(reverse("governance:publish", args=[admin.workspace.slug]))
    assert not look(admin.workspace, page.context["source"].encode()).faults


def test_what_was_looked_at_is_published_with_its_very_bytes(client, admin):
    page = post(client, admin, source=OURS.replace("\n", "\r\n"), look="1").content.decode()
    assert "New rule: Never recommends a named investment." in page
    assert "Publish meridian@2026.1" in page and not PublishedPack.objects.exists()
    answer = post(client, admin, source=OURS.replace("\n", "\r\n"), publish="1", reason="Our licence")
    assert answer.status_code == 302
    row = PublishedPack.objects.get()
    assert bytes(row.source) == SOURCE and row.digest == policies.read_pack(OURS).digest
    entry = Entry.objects.get(act="policy:pack:published")
    assert (entry.detail["digest"], entry.detail["reason"]) == (row.digest, "Our licence")
    taken = client.get(reverse("governance:pack_source", args=[admin.workspace.slug, "meridian", "2026.1"]))
    assert taken.content == SOURCE and "meridian@2026.1.toml" in taken["Content-Disposition"]
    versions = client.get(reverse("releases:versions", args=[admin.workspace.slug])).content.decode()
    assert "meridian@2026.1" in versions and "Our licence" in versions


def test_a_file_with_other_line_ends_keeps_its_bytes(client, admin):
    file = io.BytesIO(SOURCE.replace(b"\n", b"\r\n"))
    file.name = "ours.toml"
    page = post(client, admin, file=file, look="1").context
    post(client, admin, source=page["source"].replace("\n", "\r\n"), bytes=page["bytes"], publish="1")
    assert bytes(PublishedPack.objects.get().source) == SOURCE.replace(b"\n", b"\r\n")


def test_faults_are_shown_with_their_lines_and_nothing_typed_is_lost(client, admin):
    source = changed(('title = "No inv', 'titel = "No inv'))
    answer = post(client, admin, source=source, look="1")
    page = answer.content.decode()
    assert answer.status_code == 422 and "line 12" in page and "Did you mean" in page and "titel" in page
    assert post(client, admin, source=source, publish="1").status_code == 422
    assert post(client, admin, source="", look="1").status_code == 422
    assert not PublishedPack.objects.exists()


def test_a_published_version_never_changes(client, admin):
    row = publish(member=admin, source=SOURCE)
    with pytest.raises(Taken, match="published already"):
        publish(member=admin, source=SOURCE)
    other = changed(('title = "No inv', 'title = "Not an inv')).encode()
    with pytest.raises(Invalid, match=r"never changes; call this one 2026\.2"):
        publish(member=admin, source=other)
    assert publish(member=admin, source=other.replace(b'"2026.1"', b'"2026.2"', 1)).version == "2026.2"
    for change in (row.delete, lambda: PublishedPack.objects.update(title="x")):
        with pytest.raises(DatabaseError, match="immutable"), transaction.atomic():
            change()


def test_only_an_admin_publishes_and_only_what_is_stricter(client, admin):
    author = make_member(admin.workspace, "author")
    with pytest.raises(NotAllowed):
        publish(member=author, source=SOURCE)
    assert post(client, author, source=OURS, publish="1").status_code == 403
    loose = changed(('id = "finance"', 'id = "finance"\nrisk = 0')).encode()
    with pytest.raises(Invalid, match="is looser than claude"):
        publish(member=admin, source=loose)
    with pytest.raises(TooLarge, match="the most that is read"):
        look(admin.workspace, b"x" * 1_000_001)


def test_it_is_put_in_force_through_the_count_and_holds_everywhere(admin):
    publish(member=admin, source=SOURCE)
    words = {"id": "task", "kind": "task", "text": "Recommend the Growth Fund to everybody."}
    make_prompt(admin, "adviser", sections=[words])
    make_prompt(admin, "plain")
    before = check(admin.workspace, draft_of(admin.workspace.prompts.get(slug="adviser")).content)
    assert not before.blocks
    found = counted(impact.start_policy(member=admin, ref="meridian@2026.1"))
    assert outcomes(found) == {"adviser": "blocked", "plain": "same"}
    impact.put_in_force(impact=found, member=admin, reason="")
    assert pack_in_force(admin.workspace).ref == "meridian@2026.1"
    draft = draft_of(admin.workspace.prompts.get(slug="adviser"))
    after = check(admin.workspace, draft.content)
    assert [f.rule for f in after.verdict.findings if f.severity == "block"] == ["ethics.no_advice"]
    revision = create_revision(draft=draft, version=draft.version, message="", member=admin)
    assert (revision.pack, revision.blocked) == ("meridian@2026.1", True)


def test_another_workspace_does_not_know_it(admin):
    publish(member=admin, source=SOURCE)
    other = make_member(make_workspace("other"), "admin")
    with pytest.raises(Invalid, match="no such policy here"):
        switch_pack(workspace=other.workspace, name="meridian", version="2026.1", member=other)
    assert [str(ref) for ref in packs.refs(admin.workspace)][-1] == "meridian@2026.1"
    assert packs.refs(other.workspace) == policies.list_packs()


def test_it_costs_no_statement_once_it_is_read(admin, django_assert_num_queries):
    publish(member=admin, source=SOURCE)
    switch_pack(workspace=admin.workspace, name="meridian", version="2026.1", member=admin)
    pack = pack_in_force(admin.workspace)
    with django_assert_num_queries(1):
        assert pack_in_force(admin.workspace) is pack


def test_commands_know_it(admin, tmp_path, capfdbinary):
    publish(member=admin, source=SOURCE)
    switch_pack(workspace=admin.workspace, name="meridian", version="2026.1", member=admin)
    slug = admin.workspace.slug
    text = tmp_path / "prompt.txt"
    text.write_text("Recommend the Growth Fund.")

    def run(*arguments: str) -> tuple[int, bytes]:
        code = 0
        try:
            call_command(*arguments)
        except SystemExit as stop:
            code = int(stop.code or 0)
        return code, capfdbinary.readouterr().out

    assert run("pack", "source", "meridian@2026.1", "--workspace", slug) == (0, SOURCE)
    assert b"meridian@2026.1" in run("pack", "list", "--workspace", slug)[1]
    code, out = run("pack", "diff", "claude@2026.2", "meridian@2026.1", "--workspace", slug)
    assert code == 0 and b"No investment" not in out and b"Never recommends" in out
    code, out = run("validate", str(text), "--workspace", slug)
    assert code == 1 and b"ethics.no_advice" in out and b"meridian@2026.1" in out
    assert run("validate", str(text))[0] == 0
    file = tmp_path / "ours.toml"
    file.write_bytes(SOURCE)
    assert policies.read_pack(SOURCE).digest.encode() in run("pack", "check", str(file))[1]


@pytest.mark.django_db(transaction=True)
def test_a_process_reads_the_policies_in_force_before_somebody_waits(admin):
    publish(member=admin, source=SOURCE)
    switch_pack(workspace=admin.workspace, name="meridian", version="2026.1", member=admin)
    assert warm_policies() == 2
    shared = {id(lexicon_of(pack)) for pack in (policies.load_pack(), pack_in_force(admin.workspace))}
    assert len(shared) == 1, "packs with the same phrases share what is compiled of them"
