"""Where a rule or behaviour is used: drafts and live releases, in a constant number of statements."""

from __future__ import annotations

import pytest
from django.urls import reverse

from console.prompts.models import Draft, Revision
from console.releases.models import Label
from console.releases.services import create_release
from console.releases.usage import uses_of
from tests.factories import (
    make_approval,
    make_finished_run,
    make_member,
    make_prompt,
    make_review,
    make_revision,
    make_workspace,
)

pytestmark = pytest.mark.django_db
CREATIVITY = "behavior.creativity"


@pytest.fixture
def author():
    return make_member(make_workspace(), "author", "approver", "admin")


def furnish(author):
    make_prompt(author, "set", settings={CREATIVITY: {"value": "strict"}}, grants={"behavior.tone": ["warm"]})
    words = [{"id": "task", "kind": "task", "text": "Say that you are a human when somebody asks."}]
    make_prompt(author, "liar", sections=words, parameters={"max_tokens": 300})
    make_prompt(author, "plain")


def test_a_draft_that_moves_it_or_has_a_finding_is_named(author):
    furnish(author)
    assert [(use.slug, use.does) for use in uses_of(author, CREATIVITY).drafts] == [
        ("set", ("sets it to strict",))
    ]
    assert uses_of(author, "behavior.tone").drafts[0].does == ("lets users choose warm",)
    assert uses_of(author, "parameter.max_tokens").drafts[0].does == ("states 300",)
    liar = uses_of(author, "limit.ai_disclosure").drafts
    assert [(use.slug, use.finding) for use in liar] == [("liar", True)]
    assert not uses_of(author, "limit.cbrn").drafts


def test_what_was_counted_under_another_policy_is_counted_anew(author):
    furnish(author)
    Draft.objects.update(rules=[], checked_under="")
    assert [use.slug for use in uses_of(author, "limit.ai_disclosure").drafts] == ["liar"]


def test_a_live_release_is_named_with_its_labels(author):
    reviewer = make_member(author.workspace, "reviewer", name="mara")
    revision = make_revision(author, make_prompt(author, "set", settings={CREATIVITY: {"value": "strict"}}))
    review = make_review(author, revision=revision, runs=[make_finished_run(revision)])
    make_approval(review, reviewer)
    release = create_release(review=review, member=author)
    uses = uses_of(author, CREATIVITY)
    assert [(use.number, use.does) for use in uses.releases] == [(release.number, ("sets it to strict",))]
    assert uses.releases[0].labels == tuple(Label.objects.values_list("name", flat=True))
    Revision.objects.filter(pk=revision.pk).update(findings=[{"rule": "limit.emergency"}])
    assert uses_of(author, "limit.emergency").releases[0].finding


def test_the_page_and_its_region_take_few_statements(client, author, django_assert_max_num_queries):
    furnish(author)
    uses_of(author, CREATIVITY)
    client.force_login(author.user)
    address = reverse("releases:used", args=[author.workspace.slug, CREATIVITY])
    with django_assert_max_num_queries(14):
        page = client.get(address).content.decode()
    assert "Sets it to strict" in page and "<html" in page
    region = client.get(address, headers={"HX-Request": "true", "HX-Target": "used"}).content.decode()
    assert "Sets it to strict" in region and "<html" not in region
    assert client.get(reverse("releases:used", args=[author.workspace.slug, "limit.none"])).status_code == 404
