"""A draft that was written under another policy: what is called otherwise is renamed by a press, what is unknown removed."""

from __future__ import annotations

import pytest
from django.urls import reverse

from console.governance.publishing import publish
from console.governance.services import switch_pack
from console.prompts.drafts import draft_of
from tests.factories import make_member, make_prompt, make_workspace
from tests.html_forms import fields_of
from tests.policies.packs import changed

pytestmark = pytest.mark.django_db
RENAMED = changed(
    ("[[patterns]]", '[renamed]\n"behavior.inventiveness" = "behavior.creativity"\n\n[[patterns]]')
)


def test_a_press_renames_or_removes(client):
    admin = make_member(make_workspace(), "admin", "author")
    publish(member=admin, source=RENAMED.encode())
    switch_pack(workspace=admin.workspace, name="meridian", version="2026.1", member=admin)
    settings = {"behavior.inventiveness": {"value": "strict"}, "behavior.gone": {"value": "on"}}
    prompt = make_prompt(admin, "old", settings=settings)
    client.force_login(admin.user)
    address = reverse("prompts:compose", args=[admin.workspace.slug, "old"])
    page = client.get(address).content.decode()
    assert "It is called behavior.creativity now." in page and "Call it Creativity" in page
    for do in ("rename-setting:behavior.inventiveness=behavior.creativity", "forget-setting:behavior.gone"):
        form = fields_of(client.get(address).content.decode(), "draft")
        assert (
            client.post(
                reverse("prompts:save", args=[admin.workspace.slug, "old"]), form | {"do": do}
            ).status_code
            == 302
        )
    assert draft_of(prompt).content["settings"] == {"behavior.creativity": {"value": "strict"}}
    assert "is no behaviour of" not in client.get(address).content.decode()
