"""The second factor: set up, asked for at the login, required by a workspace, shown again to decide."""

from __future__ import annotations

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.urls import reverse

from console.accounts.models import Workspace
from console.accounts.services import require_mfa
from console.audit.models import Entry
from console.problems import DomainError
from console.reviews.models import Decision
from console.reviews.standing import standing
from tests.factories import PASSWORD, make_member, make_review, make_workspace

pytestmark = pytest.mark.django_db
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def code(secret: str = SECRET, step: int = 0) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + step))


def log_in(client, user):
    return client.post(reverse("account_login"), {"login": user.username, "password": PASSWORD})


def give_app(user) -> Authenticator:
    return TOTP.activate(user, SECRET).instance


@pytest.fixture(autouse=True)
def clock(settings):
    """A code is good once: tests that show two take the next ones."""
    settings.MFA_TOTP_TOLERANCE = 2


@pytest.fixture
def member():
    return make_member(make_workspace(), "admin", "author", name="ada")


def test_an_app_is_set_up_and_asked_for_at_the_next_login(client, member, django_capture_on_commit_callbacks):
    log_in(client, member.user)
    assert client.get(reverse("mfa_activate_totp"))["Location"].startswith(reverse("account_reauthenticate"))
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    page = client.get(reverse("mfa_activate_totp"))
    secret = page.context["form"].secret
    assert '<path d="M' in page.content.decode()  # the code for the phone, without a data: image
    with django_capture_on_commit_callbacks(execute=True):
        done = client.post(reverse("mfa_activate_totp"), {"code": code(secret)})
    assert done["Location"] == reverse("mfa_view_recovery_codes")
    assert len(client.get(done["Location"]).context["unused_codes"]) == 10
    kept = Authenticator.objects.get(user=member.user, type="totp")
    assert secret not in str(kept.data)  # sealed
    assert Entry.objects.filter(act="account:factor:added", actor_id=str(member.user_id)).count() == 2

    client.post(reverse("account_logout"))
    assert log_in(client, member.user)["Location"].startswith(reverse("mfa_authenticate"))
    assert client.get(reverse("account")).status_code == 302  # not in yet
    assert client.post(reverse("mfa_authenticate"), {"code": "000000"}).status_code == 200
    client.post(reverse("mfa_authenticate"), {"code": code(secret, 1)})
    assert client.get(reverse("account")).status_code == 200


def test_a_workspace_that_requires_it_leads_members_to_set_it_up(client, member):
    Workspace.objects.filter(pk=member.workspace_id).update(requires_mfa=True)
    client.force_login(member.user)
    home = reverse("home:index", args=[member.workspace.slug])
    assert client.get(home)["Location"] == reverse("mfa_index")
    assert client.get(home, headers={"HX-Request": "true"})["HX-Redirect"] == reverse("mfa_index")
    assert client.get(reverse("mfa_index")).status_code == 200
    give_app(member.user)
    assert client.get(home).status_code == 200


def test_who_has_none_cannot_require_it(client, member):
    with pytest.raises(DomainError, match="no second factor yourself"):
        require_mfa(on=True, member=member)
    give_app(member.user)
    client.force_login(member.user)
    client.post(reverse("accounts:security", args=[member.workspace.slug]), {"requires_mfa": "on"})
    assert Workspace.objects.get(pk=member.workspace_id).requires_mfa
    assert Entry.objects.filter(act="workspace:security:changed", detail={"requires_mfa": True}).exists()


def test_an_approval_waits_for_a_fresh_factor_and_is_then_done(client, member):
    review = make_review(member)
    reviewer = make_member(member.workspace, "reviewer")
    give_app(reviewer.user)
    Workspace.objects.filter(pk=member.workspace_id).update(requires_mfa=True)
    log_in(client, reviewer.user)
    client.post(reverse("mfa_authenticate"), {"code": code()})
    session = client.session
    for shown in session["account_authentication_methods"]:
        shown["at"] -= 3600  # an hour ago
    session.save()

    decide = reverse("reviews:decide", args=[member.workspace.slug, review.number])
    page = client.get(reverse("reviews:review", args=[member.workspace.slug, review.number])).content.decode()
    form = {"word": "approve", "reason": "read it all", **ground_of(page)}
    asked = client.post(decide, form)
    assert asked["Location"].startswith(reverse("mfa_reauthenticate"))
    assert not Decision.objects.exists()
    done = client.post(asked["Location"], {"code": code(step=1), "next": decide})
    assert done.status_code == 302
    assert Decision.objects.get().reason == "read it all"
    assert standing(review).approvals


@pytest.mark.parametrize(
    ("name", "rest"),
    [
        ("releases:plan", ["aria", 1, "production"]),
        ("releases:share", ["aria", 1, "production"]),
        ("releases:end_share", ["aria", "production"]),
        ("releases:cancel_plan", ["aria", 1]),
        ("accounts:tokens", []),
        ("accounts:invite", []),
        ("accounts:member-roles", [1]),
        ("accounts:security", []),
    ],
)
def test_no_way_round_leads_past_the_fresh_factor(client, member, name, rest):
    """What moves a label later or in part, and whatever hands out the right to, asks for it as moving does."""
    give_app(member.user)
    Workspace.objects.filter(pk=member.workspace_id).update(requires_mfa=True)
    client.force_login(member.user)
    asked = client.post(reverse(name, args=[member.workspace.slug, *rest]), {})
    assert asked["Location"].startswith(reverse("mfa_reauthenticate"))


def ground_of(page: str) -> dict[str, str]:
    return dict(re.findall(r'name="(ground\.\w+)" value="([^"]*)"', page))
